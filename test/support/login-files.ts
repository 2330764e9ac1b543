import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { authFileOf } from './auth-files.js';
import type { TestHome } from './test-home.js';
import { type TokenFacts, tokenFor } from './unsigned-tokens.js';

export interface LoginWords extends TokenFacts {
  readonly refresh?: string;
}

/** A person by name, with one workspace. */
export function person(name: string, more: LoginWords = {}): LoginWords {
  const accountId = `workspace-of-${name}`;
  return {
    userId: `user-${name}`,
    accountId,
    email: `${name}@example.com`,
    iat: 1000,
    exp: 9000,
    refresh: `rt-${name}`,
    ...more,
  };
}

/** What token-file tools keep for one login. */
export function tokenFile({ refresh, ...facts }: LoginWords, changes: object = {}): Record<string, unknown> {
  return {
    id_token: tokenFor(facts),
    access_token: tokenFor(facts),
    refresh_token: refresh,
    account_id: facts.accountId,
    last_refresh: '2026-11-20T08:00:00Z',
    email: facts.email,
    type: 'codex',
    expired: '2026-11-30T08:00:00+08:00',
    ...changes,
  };
}

/** The official client's file for the same login. */
export function codexFile({ refresh, ...facts }: LoginWords, changes: object = {}): Record<string, unknown> {
  return authFileOf({
    top: { OPENAI_API_KEY: null, last_refresh: '2026-11-20T08:00:00Z', ...changes },
    tokens: {
      id_token: tokenFor(facts),
      access_token: tokenFor(facts),
      refresh_token: refresh,
      account_id: facts.accountId,
    },
  });
}

/** A record as other tools of this family keep it: no id token, no user id. */
export function poolRecord({ refresh, ...facts }: LoginWords, changes: object = {}): Record<string, unknown> {
  return {
    accountId: facts.accountId,
    email: facts.email,
    refreshToken: refresh,
    accessToken: tokenFor(facts),
    expiresAt: (facts.exp ?? 0) * 1000,
    addedAt: 1,
    lastUsed: 2,
    ...changes,
  };
}

/** Writes a file below the working directory of the home; text as it is, anything else as JSON. Returns its path. */
export function writeSource(home: TestHome, name: string, content: unknown): string {
  const path = join(home.cwd, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  return path;
}

/** Every file below a directory with its content, its mode and when it was written. */
export function snapshotOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const { mode, mtimeMs } = statSync(path);
      return [path, `${mode} ${mtimeMs} ${readFileSync(path, 'latin1')}`];
    }),
  );
}
