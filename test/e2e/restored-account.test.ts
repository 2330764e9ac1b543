import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signIn } from '../support/accounts.js';
import { runBuilt, runBuiltJson } from '../support/built.js';
import { createTestHome, type TestHome } from '../support/cli.js';
import { findRealCodex, realCodexHome, runCodex } from '../support/real-codex.js';
import { alice, carol } from '../support/refresh-home.js';
import { useProvider } from '../support/use-provider.js';

const codex = findRealCodex();
const why = 'missing' in codex ? ` (skipped: ${codex.missing})` : '';

describe.skipIf('missing' in codex)(`an account that was set aside and works again${why}`, () => {
  const provider = useProvider({ keepsState: true });

  it('is restored, and the official client works with it after a switch', async () => {
    const own = createTestHome(provider);
    const client = realCodexHome(own.directory, provider);
    const { codexHome, authFile } = client;
    const root = join(codexHome, 'multi-auth');
    const variables = { ...own.variables, CODEX_HOME: codexHome };
    const poolFile = join(root, 'openai-codex-accounts.json');
    const home: TestHome = { ...own, codexHome, authFile, root, poolFile, variables };
    provider.scenario.accessTokenSeconds = 30;
    await signIn(home, provider, carol);
    provider.scenario.accessTokenSeconds = 864_000;
    await signIn(home, provider, alice, ['--activate']);

    provider.revokeAccount(carol);
    expect((await runBuilt(home, ['check'])).exitCode).toBe(1);
    expect((await runBuiltJson(home, ['verify-flagged'])).document.data).toMatchObject({ total: 1, stillFlagged: 1 });

    provider.reviveAccount(carol);
    const { exitCode, document } = await runBuiltJson(home, ['verify-flagged']);
    expect({ exitCode, data: document.data }).toMatchObject({ exitCode: 0, data: { total: 1, restored: 1 } });
    expect((await runBuilt(home, ['switch', carol.email])).exitCode).toBe(0);
    const { stdout, stderr } = await runCodex(['exec', '--skip-git-repo-check', 'hi'], { home: client });
    expect(stdout, stderr).toContain('Hello carol@example.com');
  });
});
