import { readAllScopes } from '../../core/pools/scope-files.js';
import { locateAccount, openRoster } from '../../core/session/selection.js';
import { keepersElsewhere } from '../../core/sharing/keepers.js';
import type { Context } from '../program/context.js';
import { type AccountRef, accountRef, lifeOf } from '../views/account-ref.js';

/** The accounts that selectors name, each once; they may live in any pool. */
export function idsOf(context: Context, selectors: readonly string[]): string[] {
  const roster = openRoster(context, context.writingScope());
  return [...new Set(selectors.map((selector) => locateAccount(context, roster, selector).account.id))];
}

/** How a result names an account by its record's id; undefined when it is in no pool of this machine. */
export type Names = (id: string | undefined) => AccountRef | undefined;

export function accountNames({ root, options }: Context): Names {
  const keepers = keepersElsewhere(root.paths);
  const refs = new Map<string, AccountRef>();
  const pools = readAllScopes(root.paths).flatMap(({ pool, flagged }) => [pool.accounts, flagged.accounts]);
  for (const accounts of pools) {
    accounts.forEach((account, position) => {
      if (refs.has(account.id)) return;
      const ref = accountRef(account, position + 1, options.mask === true);
      refs.set(account.id, { ...ref, ...lifeOf(account, keepers.get(account.id)) });
    });
  }
  return (id) => (id === undefined ? undefined : refs.get(id));
}
