import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runJson } from '../support/cli.js';
import { findRealCodex, realCodexHome, runCodex } from '../support/real-codex.js';
import { alice, aliceAtStudio, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const codex = findRealCodex();
const why = 'missing' in codex ? ` (skipped: ${codex.missing})` : '';

const rules = [
  ['one workspace', `forced_chatgpt_workspace_id = "${alice.accountId}"`],
  ['a list of workspaces', `forced_chatgpt_workspace_id = ["${alice.accountId}", "another"]`],
  ['API keys', 'forced_login_method = "api"'],
] as const;

describe.skipIf('missing' in codex)(`a rule of the official client against a login${why}`, () => {
  const provider = useProvider({ keepsState: true });

  it.each(rules)(
    'that allows %s only: our switch refuses what would make the client delete it',
    async (_what, rule) => {
      const directory = temporaryDirectory();
      const client = realCodexHome(directory, provider);
      const own = new RefreshHome(directory, provider, { codexHome: client.codexHome });
      await own.addAccount('acc_home', alice);
      await own.addAccount('acc_studio', aliceAtStudio);
      expect((await runJson(own.home, ['switch', 'acc_home'])).exitCode).toBe(0);
      const before = readFileSync(client.authFile, 'utf8');
      const config = join(client.codexHome, 'config.toml');
      writeFileSync(config, `${rule}\n${readFileSync(config, 'utf8')}`);

      const refused = await runJson(own.home, ['switch', 'acc_studio']);
      expect(refused).toMatchObject({ exitCode: 1, document: { error: { code: 'not-allowed' } } });
      expect(refused.document.error.message).toContain(config);
      expect(readFileSync(client.authFile, 'utf8')).toBe(before);

      // What the refusal has prevented: the same switch is made without the rule, and the client is started with it.
      writeFileSync(config, readFileSync(config, 'utf8').replace(rule, ''));
      expect((await runJson(own.home, ['switch', 'acc_studio'])).exitCode).toBe(0);
      writeFileSync(config, `${rule}\n${readFileSync(config, 'utf8')}`);
      const { exitCode, stderr } = await runCodex(['exec', '--skip-git-repo-check', 'hi'], { home: client });
      expect({ exitCode, isThere: existsSync(client.authFile) }).toEqual({ exitCode: 1, isThere: false });
      expect(stderr).toContain('Logging out.');
    },
  );
});
