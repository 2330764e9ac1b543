import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Account } from '../../src/core/accounts/account.js';
import { emptyPool, type Pool } from '../../src/core/accounts/pool.js';
import { formatAuthFile } from '../../src/core/codex/auth-file.js';
import { completeLogin } from '../../src/core/logins/activate.js';
import { encodePool } from '../../src/core/pools/pool-codec.js';
import { accountOf, type TokenWords } from './stored-accounts.js';
import type { TestHome } from './test-home.js';

/** A Saturday noon at which snapshots are taken. */
export const noon = Date.UTC(2026, 10, 21, 12, 0);
const day = 86_400_000;

export const studio = '33333333-3333-4333-8333-333333333333';

/** An account with a token that lives for nine more days at {@link noon}. */
export function sampleAccount(id: string, words: TokenWords = {}, more: Partial<Account> = {}): Account {
  const issuedAt = noon - day;
  const facts = {
    iat: issuedAt / 1000,
    exp: (issuedAt + 10 * day) / 1000,
    refresh: `rt-${id}`,
    lastRefresh: issuedAt,
    ...words,
  };
  return accountOf(id, facts, { lastUsedAt: noon - 3_600_000, ...more });
}

export const alice = sampleAccount(
  'acc_alice',
  { userId: 'user-alice', accountId: '11111111-1111-4111-8111-111111111111', email: 'alice@example.com' },
  { planType: 'plus', workspaceName: 'Personal', label: 'home' },
);
export const aliceAtStudio = sampleAccount(
  'acc_studio',
  { userId: 'user-alice', accountId: studio, email: 'alice@example.com' },
  { planType: 'team', workspaceName: 'Studio' },
);
export const bob = sampleAccount(
  'acc_bob',
  { userId: 'user-bob', accountId: studio, email: 'bob@example.com' },
  { planType: 'team', workspaceName: 'Studio', enabled: false },
);

/** Writes the global pool, or that of a project. Returns its path. */
export function writePool(
  home: TestHome,
  accounts: readonly Account[],
  more: Partial<Pool> = {},
  scopeKey?: string,
): string {
  const directory = scopeKey === undefined ? home.root : join(home.root, 'projects', scopeKey);
  const path = join(directory, 'openai-codex-accounts.json');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const content = `${JSON.stringify(encodePool({ ...emptyPool, accounts, ...more }), null, 2)}\n`;
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** Makes an account the login of the official client, as this program or the client would have left it. */
export function writeLogin(home: TestHome, account: Account): void {
  writeFileSync(home.authFile, formatAuthFile(completeLogin(account)), { mode: 0o600 });
}
