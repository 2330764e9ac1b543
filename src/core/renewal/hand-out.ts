import type { TokenSet } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { recoverJournal } from '../logins/journal-recovery.js';
import { knownSpent } from '../logins/lineage-log.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { withStore } from '../logins/with-store.js';
import type { Store } from '../pools/store.js';
import type { FileRenewals } from './file-target.js';
import { type FileTokens, tokensForFile } from './file-tokens.js';
import { failed, failedBy, type Renewal, renewed } from './renewal.js';
import type { TokenFile } from './token-file.js';
import { writeTokenFile } from './write-token-file.js';

export interface HandOut {
  readonly files: readonly TokenFile[];
  readonly tokens: TokenSet;
  readonly how: 'refreshed' | 'adopted';
  /** Where the tokens are safe, should a file not take them; undefined when they are nowhere. */
  readonly safeIn: string | undefined;
  /** Runs in the store before any file is written. */
  readonly first?: (store: Store) => void;
}

/**
 * Puts the tokens of a login into its files. Each file fails on its own; the caller holds the person's lock. Throws when
 * the store cannot be had, with no file written.
 */
export async function handOut(deps: RefreshDeps, handed: HandOut): Promise<FileRenewals> {
  const { root } = deps;
  const plans = await Promise.all(handed.files.map((file) => tokensForFile(deps, file, handed.tokens)));
  // Not cut short by Ctrl-C: the tokens are here, and storing them takes milliseconds.
  return withStore(root, {}, (store) => {
    handed.first?.(store);
    const isSpent = knownSpent(root);
    const renewals = new Map(plans.map((plan) => [plan.file.path, write(store, plan, handed, isSpent)]));
    recoverJournal(store);
    return renewals;
  });
}

function write(
  { root }: Store,
  { file, tokens }: FileTokens,
  { how, safeIn }: HandOut,
  isSpent: ReturnType<typeof knownSpent>,
): Renewal {
  try {
    if (!isUpToDate(file, tokens)) writeTokenFile(root, { file, tokens, isSpent });
  } catch (error) {
    return failedBy(withWhereabouts(error, file, safeIn));
  }
  if (tokens.accessToken !== undefined) return renewed(how, tokens);
  return failed({
    code: 'sign-in-needed',
    message: `${file.name} has its new refresh token, but the provider gave no access token for its workspace`,
    hint: 'sign in to that workspace again',
  });
}

function isUpToDate({ login }: TokenFile, { accessToken, refreshToken }: Partial<TokenSet>): boolean {
  const { tokens, statedExpiry } = login;
  const isSame = tokens.refreshToken.equals(refreshToken) && tokens.accessToken?.equals(accessToken) === true;
  return isSame && statedExpiry !== undefined;
}

/** What the person most wants to know after a failed write: that nothing is lost, and how to go on. */
export function withWhereabouts(error: unknown, { name }: TokenFile, safeIn: string | undefined): unknown {
  if (!(error instanceof AppError)) return error;
  const where =
    safeIn === undefined
      ? 'the new tokens could not be written to the refresh journal either and are lost'
      : `the new tokens are safe in ${safeIn}`;
  const hint =
    safeIn === undefined ? 'fix the disk, then sign in again' : `put that right, then: codex-auth renew ${name}`;
  return new AppError(error.code, `${error.message}; ${where}`, { hint, details: { ...error.details } });
}
