import type { Account } from '../accounts/account.js';
import { findSame } from '../accounts/identity.js';
import { readAuthFile } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { listSessionFiles, threadIdIn } from '../codex/sessions.js';
import { readThread } from '../codex/thread.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { type AccountState, readAccountState, withKnowledge } from '../health/account-state.js';
import { updateAccountState } from '../health/state-store.js';
import { readAllScopes } from '../pools/scope-files.js';
import { endsLike, type HandedOver, isAhead, withHandedOver } from '../quota/handed-over.js';
import type { QuotaSnapshot } from '../quota/usage.js';
import type { Root } from '../storage/root.js';
import type { ThreadState } from './protocol.js';

/** What the line shows. */
export interface Sight extends Owner {
  /** What was known of the account before; what the client hands over is newer. */
  readonly known?: QuotaSnapshot;
}

export interface Taker {
  /** The account that the state is about. Whatever is new in the state is stored meanwhile. */
  look(state: ThreadState): Sight;
  /** Resolves when everything is stored. */
  settled(): Promise<void>;
}

/**
 * The files are looked at again after this long, although the client hands over the same; sooner while they do not
 * surely tell whose numbers these are.
 */
const lookAgainMs = { sure: 30_000, unsure: 3_000 } as const;

/**
 * Takes the numbers that the client hands over for its account (docs/decisions/056-segment-and-status-line.md): those
 * that change while this runs, and the first ones where they are ahead of what is known. What cannot be stored is left
 * out.
 */
export function createTaker(place: { readonly root: Root; readonly home: CodexHome }): Taker {
  const { root } = place;
  const seen = new Map<string, string>();
  let last: { readonly key: string; readonly at: number; readonly sight: Sight } | undefined;
  let storing: Promise<void> = Promise.resolve();

  function look(state: ThreadState): Sight {
    const key = JSON.stringify(state);
    const now = root.clock.now();
    const patienceMs = last?.sight.isSure === true ? lookAgainMs.sure : lookAgainMs.unsure;
    if (last?.key === key && Math.abs(now - last.at) < patienceMs) return last.sight;
    const sight = sightOf(state);
    last = { key, at: now, sight };
    return sight;
  }

  function sightOf(state: ThreadState): Sight {
    const { state: known } = readAccountState(root.paths.accountState);
    const owner = ownerOf(place, state, known);
    const { account, isSure } = owner;
    if (account === undefined) return owner;
    if (isSure && state.limits !== undefined) note(account.id, state.limits, known);
    const quota = known.accounts[account.id]?.quota;
    return quota === undefined ? owner : { ...owner, known: quota };
  }

  function note(id: string, limits: HandedOver, { accounts }: AccountState): void {
    const now = JSON.stringify(limits);
    const before = seen.get(id);
    seen.set(id, now);
    const isNew = before === undefined ? isAhead(limits, accounts[id]?.quota) : before !== now;
    if (isNew) storing = storing.then(() => store(root, id, limits));
  }

  return { look, settled: () => storing };
}

async function store(root: Root, id: string, limits: HandedOver): Promise<void> {
  try {
    await updateAccountState(root, (state) => {
      const known = state.accounts[id];
      const quota = withHandedOver(known?.quota, limits, root.clock.now());
      return withKnowledge(state, id, { ...known, quota });
    });
  } catch (error) {
    // The footer has to go on, and the next change is stored again.
    if (!(error instanceof AppError)) throw error;
  }
}

interface Owner {
  /** The account that the line is about; absent where nobody can tell. */
  readonly account?: Account;
  /** Whether the numbers are surely that account's. */
  readonly isSure: boolean;
}

/**
 * Whose conversation, and so whose numbers, these are: the client does not say. The conversation belongs to the account
 * that began it, and the client may use another one by now, or still an older one than the login in its home. While the
 * beginner and that login are one account, it is that one; else only a window that ends like one of theirs tells.
 */
function ownerOf(
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

/** The account that began the conversation, from the first line of its file, written with the first words. */
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
