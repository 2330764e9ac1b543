import { AppError, orInstead } from '../../errors.js';
import type { ShareInspection } from '../../sharing/inspect.js';
import { readShareKey } from '../../sharing/key-store.js';
import { readShare, type ShareState } from '../../sharing/share-file.js';
import type { Root } from '../../storage/root.js';

/** What this machine has of a shared pool, and what the database has answered. */
export type ShareFacts =
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly problem: AppError }
  | {
      readonly kind: 'joined';
      readonly state: ShareState;
      /** Why the key cannot be used. */
      readonly keyProblem?: AppError;
      /** Absent with `--offline`. */
      readonly inspection?: ShareInspection;
    };

/** Without `ask` the database is not asked. The keyring may be opened. */
export async function shareFacts(root: Root, ask: (() => Promise<ShareInspection>) | undefined): Promise<ShareFacts> {
  try {
    const state = readShare(root);
    if (state === undefined) return { kind: 'none' };
    const keyProblem = problemOfKey(root);
    const inspection = await ask?.();
    return {
      kind: 'joined',
      state,
      ...(keyProblem === undefined ? {} : { keyProblem }),
      ...(inspection === undefined ? {} : { inspection }),
    };
  } catch (error) {
    if (error instanceof AppError) return { kind: 'unreadable', problem: error };
    throw error;
  }
}

function problemOfKey(root: Root): AppError | undefined {
  return orInstead(
    () => void readShareKey(root),
    (error) => error,
  );
}

/** For each account that another machine keeps, by record id, the name of that machine. */
export function keepersOf(share: ShareFacts): ReadonlyMap<string, string> {
  if (share.kind !== 'joined') return new Map();
  const { rows, machines } = share.state;
  return new Map(
    rows.flatMap(({ role, state, accountId, keeper }): [string, string][] => {
      if (role !== 'copy' || state !== 'live' || accountId === undefined) return [];
      return [[accountId, (keeper === null ? undefined : machines[keeper]?.name) ?? 'another machine']];
    }),
  );
}
