import type { FlaggedAccount } from '../accounts/account.js';
import { isSameAccount } from '../accounts/identity.js';
import { readClaims } from '../accounts/jwt-claims.js';
import { toIso } from '../instant.js';
import { type LoginCopy, placeName } from '../lineage/copies.js';
import type { Lineage, LineageRecord } from '../lineage/lineage-log.js';
import { copyAhead, historyOf } from '../lineage/newest.js';
import { isDeadToken } from '../logins/flagging.js';
import type { World } from './world/world.js';

export interface Loss {
  /** What is known, as clauses; empty when nothing is. */
  readonly story: string;
  /** A newer copy of the login, in a place that we can take it from. */
  readonly alive?: LoginCopy;
}

/**
 * What can be known about a refresh token that the provider refuses: who exchanged it and when, where else it is, and
 * whether a newer copy exists in a place we may read. The log knows tokens only by salted fingerprints.
 */
export function explainLoss(account: FlaggedAccount, { copies, lineage }: World): Loss {
  if (!isDeadToken(account)) return { story: '' };
  const here = copies.filter(({ place }) => place !== 'other-root');
  const alive = copyAhead(account, here, historyOf(lineage));
  const clauses = [
    ...whoMovedAhead(account, lineage),
    ...sameTokenElsewhere(account, here),
    ...inOtherRoots(account, copies),
    alive === undefined
      ? 'no newer copy of it is in any place that can be read here'
      : `${placeName(alive)} has a newer login of it${issued(alive)}`,
  ];
  return alive === undefined ? { story: clauses.join('; ') } : { story: clauses.join('; '), alive };
}

/** The strongest thing that the log says about the token. */
function whoMovedAhead({ tokens }: FlaggedAccount, { records, printOf }: Lineage): string[] {
  if (tokens.refreshToken === undefined) return [];
  const print = printOf(tokens.refreshToken);
  const last = (event: LineageRecord['event'], side: 'before' | 'after') =>
    records.findLast((record) => record.event === event && record[side] === print && record.before !== record.after);
  const exchanged = last('refreshed', 'before');
  if (exchanged !== undefined) {
    return [`process ${exchanged.pid} of ours exchanged this token at ${toIso(exchanged.at)}`];
  }
  const overtaken = last('adopted', 'before');
  if (overtaken !== undefined) {
    return [
      `somebody else had exchanged this token when we looked at ${toIso(overtaken.at)}, most likely the official client`,
    ];
  }
  const unanswered = last('unknown', 'before');
  if (unanswered !== undefined) {
    return [`process ${unanswered.pid} of ours sent this token at ${toIso(unanswered.at)} and never got the answer`];
  }
  const handedOut = last('handed-out', 'after');
  if (handedOut !== undefined) {
    const since = toIso(handedOut.at);
    return [`the official client has had this token since ${since} and is the likely one to have spent it`];
  }
  const signedIn = last('signed-in', 'after');
  if (signedIn !== undefined)
    return [`this token came with the sign-in at ${toIso(signedIn.at)} and was not exchanged by us`];
  return ['our log does not go back to whoever spent it'];
}

function sameTokenElsewhere({ id, tokens }: FlaggedAccount, copies: readonly LoginCopy[]): string[] {
  const { refreshToken } = tokens;
  const holders = copies.filter((copy) => copy.id !== id || copy.place === 'backup');
  const same = holders.filter((copy) => refreshToken?.equals(copy.tokens.refreshToken) === true);
  return same.length === 0 ? [] : [`the same dead token is in ${[...new Set(same.map(placeName))].join(', ')}`];
}

function inOtherRoots(account: FlaggedAccount, copies: readonly LoginCopy[]): string[] {
  const elsewhere = copies.filter(({ place, identity }) => place === 'other-root' && isSameAccount(identity, account));
  const paths = [...new Set(elsewhere.map(({ path }) => path))];
  return paths.map((path) => `another copy of this login is in ${path}, whose owner may have spent it`);
}

function issued({ tokens }: LoginCopy): string {
  const at = tokens.accessToken && readClaims(tokens.accessToken.reveal())?.issuedAt;
  return at === undefined ? '' : `, issued at ${toIso(at)}`;
}
