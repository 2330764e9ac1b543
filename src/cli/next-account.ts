import type { Account } from '../core/accounts/account.js';
import { probeAndDecide } from '../core/session/probe-and-decide.js';
import { type Located, openRoster } from '../core/session/selection.js';
import type { Context } from './context.js';

/** Whether an account has used up its quota, and who is to go on then. */
export interface Next {
  readonly isUsedUp: boolean;
  /** When it is back, as far as that is known. */
  readonly backAt?: number;
  /** Absent where nobody is ready. */
  readonly located?: Located;
}

export interface NextQuestion {
  readonly account: Account;
  readonly model: string | undefined;
  /** Who was left only lately. */
  readonly left: ReadonlySet<string>;
}

/** Asks the free usage endpoint about everybody. Nobody goes on with credits, or with a reset that somebody would have to spend. */
export async function decideNext(context: Context, { account, model, left }: NextQuestion): Promise<Next> {
  const roster = openRoster(context, context.readingScope());
  const { probed, decision } = await probeAndDecide(context, roster, { maxAgeMs: 0 }, { model });
  const { accounts } = probed.roster;
  const own = decision.accounts.find(({ id }) => id === account.id);
  const isUsedUp = own?.state === 'exhausted' || own?.state === 'on-credits';
  const isFree = (id: string) => id !== account.id && !left.has(id);
  const isReady = (id: string) => decision.accounts.some((each) => each.id === id && each.state === 'ready');
  const next = decision.ranking.find((id) => isFree(id) && isReady(id));
  const position = accounts.findIndex(({ id }) => id === next);
  const found = accounts[position];
  const scopeKey = roster.records.key;
  return {
    isUsedUp,
    ...(own?.availableAt === undefined ? {} : { backAt: own.availableAt }),
    ...(found === undefined ? {} : { located: { account: found, scopeKey, index: position + 1 } }),
  };
}
