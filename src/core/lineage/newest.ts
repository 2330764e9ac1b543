import type { TokenSet } from '../accounts/account.js';
import { type Identity, isSameAccount } from '../accounts/identity.js';
import { compareLineage, type LineageCopy } from '../accounts/lineage.js';
import { areOfDifferentIssuers } from '../provider/foreign-issuer.js';
import type { Secret } from '../secret.js';
import type { LoginCopy } from './copies.js';
import { type Lineage, releasedAmong } from './lineage-log.js';
import { nextTokens } from './rotation.js';

type Login = Identity & { readonly tokens: TokenSet };

/** What is known about refresh tokens. */
export interface TokenKnowledge {
  /** We have exchanged it ourselves, or given it to another machine: no copy of it is ours to send. */
  isSpent(token: Secret): boolean;
  isRefused?(token: Secret): boolean;
}

/** What the lineage log says about them. */
export interface TokenHistory extends Required<TokenKnowledge> {
  /** Whether the first one has become the second one, in any number of exchanges. */
  leadsTo(from: Secret, to: Secret): boolean;
}

export function historyOf({ records, printOf }: Lineage): TokenHistory {
  const exchanges = records.filter(({ event, before, after }) => event === 'refreshed' && before !== after);
  const next = new Map(exchanges.map(({ before, after }) => [before, after]));
  const refused = new Set(records.filter(({ event }) => event === 'refused').map(({ before }) => before));
  const released = releasedAmong(records);
  // A print takes the hash of a token, which is not computed where there is nothing to compare it with.
  const isIn = (token: Secret, known: ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>) =>
    known.size > 0 && known.has(printOf(token));
  return {
    isSpent: (token) => isIn(token, next) || isIn(token, released),
    isRefused: (token) => isIn(token, refused),
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

/**
 * The newest of several copies of one login, decided nowhere else: a copy that can be renewed goes before one that
 * cannot, and then the later of the two counts ({@link compareLineage}). Among equals the first wins. Pure.
 */
export function newest<C extends LineageCopy>(copies: readonly [C, ...C[]], known: TokenKnowledge): C {
  return copies.reduce((best, copy) => (compareCopies(copy, best, known) > 0 ? copy : best));
}

/** Positive when `a` is the one to go on with; a total preorder, whatever is known. */
export function compareCopies(a: LineageCopy, b: LineageCopy, known: TokenKnowledge): number {
  return prospects(a, known) - prospects(b, known) || compareLineage(a, b);
}

/** A token that was refused may be revived; one that was spent is dead, and worse than none: it ends the login. */
function prospects({ tokens: { refreshToken } }: LineageCopy, known: TokenKnowledge): number {
  if (refreshToken === undefined) return 1;
  if (known.isSpent(refreshToken)) return 0;
  return known.isRefused?.(refreshToken) === true ? 2 : 3;
}

/** The copies of one login among all that were found. */
export function copiesOf(account: Login, copies: readonly LoginCopy[]): LoginCopy[] {
  return copies.filter(
    ({ identity, tokens }) => isSameAccount(identity, account) && !areOfDifferentIssuers(account, { tokens }),
  );
}

type Candidate = LineageCopy & { readonly copy: LoginCopy | undefined };

/**
 * The newest copy of a login, where that is not the record and can still be renewed. A copy from before the record does
 * not count: what has become of its token since, nobody here can know. Pure.
 */
export function copyAhead(account: Login, copies: readonly LoginCopy[], history: TokenHistory): LoginCopy | undefined {
  const { refreshToken } = account.tokens;
  const own = { ...ofRecord(account.tokens), copy: undefined };
  const isDead = refreshToken !== undefined && history.isSpent(refreshToken);
  const later = copiesOf(account, copies)
    .map((copy) => ({ ...ofRecord(copy.tokens), copy }))
    .filter((each) => compareLineage(each, own) >= (isDead ? 0 : 1));
  const { copy } = newest<Candidate>([own, ...later], history);
  const theirs = copy?.tokens.refreshToken;
  const isRenewable = theirs !== undefined && !history.isSpent(theirs) && !history.isRefused(theirs);
  return isRenewable && !theirs.equals(refreshToken) ? copy : undefined;
}

/**
 * The tokens with which an old record may come back: those of the newest copy of its login. A refresh token that we
 * have spent is replaced by its successor or left out, because sending it again would end the login of the successor
 * (P11). Pure.
 */
export function freshestTokens(account: Login, copies: readonly LoginCopy[], history: TokenHistory): TokenSet {
  const own = copiesOf(account, copies).map(({ tokens }) => ofRecord(tokens));
  const { tokens } = newest([ofRecord(account.tokens), ...own], history);
  const best = tokens === account.tokens ? tokens : nextTokens(account.tokens, tokens);
  const { refreshToken, ...others } = best;
  if (refreshToken === undefined || !history.isSpent(refreshToken)) return best;
  const successor = successorOf(refreshToken, copies, history);
  return successor === undefined ? others : { ...others, refreshToken: successor };
}

/** The successor of a spent token, which another workspace of the same login may hold. Pure. */
export function successorOf(
  spent: Secret,
  copies: readonly Pick<Login, 'tokens'>[],
  history: TokenHistory,
): Secret | undefined {
  return copies
    .flatMap(({ tokens }) => tokens.refreshToken ?? [])
    .find((token) => !history.isSpent(token) && history.leadsTo(spent, token));
}

function ofRecord(tokens: TokenSet): LineageCopy {
  return { source: 'pool', tokens };
}
