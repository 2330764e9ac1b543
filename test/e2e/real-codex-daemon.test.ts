import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { askDaemon } from '../../src/core/codex/daemon.js';
import { runBuiltJson } from '../support/built.js';
import { findRealCodex, type RealCodexHome, realCodexHome } from '../support/real-codex.js';
import { startRealDaemon, startTurn } from '../support/real-daemon.js';
import { alice, carol, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const codex = findRealCodex();
// The processes that the client starts are found, and ended, through /proc.
const missing = 'missing' in codex ? codex.missing : process.platform === 'linux' ? undefined : 'only on Linux';
const why = missing === undefined ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(`the background server of the official client${why}`, () => {
  const provider = useProvider({ keepsState: true });

  /** The server was started as Alice, and `codex` on PATH is the official client. */
  async function homeOfAlice(): Promise<{
    own: RefreshHome;
    client: RealCodexHome;
    variables: Record<string, string>;
  }> {
    const directory = temporaryDirectory();
    const client = realCodexHome(directory, provider);
    const own = new RefreshHome(directory, provider, { codexHome: client.codexHome });
    await own.addAccount('acc_alice', alice);
    await own.addAccount('acc_carol', carol);
    const bin = join(directory, 'bin');
    mkdirSync(bin);
    if ('path' in codex) symlinkSync(codex.path, join(bin, 'codex'));
    const variables = { ...client.env, PATH: `${bin}:${client.env['PATH'] ?? ''}` };
    expect((await runBuiltJson(own.home, ['switch', 'acc_alice'], { variables })).exitCode).toBe(0);
    await startRealDaemon(client);
    return { own, client, variables };
  }

  /** The email of the account that the server itself names. */
  async function emailOfDaemon({ codex: home }: RefreshHome): Promise<string | undefined> {
    const report = await askDaemon(home, { clock: systemClock, version: '0', signal: new AbortController().signal });
    return report === undefined || report.login === 'none' ? undefined : report.login.email;
  }

  it('keeps the old account over a switch, is not restarted under a turn, and has the new one afterwards', async () => {
    const { own, client, variables } = await homeOfAlice();
    const run = (...argv: string[]) => runBuiltJson(own.home, argv, { variables });

    const switched = await run('switch', 'acc_carol');
    const [daemon] = switched.document.data.surfaces;
    expect(switched.document.data.surfaces).toEqual([
      { kind: 'daemon', pid: expect.any(Number), account: 'old', cure: 'codex app-server daemon restart' },
    ]);
    expect(switched.document.warnings).toContain(
      `the official client's background server (pid ${daemon.pid}) keeps the old account: ${daemon.cure}`,
    );
    expect([switched.exitCode, await emailOfDaemon(own)]).toEqual([0, alice.email]);

    provider.scenario.on('responses', { kind: 'hang' });
    const turn = await startTurn(client);
    const refused = await run('switch', 'acc_carol', '--restart-daemon');
    expect(refused).toMatchObject({ exitCode: 1, document: { data: { daemonRestart: { outcome: 'refused' } } } });
    expect(refused.document.data.surfaces).toEqual([daemon]);
    provider.scenario.off('responses');
    await turn.interrupt();

    const restarted = await run('switch', 'acc_carol', '--restart-daemon');
    expect(restarted.exitCode, restarted.stderr).toBe(0);
    expect(restarted.document.data).toMatchObject({
      changed: false,
      daemonRestart: { outcome: 'done' },
      surfaces: [{ kind: 'daemon', account: 'new' }],
    });
    expect(restarted.document.data.surfaces[0].pid).not.toBe(daemon.pid);
    expect(await emailOfDaemon(own)).toBe(carol.email);
  });
});
