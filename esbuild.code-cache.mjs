import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Writes V8's compiled form of the quick bundle. It holds the functions that have run when it is made: so a home like a
 * person's is listed first, with a login in use, quota and health, because what has not run is compiled at every start.
 */
export function writeCodeCache() {
  const home = mkdtempSync(join(tmpdir(), 'codex-auth-build-'));
  for (const [name, content] of Object.entries(homeLikeAPersons(Date.now()))) {
    writeFileSync(join(home, name), JSON.stringify(content), { mode: 0o600 });
  }
  const env = { PATH: process.env.PATH, HOME: home, CODEX_HOME: home, CODEX_MULTI_AUTH_DIR: home };
  const { status, stderr } = spawnSync(process.execPath, ['-e', program], { env, encoding: 'utf8' });
  rmSync(home, { recursive: true, force: true });
  if (status !== 0) throw new Error(`the code cache could not be made: ${stderr}`);
}

/** Runs each command line where the one before it ends the process, then asks V8. */
const program = `
  const { readFileSync, writeFileSync } = require('node:fs');
  const { Script } = require('node:vm');
  const script = new Script('(function (require) {' + readFileSync('dist/quick.cjs', 'utf8') + '\\n})', { filename: 'quick.cjs' });
  const commands = ['list', 'status'];
  const { exit } = process;
  process.exit = () => {
    const command = commands.shift();
    if (command === undefined || process.exitCode) {
      writeFileSync('dist/quick.cache', script.createCachedData());
      return exit();
    }
    process.argv = [process.execPath, 'codex-auth', command];
    script.runInThisContext()(require);
  };
  process.exit();`;

function homeLikeAPersons(now) {
  const auth = { chatgpt_user_id: 'user', chatgpt_account_id: 'account-1', chatgpt_plan_type: 'plus' };
  const iat = Math.floor(now / 1000);
  const claims = { email: 'a@example.com', iat, exp: iat + 864_000, 'https://api.openai.com/auth': auth };
  const token = [{ alg: 'RS256' }, claims, {}].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const account = (number) => ({
    ...{ recordId: `acc_${number}`, userId: 'user', accountId: `account-${number}`, email: 'a@example.com', planType: 'plus' },
    ...{ workspaceName: `Space ${number}`, accessToken: token, idToken: token, refreshToken: `rt_${number}` },
    ...{ expiresAt: (iat + 864_000) * 1000, lastRefresh: now, addedAt: now, lastUsed: now - 60_000 },
    provenance: { issuer: 'https://auth.openai.com', clientId: 'app' },
    authFile: { top: { OPENAI_API_KEY: null }, tokens: {} },
  });
  const window = (id, durationSeconds) => ({
    ...{ id, durationSeconds, usedPercent: 40, remainingPercent: 60, resetsAt: now + 3_600_000 },
  });
  const known = {
    health: { score: 90, at: now, lastReason: 'timeout', lastErrorAt: now, consecutiveRefreshFailures: 0 },
    quota: { observedAt: now, planType: 'plus', windows: [window('5h', 18_000), window('7d', 604_800)], additional: [] },
  };
  return {
    'openai-codex-accounts.json': { version: 3, accounts: [account(1), account(2)], activeIndex: 0, activeId: 'acc_1' },
    'account-state.json': { version: 1, accounts: { acc_1: known, acc_2: known } },
    'auth.json': {
      auth_mode: 'chatgpt',
      tokens: { id_token: token, access_token: token, refresh_token: 'rt_1', account_id: 'account-1' },
      last_refresh: new Date(now).toISOString(),
    },
  };
}
