import type { Account, TokenSet } from '../accounts/account.js';
import type { LineageCopy } from '../accounts/lineage.js';
import { readSettledAuthFile } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { AppError } from '../errors.js';
import { isLoginOf } from '../lineage/foreign-login.js';
import { readEntries } from '../lineage/journal.js';
import { withJournal } from '../lineage/journal-overlay.js';
import { knownSpent } from '../lineage/lineage-log.js';
import { newest } from '../lineage/newest.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Secret } from '../secret.js';
import type { Root } from '../storage/root.js';
import { ownerOf } from './login-groups.js';
import { type DueReason, type RenewalPolicy, whyDue, whyFileDue } from './policy.js';
import { accountOfFile, type TokenFile } from './token-file.js';

/**
 * Throws when the files' login is not theirs alone. The official client may have spent the token of a copy of its own
 * login, or may be about to; that can only be kept straight for an account in a pool, so it has to become one first.
 */
export async function assertLoose(root: Root, home: CodexHome, files: readonly TokenFile[]): Promise<void> {
  const records = recordsOf(readAllScopes(root.paths));
  const { content } = await readSettledAuthFile(home, root.clock);
  for (const file of files) {
    if (ownerOf(file, records) !== undefined) {
      throw new AppError('storage-conflict', `the login in ${file.name} has just become an account of ours`, {
        hint: 'run the command again',
      });
    }
    if (content?.kind !== 'login') continue;
    const { tokens } = content.login;
    const isSameToken = file.login.tokens.refreshToken.equals(tokens.refreshToken);
    if (!isSameToken && !isLoginOf(content, accountOfFile(file))) continue;
    const message = `the official client uses the login in ${file.name}, which is not one of your accounts here yet`;
    throw new AppError('usage', message, { hint: `codex-auth import ${home.authFile}, then run the command again` });
  }
}

export interface Lead extends LineageCopy {
  readonly file: TokenFile;
  readonly account: Account;
}

/**
 * The newest copy of a login in several files (P2), answers in the journal that did not reach their file included. A
 * copy whose refresh token we have exchanged does not count. Throws when no copy is left.
 */
export function newestOfFiles(root: Root, files: readonly TokenFile[]): Lead {
  const isSpent = knownSpent(root);
  const journal = readEntries(root.paths.journal);
  const copies = files.map((file): Lead => {
    const account = withJournal(accountOfFile(file), journal);
    return { source: 'import', file, account, tokens: account.tokens };
  });
  const [first, ...others] = copies;
  const lead = first && newest([first, ...others], { isSpent });
  const refreshToken = lead?.tokens.refreshToken;
  if (lead !== undefined && refreshToken !== undefined && !isSpent(refreshToken)) return lead;
  const name = files[0]?.name ?? 'this file';
  const message = `the refresh token in ${name} has been exchanged, and its successor is not here`;
  throw new AppError('sign-in-needed', message, {
    hint: 'renew it together with the file that has the newer login, or sign in again',
  });
}

/** Why the newest copy has to be renewed. `seen` are the copies that the person meant when they said `--force`. */
export function whyLeadDue(
  { file, tokens }: Lead,
  seen: readonly TokenFile[],
  policy: RenewalPolicy,
  now: number,
): DueReason | undefined {
  const isMeant = seen.some(({ login }) => isSameCopy(login.tokens, tokens));
  const meant = { ...policy, force: policy.force && isMeant };
  const isFromFile = isSameCopy(file.login.tokens, tokens);
  return isFromFile ? whyFileDue(file.login, meant, now) : whyDue(tokens, meant, now);
}

function isSameCopy(one: TokenSet, other: TokenSet): boolean {
  return isSame(one.refreshToken, other.refreshToken) && isSame(one.accessToken, other.accessToken);
}

function isSame(one: Secret | undefined, other: Secret | undefined): boolean {
  return one === undefined ? other === undefined : one.equals(other);
}
