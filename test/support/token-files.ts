import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readClaims } from '../../src/core/accounts/jwt-claims.js';
import type { TokenSet } from './provider/grants.js';
import type { TestHome } from './test-home.js';

/** A token file as token-file tools keep it, for tokens of the stand-in; `changes` with undefined take a key away. */
export function flatFile(tokens: TokenSet, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const { accountId, email } = readClaims(tokens.id_token) ?? {};
  const { issuedAt = 0, expiresAt = 0 } = readClaims(tokens.access_token) ?? {};
  return {
    id_token: tokens.id_token,
    access_token: tokens.access_token,
    refresh_token: tokens.refresh_token,
    account_id: accountId,
    last_refresh: new Date(issuedAt).toISOString(),
    email,
    type: 'codex',
    expired: new Date(expiresAt).toISOString(),
    ...changes,
  };
}

/** Writes a token file below the working directory of the home. Returns its path. */
export function writeFlatFile(
  home: TestHome,
  name: string,
  tokens: TokenSet,
  changes: Readonly<Record<string, unknown>> = {},
): string {
  const path = join(home.cwd, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(flatFile(tokens, changes), null, 2)}\n`, { mode: 0o644 });
  return path;
}

export function readFlatFile(path: string): Record<string, string> {
  return JSON.parse(readFileSync(path, 'utf8'));
}
