import { expect } from 'vitest';
import { signIn } from './accounts.js';
import { createTestHome, type TestHome } from './cli.js';
import { contentOf } from './home-content.js';
import { alice } from './people-refs.js';
import type { Provider } from './provider/start.js';
import { readJson } from './stored-accounts.js';

/** A home with one account, whose files must be the same after a login that comes to nothing. */
export async function homeBefore(provider: Provider) {
  const home = createTestHome(provider);
  const { exitCode } = await signIn(home, provider, alice);
  expect(exitCode).toBe(0);
  provider.requests.clear();
  return { home, before: contentOf(home) };
}

export function accountsIn(poolFile: string): Record<string, unknown>[] {
  const { accounts } = readJson(poolFile);
  if (!Array.isArray(accounts)) throw new Error(`${poolFile} has no accounts`);
  return accounts;
}

/** The tokens that the official client would use. */
export function loginIn(home: TestHome): Record<string, unknown> {
  const { tokens } = readJson(home.authFile);
  return tokens as Record<string, unknown>;
}

/** The messages without the two lines that say that a stand-in is in use. */
export function withoutOverrides(stderr: string): string {
  return stderr.replace(/^warning: CODEX_AUTH_\w+ is set.*\n/gm, '');
}
