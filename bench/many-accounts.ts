/** Homes as startup is measured in: accounts with tokens as long as real ones, their health and quota known. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from '../src/core/accounts/account.js';
import { emptyPool } from '../src/core/accounts/pool.js';
import { systemClock } from '../src/core/clock.js';
import { formatAuthFile } from '../src/core/codex/auth-file.js';
import { withStore } from '../src/core/logins/with-store.js';
import { Secret } from '../src/core/secret.js';
import { rootPaths } from '../src/core/storage/paths.js';
import { systemProcesses } from '../src/core/storage/process-table.js';
import { makeTestHome, type TestHome } from '../test/support/test-home.js';

const now = Date.now();

/** As long as a real token, which carries some 1,500 bytes of claims. */
function token(claims: object): Secret {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const padded = { ...claims, scp: Array.from({ length: 40 }, (_, index) => `scope.number.${index}.of.many`) };
  return new Secret(`${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(padded)}.${'s'.repeat(342)}`);
}

function account(index: number): Account {
  const email = `person-${index}@example.com`;
  const [userId, accountId] = [`user-${index}`, `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`];
  const auth = { chatgpt_user_id: userId, chatgpt_account_id: accountId, chatgpt_plan_type: 'plus' };
  const iat = Math.floor(now / 1000);
  const claims = { email, iat, exp: iat + 864_000, 'https://api.openai.com/auth': auth };
  const tokens = {
    accessToken: token(claims),
    idToken: token(claims),
    refreshToken: new Secret(`rt_${'r'.repeat(80)}${index}`),
  };
  return {
    ...{ id: `acc_${String(index).padStart(12, '0')}`, userId, accountId, email, planType: 'plus', enabled: true },
    tokens: { ...tokens, expiresAt: now + 864_000_000, lastRefresh: now, generation: 1 },
    addedAt: now,
    lastUsedAt: now - index * 60_000,
    provenance: { issuer: 'https://auth.openai.com', clientId: 'app_EMoamEEZ73f0CkXaXp7hrann' },
    authFile: { top: { OPENAI_API_KEY: null }, tokens: { login_owner_id: 'o'.repeat(43) } },
    raw: {},
  };
}

/** A home whose accounts have known health and quota, the first of them in use. */
export async function homeWith(count: number, directory: string): Promise<TestHome> {
  const home = makeTestHome(join(directory, `accounts-${count}`));
  const accounts = Array.from({ length: count }, (_, index) => account(index + 1));
  const root = { paths: rootPaths(home.root), clock: systemClock, processes: systemProcesses };
  await withStore(root, {}, (store) => {
    store.savePool(undefined, { ...emptyPool, accounts });
    store.changeState((state) => ({
      ...state,
      accounts: Object.fromEntries(accounts.map(({ id }) => [id, knowledge()])),
    }));
  });
  const [first] = accounts;
  const { accessToken, idToken, refreshToken } = first?.tokens ?? {};
  if (first?.accountId === undefined || !accessToken || !idToken || !refreshToken) throw new Error('no account');
  const login = { accountId: first.accountId, accessToken, idToken, refreshToken, lastRefresh: now, extras: undefined };
  writeFileSync(home.authFile, formatAuthFile(login));
  return home;
}

/** A quota as it is stored after every refresh of it. */
function knowledge() {
  const window = (id: string, durationSeconds: number) => ({
    ...{ id, durationSeconds, usedPercent: 40, remainingPercent: 60 },
    resetsAt: now + 3_600_000,
  });
  const windows = [window('5h', 18_000), window('7d', 604_800)];
  return { quota: { observedAt: now, planType: 'plus', windows, allowed: true, limitReached: false, additional: [] } };
}
