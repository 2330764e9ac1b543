import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBuiltJson } from '../support/built.js';
import { say, trust } from '../support/client-terminal.js';
import { builtProject } from '../support/program-process.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { findRealCodex, type RealCodexHome, realCodexHome } from '../support/real-codex.js';
import { alice, carol, RefreshHome } from '../support/refresh-home.js';
import { readJson } from '../support/stored-accounts.js';
import { temporaryDirectory } from '../support/temporary.js';
import { missingForTerminal, Terminal } from '../support/terminal.js';
import { useProvider } from '../support/use-provider.js';

const codex = findRealCodex();
const missing = 'missing' in codex ? codex.missing : missingForTerminal && `${missingForTerminal} is not installed`;
const why = missing === undefined ? '' : ` (skipped: ${missing})`;

/** The client's own words for its settings (official-client.md#status-line), as the help of `statusline` has them. */
function useStatusLine({ codexHome }: RealCodexHome): void {
  const settings = `tui_extensions_statusline = true

[tui]
status_line_provider = { server = "codex-auth", tool = "statusline" }

[mcp_servers.codex-auth]
command = ${JSON.stringify(process.execPath)}
args = [${JSON.stringify(join(builtProject(), 'bin', 'codex-auth.js'))}, "statusline"]
env_vars = ["CODEX_HOME", "CODEX_MULTI_AUTH_DIR", "DATE_SHIFT_MS"]
`;
  appendFileSync(join(codexHome, 'config.toml'), settings);
}

describe.skipIf(missing !== undefined)(`the status line of the official client${why}`, () => {
  const provider = useProvider({ keepsState: true });

  it('shows the account and its windows in the real terminal, and hands its numbers to the others', async () => {
    const directory = temporaryDirectory();
    const client = realCodexHome(directory, provider);
    const own = new RefreshHome(directory, provider, { codexHome: client.codexHome });
    await own.addAccount('acc_alice', alice, { accountLabel: 'mine' });
    await own.addAccount('acc_carol', carol);
    const variables = { ...client.env, TERM: 'xterm-256color' };
    expect((await runBuiltJson(own.home, ['switch', 'acc_alice'], { variables })).exitCode).toBe(0);
    useStatusLine(client);
    trust(client, own.home.cwd);
    provider.scenario.setUsage(alice.accountId, { fiveHourPercent: 20, weeklyPercent: 59 });

    const state = own.root.paths.accountState;

    const terminal = await Terminal.open(own.home, { columns: 120, rows: 40, variables });
    await terminal.run(`${'path' in codex ? codex.path : ''} --no-daemon`);
    await terminal.shows('mine', '5h 80%', '7d 41%');

    // Until its first words a conversation has no file that names its account: nothing is taken over.
    const known = () => (existsSync(state) ? readJson(state)['accounts'] : undefined);
    expect(known()).toBeUndefined();
    await say(terminal, 'hello');
    await terminal.shows('Hello alice@example.com');
    const used = [
      { id: '5h', usedPercent: 20 },
      { id: '7d', usedPercent: 59 },
    ];
    await expect
      .poll(known, { timeout: 20_000 })
      .toMatchObject({ acc_alice: { quota: { origin: 'official-client', windows: used } } });
    expect(known()).not.toHaveProperty('acc_carol');
    // Only the client has asked for the usage.
    const agents = provider.requests.to(endpointPaths.usage).map(({ headers }) => headers['user-agent']);
    expect(agents.filter((agent) => agent?.startsWith('codex-auth'))).toEqual([]);
    await terminal.press('C-c');
    await terminal.press('C-c');
  });
});
