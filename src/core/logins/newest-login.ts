import type { TokenSet } from '../accounts/account.js';
import { type Identity, isSameAccount } from '../accounts/identity.js';
import { compareLineage, type LineageCopy } from '../accounts/lineage.js';
import { areOfDifferentIssuers } from '../provider/foreign-issuer.js';
import type { Secret } from '../secret.js';
import type { LoginCopy } from './copies.js';
import type { Lineage } from './lineage-log.js';
import { nextTokens } from './rotation.js';

type Login = Identity & { readonly tokens: TokenSet };

/** What the lineage log says about refresh tokens. */
export interface TokenHistory {
  /** We have exchanged it ourselves: every copy of it is worthless. */
  isSpent(token: Secret | undefined): boolean;
  isRefused(token: Secret | undefined): boolean;
  /** Whether the first one has become the second one, in any number of exchanges. */
  leadsTo(from: Secret, to: Secret): boolean;
}

export function historyOf({ records, printOf }: Lineage): TokenHistory {
  const exchanges = records.filter(({ event, before, after }) => event === 'refreshed' && before !== after);
  const next = new Map(exchanges.map(({ before, after }) => [before, after]));
  const refused = new Set(records.filter(({ event }) => event === 'refused').map(({ before }) => before));
  return {
    isSpent: (token) => token !== undefined && next.has(printOf(token)),
    isRefused: (token) => token !== undefined && refused.has(printOf(token)),
    leadsTo(from, to) {
      const end = printOf(to);
      const seen = new Set<string>();
      for (let print: string | undefined = printOf(from); print !== undefined; print = next.get(print)) {
        if (print === end) return true;
        if (seen.has(print)) return false;
        seen.add(print);
      }
      return false;
    },
  };
}

/** The newest copy of a login that is further along than the record, and that nobody is known to have used up. Pure. */
export function copyAhead(account: Login, copies: readonly LoginCopy[], history: TokenHistory): LoginCopy | undefined {
  const { refreshToken } = account.tokens;
  const isAhead = ({ identity, tokens }: LoginCopy) => {
    if (tokens.refreshToken === undefined || tokens.refreshToken.equals(refreshToken)) return false;
    if (!isSameAccount(identity, account) || areOfDifferentIssuers(account, { tokens })) return false;
    if (history.isSpent(tokens.refreshToken) || history.isRefused(tokens.refreshToken)) return false;
    const order = compare(tokens, account.tokens);
    return order > 0 || (order === 0 && history.isSpent(refreshToken));
  };
  return copies.filter(isAhead).reduce<LoginCopy | undefined>((newest, copy) => {
    return newest === undefined || compare(copy.tokens, newest.tokens) > 0 ? copy : newest;
  }, undefined);
}

/**
 * The tokens with which an old record may come back: the newest of all copies of its login whose refresh token we have
 * not spent. Where every copy is spent the refresh token is left out, because sending it again would end the login for
 * whoever holds its successor (P11). Pure.
 */
export function freshestTokens(account: Login, copies: readonly LoginCopy[], history: TokenHistory): TokenSet {
  const isOwn = ({ identity, tokens }: LoginCopy) =>
    isSameAccount(identity, account) && !areOfDifferentIssuers(account, { tokens });
  const own = copies.filter(isOwn).map(({ tokens }) => tokens);
  const all = [account.tokens, ...own];
  const unspent = all.filter(({ refreshToken }) => refreshToken !== undefined && !history.isSpent(refreshToken));
  if (unspent.length > 0) return withNewer(account.tokens, newestOf(unspent, account.tokens));
  const newest = withNewer(account.tokens, newestOf(all, account.tokens));
  const { refreshToken: spent, ...others } = newest;
  const successor = spent && successorOf(spent, copies, history);
  return successor === undefined ? others : { ...others, refreshToken: successor };
}

/** Another workspace of the same login may hold what the token has become. */
function successorOf(spent: Secret, copies: readonly LoginCopy[], history: TokenHistory): Secret | undefined {
  return copies
    .flatMap(({ tokens }) => tokens.refreshToken ?? [])
    .find((token) => !history.isSpent(token) && history.leadsTo(spent, token));
}

function withNewer(own: TokenSet, newest: TokenSet): TokenSet {
  return newest === own ? own : nextTokens(own, newest);
}

function newestOf(all: readonly TokenSet[], fallback: TokenSet): TokenSet {
  const [first = fallback, ...others] = all;
  return others.reduce((newest, tokens) => (compare(tokens, newest) > 0 ? tokens : newest), first);
}

function compare(a: TokenSet, b: TokenSet): number {
  const copy = (tokens: TokenSet): LineageCopy => ({ source: 'pool', tokens });
  return compareLineage(copy(a), copy(b));
}
