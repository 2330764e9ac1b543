import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Account, TokenSet } from '../../src/core/accounts/account.js';
import { type Clock, systemClock } from '../../src/core/clock.js';
import { Secret } from '../../src/core/secret.js';
import { rootPaths } from '../../src/core/storage/paths.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import type { Root } from '../../src/core/storage/root.js';
import { temporaryDirectory } from './temporary.js';
import { type TokenFacts, tokenFor } from './unsigned-tokens.js';

/** A root of its own for one test; nothing in it exists yet. */
export function testRoot(clock: Clock = systemClock): Root {
  const effectiveUserId = process.geteuid?.();
  const root = { paths: rootPaths(`${temporaryDirectory()}/root`), clock, processes: systemProcesses };
  return effectiveUserId === undefined ? root : { ...root, effectiveUserId };
}

/** A clock that stands still at a moment. */
export function clockAt(now: number): Clock {
  return { ...systemClock, now: () => now };
}

export interface TokenWords extends TokenFacts {
  readonly refresh?: string;
  /** Absent: no id token. */
  readonly withIdToken?: boolean;
  readonly lastRefresh?: number;
  readonly generation?: number;
}

/** Tokens that say whose they are and when they were issued. */
export function tokensOf({ refresh = 'rt-1', withIdToken = true, ...facts }: TokenWords): TokenSet {
  const { lastRefresh, generation = 1, exp } = facts;
  return {
    refreshToken: new Secret(refresh),
    accessToken: new Secret(tokenFor(facts)),
    ...(withIdToken ? { idToken: new Secret(tokenFor(facts)) } : {}),
    ...(exp === undefined ? {} : { expiresAt: exp * 1000 }),
    ...(lastRefresh === undefined ? {} : { lastRefresh }),
    generation,
  };
}

/** A record as the pool holds it. */
export function accountOf(id: string, words: TokenWords = {}, more: Partial<Account> = {}): Account {
  const { userId, accountId, email } = words;
  return {
    id,
    enabled: true,
    raw: {},
    ...(userId === undefined ? {} : { userId }),
    ...(accountId === undefined ? {} : { accountId }),
    ...(email === undefined ? {} : { email }),
    tokens: tokensOf(words),
    ...more,
  };
}

export function writeJson(path: string, value: unknown, mode = 0o600): string {
  mkdirSync(dirname(path), { recursive: true });
  const content = JSON.stringify(value, null, 2);
  writeFileSync(path, content, { mode });
  return content;
}

export function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

export function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}
