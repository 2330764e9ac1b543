import type { Account } from '../accounts/account.js';
import { findSame } from '../accounts/identity.js';
import { readAuthFile } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { listSessionFiles, threadIdIn } from '../codex/sessions.js';
import { readThread } from '../codex/thread.js';
import { definedOnly } from '../defined-only.js';
import type { AccountState } from '../health/account-state.js';
import { readAllScopes } from '../pools/scope-files.js';
import { endsLike } from '../quota/handed-over.js';
import type { Root } from '../storage/root.js';
import type { ThreadState } from './thread-state.js';

export interface Owner {
  /** Whom the line is about; absent where nobody can tell. */
  readonly account?: Account;
  /** Whether the numbers are surely that account's. */
  readonly isSure: boolean;
}

/**
 * Whose conversation, and so whose numbers, these are: the client does not say. The conversation belongs to the account
 * that began it, and the client may have another one by now, or still an older one than the login in its home. While
 * those two are one account, it is that one; else only a window that ends like one of theirs tells.
 */
export function ownerOf(
  { root, home }: { readonly root: Root; readonly home: CodexHome },
  { threadId, limits }: ThreadState,
  state: AccountState,
): Owner {
  const accounts = readAllScopes(root.paths).flatMap(({ pool }) => pool.accounts);
  const beginner = threadId === undefined ? undefined : beginnerOf(home, threadId, accounts);
  const present = loginIn(home, accounts);
  if (beginner === undefined) return { ...definedOnly({ account: present }), isSure: false };
  if (beginner.id === present?.id) return { account: beginner, isSure: true };
  const candidates = [beginner, present].filter((each) => each !== undefined);
  const alike = candidates.filter(({ id }) => limits !== undefined && endsLike(limits, state.accounts[id]?.quota));
  const [only, ...others] = alike;
  return only !== undefined && others.length === 0
    ? { account: only, isSure: true }
    : { account: beginner, isSure: false };
}

/** From the first line of its file, which the client writes with the first words. */
function beginnerOf(home: CodexHome, threadId: string, accounts: readonly Account[]): Account | undefined {
  const file = listSessionFiles(home.directory).find(({ path }) => threadIdIn(path) === threadId);
  if (file === undefined) return undefined;
  const { userId, accountId } = readThread(file.path);
  return userId === undefined ? undefined : findSame(accounts, definedOnly({ userId, accountId }));
}

function loginIn(home: CodexHome, accounts: readonly Account[]): Account | undefined {
  // A keyring may ask for its password.
  if (home.otherStore !== undefined) return undefined;
  const { content } = readAuthFile(home);
  return content?.kind === 'login' ? findSame(accounts, content.login.identity) : undefined;
}
