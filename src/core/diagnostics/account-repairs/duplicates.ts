import { type Account, isSetAside } from '../../accounts/account.js';
import { groupByAccount } from '../../accounts/account-groups.js';
import { definedOnly } from '../../defined-only.js';
import { holdsForeignTokens } from '../../lineage/foreign-tokens.js';
import { newest } from '../../lineage/newest.js';
import { withoutFlag } from '../../pools/account-codec.js';
import type { Secret } from '../../secret.js';
import type { CopyPlace } from './repair.js';
import type { RepairScope } from './world.js';

/** One record of an account, and where it is. */
export interface Copy {
  readonly place: CopyPlace;
  readonly account: Account;
  /** Whether the pool has chosen this record last. */
  readonly isChosen: boolean;
}

/** The records of one account, the one that stays first; never fewer than two. */
export type Duplicates = readonly [Copy, Copy, ...Copy[]];

/**
 * The accounts that have several records (P13). A record that is only half known belongs to the one account that it can
 * mean; where it could mean several it is left alone.
 */
export function findDuplicates(scopes: readonly RepairScope[], isForeign = holdsForeignTokens): Duplicates[] {
  // Without those that hold another account's tokens: merging would take these for the newest.
  const own = copiesIn(scopes).filter(({ account }) => !isForeign(account));
  const groups = groupByAccount(own, ({ account }) => account);
  return groups.flatMap(({ members }) => {
    const [first, second, ...others] = byClaimToStay(members);
    return first === undefined || second === undefined ? [] : [[first, second, ...others] as const];
  });
}

export function copiesIn(scopes: readonly RepairScope[]): Copy[] {
  return scopes.flatMap(({ key: scopeKey, pool, flagged }) => [
    ...pool.accounts.map((account) => ({
      place: { accountId: account.id, scopeKey, part: 'pool' as const },
      account,
      isChosen: pool.activeId === account.id,
    })),
    ...flagged.accounts.map((account) => ({
      place: { accountId: account.id, scopeKey, part: 'flagged' as const },
      account,
      isChosen: false,
    })),
  ]);
}

/**
 * The record that stays comes first. Of those in a pool and those set aside, the side that moved last wins, as after a
 * crash; within it the record that was chosen, then the one that was used last, then the first.
 */
function byClaimToStay(copies: readonly Copy[]): Copy[] {
  const lastMove = (part: CopyPlace['part']) =>
    Math.max(-1, ...copies.filter(({ place }) => place.part === part).map(({ account }) => account.movedAt ?? 0));
  const stays = lastMove('flagged') > lastMove('pool') ? 'flagged' : 'pool';
  const rank = ({ place, isChosen }: Copy) => (place.part === stays ? 2 : 0) + (isChosen ? 1 : 0);
  return [...copies].sort((a, b) => rank(b) - rank(a) || (b.account.lastUsedAt ?? 0) - (a.account.lastUsedAt ?? 0));
}

/**
 * The record that stays, with the newest tokens of all records and with what it lacks from the others. Disabled when
 * any of them is, because no repair enables what a person disabled (P12).
 */
export function mergeCopies(duplicates: Duplicates, isSpent: (token: Secret) => boolean = () => false): Account {
  const [first, ...others] = duplicates;
  return mergeAccounts([first.account, ...others.map(({ account }) => account)], isSpent);
}

/** As {@link mergeCopies}, for records that are in no place yet; the first one stays. */
export function mergeAccounts(
  [kept, ...others]: readonly [Account, ...Account[]],
  isSpent: (token: Secret) => boolean,
): Account {
  const best = newestOf([kept, ...others], isSpent);
  const all = [kept, best, ...others];
  const first = <K extends keyof Account>(key: K) => all.find((each) => each[key] !== undefined)?.[key];
  const idToken = best.tokens.idToken ?? sharerOf(best, all)?.tokens.idToken;
  return {
    ...kept,
    ...definedOnly({
      userId: first('userId'),
      accountId: first('accountId'),
      accountIdSource: first('accountIdSource'),
      email: first('email'),
      label: first('label'),
      planType: best.planType ?? first('planType'),
      workspaceName: first('workspaceName'),
      addedAt: earliest(all.map(({ addedAt }) => addedAt)),
      lastUsedAt: latest(all.map(({ lastUsedAt }) => lastUsedAt)),
      provenance: best.provenance ?? first('provenance'),
      authFile: best.authFile ?? first('authFile'),
    }),
    enabled: all.every(({ enabled }) => enabled),
    tokens: { ...best.tokens, ...definedOnly({ idToken }) },
    raw: Object.assign({}, ...[...others].reverse().map((each) => unflagged(each).raw), kept.raw),
  };
}

function newestOf([first, ...others]: readonly [Account, ...Account[]], isSpent: (token: Secret) => boolean): Account {
  const copyOf = (account: Account) => ({ source: 'pool' as const, tokens: account.tokens, account });
  return newest([copyOf(first), ...others.map(copyOf)], { isSpent }).account;
}

/** Pools of other tools keep no id token; another record of the very same login may have it. */
function sharerOf({ tokens }: Account, all: readonly Account[]): Account | undefined {
  const { refreshToken } = tokens;
  return all.find(
    (each) => each.tokens.idToken !== undefined && refreshToken?.equals(each.tokens.refreshToken) === true,
  );
}

/** The record as a pool holds it, without why and when it was set aside. */
export function unflagged(account: Account): Account {
  return isSetAside(account) ? withoutFlag(account) : account;
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
