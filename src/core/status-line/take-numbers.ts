import type { CodexHome } from '../codex/home.js';
import { AppError } from '../errors.js';
import { type AccountState, readAccountState, withKnowledge } from '../health/account-state.js';
import { updateAccountState } from '../health/state-store.js';
import { type HandedOver, isAhead, withHandedOver } from '../quota/handed-over.js';
import type { QuotaSnapshot } from '../quota/usage.js';
import type { Root } from '../storage/root.js';
import { type Owner, ownerOf } from './owner.js';
import type { ThreadState } from './thread-state.js';

/** What the line shows. */
export interface Sight extends Owner {
  /** What was known of the account before; what the client hands over is newer. */
  readonly known?: QuotaSnapshot;
}

export interface Taker {
  /** Whom the state is about. Whatever is new in it is stored meanwhile. */
  look(state: ThreadState): Sight;
  /** Resolves when everything is stored. */
  settled(): Promise<void>;
}

/** The files are looked at again after this long, although the client hands over the same; sooner while they do not tell. */
const lookAgainMs = { sure: 30_000, unsure: 3_000 } as const;

/**
 * Takes the numbers that the client hands over for its account (docs/decisions/056-segment-and-status-line.md): those that
 * change while we look, and the first ones where they are ahead of what is known. What cannot be stored is left.
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
