import type { Account } from '../../accounts/account.js';
import { isOrganizationId, isSameAccount } from '../../accounts/identity.js';
import { readClaims } from '../../accounts/jwt-claims.js';
import { identityOfTokens } from '../../accounts/token-identity.js';
import { definedOnly } from '../../defined-only.js';
import { shouldFlag } from '../../health/state.js';
import { withNewestTokens } from '../../lineage/beside-records.js';
import { holdsForeignTokens } from '../../lineage/foreign-tokens.js';
import { fingerprint } from '../../lineage/journal.js';
import { isAnswered } from '../../lineage/journal-overlay.js';
import { withOwnTokens } from '../../logins/give-back-tokens.js';
import { copiesIn, findDuplicates } from './duplicates.js';
import { forgetConversations, withoutExpiredKnowledge, withoutExpiredPauses } from './expired-facts.js';
import { withMerged, withoutOthers } from './merged-scopes.js';
import {
  type AccountRepair,
  type FilledField,
  type RefreshCause,
  type RepairTarget,
  refusedTooOften,
} from './repair.js';
import type { RepairScope, RepairWorld } from './world.js';

/**
 * The repairs that the stored accounts need, in the order in which they are applied: interrupted changes, tokens of
 * other accounts, duplicates, wrong or missing fields, expired facts and conversations, dead logins, refreshes. Pure.
 */
export function planAccountRepairs(world: RepairWorld): AccountRepair[] {
  const isForeign = toldOnce(holdsForeignTokens);
  const groups = findDuplicates(world.scopes, isForeign);
  const merges = groups.map(([kept, ...others]): AccountRepair => {
    return { kind: 'merge-duplicates', ...kept.place, others: others.map(({ place }) => place) };
  });
  const records = recordedIn(withoutOthers(withMerged(world.scopes, groups), groups), world, isForeign);
  const each = (plan: (record: Recorded, world: RepairWorld) => AccountRepair[]) =>
    records.flatMap((record) => plan(record, world));
  return [
    ...interrupted(world),
    ...foreign(world, isForeign),
    ...merges,
    ...each(wrongOrMissing),
    ...each(isOver),
    ...conversations(world),
    ...each(deadOrDue),
  ];
}

type OfAccount = (account: Account) => boolean;

/** Remembers the answer for each account: it is asked three times, and decoding a token takes long. */
function toldOnce(isSo: OfAccount): OfAccount {
  const known = new Map<Account, boolean>();
  return (account) => {
    const told = known.get(account) ?? isSo(account);
    known.set(account, told);
    return told;
  };
}

function foreign({ scopes }: RepairWorld, isForeign: OfAccount): AccountRepair[] {
  const records = copiesIn(scopes).map(({ account }) => account);
  const mixedUp = copiesIn(scopes).filter(({ account }) => isForeign(account));
  return mixedUp.map(({ account, place: { accountId, scopeKey } }) => {
    const keepsLogin = withOwnTokens(account, records).tokens.refreshToken !== undefined;
    const getsOwn = mixedUp.some((other) => isSameAccount(identityOfTokens(other.account.tokens), account));
    const owner = ownerOfTokens(account);
    return { kind: 'give-back-tokens', accountId, scopeKey, owner, needsSignIn: !keepsLogin && !getsOwn };
  });
}

/** The account that the tokens name, as a person knows it. */
function ownerOfTokens(account: Account): string {
  const { email, userId, accountId } = identityOfTokens(account.tokens);
  if (email !== undefined && accountId !== undefined && email === account.email) return `${email} in ${accountId}`;
  return email ?? userId ?? accountId ?? 'another account';
}

interface Recorded {
  readonly target: RepairTarget;
  /** The account as it is stored. */
  readonly account: Account;
  /** The account with the newest tokens that the journal and `auth.json` hold for it. */
  readonly newest: Account;
  readonly isFlagged: boolean;
}

function recordedIn(scopes: readonly RepairScope[], { beside }: RepairWorld, isForeign: OfAccount): Recorded[] {
  // A record that holds the tokens of another account can be judged only once these are given back.
  const own = copiesIn(scopes).filter(({ account }) => !isForeign(account));
  return own.map(({ place: { part, ...target }, account }) => ({
    target,
    account,
    newest: withNewestTokens(account, beside),
    isFlagged: part === 'flagged',
  }));
}

function interrupted({ scopes, beside: { journal }, isAbandoned }: RepairWorld): AccountRepair[] {
  const moves = scopes.flatMap(({ key: scopeKey, unsettled, pool, flagged }): AccountRepair[] => {
    const isBoth = ({ id }: Account) =>
      unsettled?.pool.accounts.some((each) => each.id === id) === true &&
      unsettled.flagged.accounts.some((each) => each.id === id);
    const ends = (accounts: readonly Account[], to: 'pool' | 'flagged') =>
      accounts.filter(isBoth).map(({ id }) => ({ kind: 'finish-move' as const, accountId: id, scopeKey, to }));
    return [...ends(pool.accounts, 'pool'), ...ends(flagged.accounts, 'flagged')];
  });
  const arrived = scopes.flatMap(leftBehind).flatMap((id): AccountRepair[] => {
    const holder = copiesIn(scopes).find(({ account }) => account.id === id);
    return holder === undefined
      ? []
      : [{ kind: 'finish-move', accountId: id, scopeKey: holder.place.scopeKey, to: 'scope' }];
  });
  const answers = journal.filter((entry) => entry.header.kind === 'refresh' && isAnswered(entry) && isAbandoned(entry));
  const refreshes = answers.flatMap(({ header }): AccountRepair[] => {
    const asked = copiesIn(scopes).find(({ account }) => account.id === header.accountIds[0]);
    const holder = asked ?? copiesIn(scopes).find(({ account }) => isSpentBy(header.spent, account));
    if (holder === undefined) return [];
    const { accountId, scopeKey } = holder.place;
    return [{ kind: 'finish-refresh', accountId, scopeKey }];
  });
  return [...moves, ...arrived, ...refreshes];
}

/** The records that a move to another scope has left in this one. */
function leftBehind({ unsettled, pool, flagged }: RepairScope): string[] {
  const staying = [...pool.accounts, ...flagged.accounts].map(({ id }) => id);
  const stored = [...(unsettled?.pool.accounts ?? []), ...(unsettled?.flagged.accounts ?? [])];
  return [...new Set(stored.map(({ id }) => id))].filter((id) => !staying.includes(id));
}

function isSpentBy(spent: string | undefined, { tokens: { refreshToken } }: Account): boolean {
  return refreshToken !== undefined && fingerprint(refreshToken.reveal()) === spent;
}

function wrongOrMissing({ target, account }: Recorded): AccountRepair[] {
  const wrong = wrongAccountId(account);
  const fields = missingFields(account);
  return [
    ...(wrong === undefined ? [] : [{ kind: 'correct-account-id' as const, ...target, ...wrong }]),
    ...(fields.length === 0 ? [] : [{ kind: 'fill-in' as const, ...target, fields }]),
  ];
}

function isOver({ target, account }: Recorded, { state, now }: RepairWorld): AccountRepair[] {
  const known = state.accounts[target.accountId];
  const facts = [
    ...(known === undefined ? [] : withoutExpiredKnowledge(known, now).dropped),
    ...withoutExpiredPauses(account, now).dropped,
  ];
  return facts.length === 0 ? [] : [{ kind: 'drop-expired-facts', ...target, facts }];
}

function conversations({ state, now, settings }: RepairWorld): AccountRepair[] {
  const { affinity } = forgetConversations(state, now, settings.sessionAffinityTtlMs);
  const count = Object.keys(state.affinity).length - Object.keys(affinity).length;
  return count === 0 ? [] : [{ kind: 'forget-conversations', count }];
}

/** Nothing is asked about an account that is set aside or that the person disabled. */
function deadOrDue({ target, newest, isFlagged }: Recorded, world: RepairWorld): AccountRepair[] {
  if (isFlagged || !newest.enabled) return [];
  const health = world.state.accounts[target.accountId]?.health;
  if (health !== undefined && shouldFlag(health, world.settings)) {
    return [{ kind: 'flag', ...target, reason: refusedTooOften }];
  }
  const why = refreshCause(newest, world);
  if (why === undefined) return [];
  if (newest.tokens.refreshToken !== undefined) return [{ kind: 'refresh', ...target, why }];
  // A login without a refresh token that has ended is not set aside: a sign-in or an import renews it where it is.
  return [];
}

function refreshCause(account: Account, { now, settings }: RepairWorld): RefreshCause | undefined {
  const { accessToken, idToken, expiresAt, generation } = account.tokens;
  if (accessToken === undefined) return 'no-access-token';
  if (expiresAt !== undefined && expiresAt - settings.tokenRefreshSkewMs <= now) return 'expired';
  // A refresh of ours did not bring what is missing, and another one will not bring it either.
  if (generation > 0) return undefined;
  if (idToken === undefined) return 'no-id-token';
  return isHalfKnown(account) ? 'half-known' : undefined;
}

/** Whether a refresh may tell more about the identity. Tokens that tell a user id or an email have told all. */
function isHalfKnown({ userId, accountId, tokens }: Account): boolean {
  if (userId !== undefined && accountId !== undefined) return false;
  const told = identityOfTokens(tokens);
  return told.userId === undefined && told.email === undefined;
}

/** The record with plan and expiry from its own tokens, where it lacks them; reading has filled in its identity. */
export function completed<A extends Account>(account: A): A {
  const { accessToken } = account.tokens;
  const planType = account.planType ?? identityOfTokens(account.tokens).planType;
  const expiresAt = account.tokens.expiresAt ?? (accessToken && readClaims(accessToken.reveal())?.expiresAt);
  if (planType === account.planType && expiresAt === account.tokens.expiresAt) return account;
  return { ...account, ...definedOnly({ planType }), tokens: { ...account.tokens, ...definedOnly({ expiresAt }) } };
}

/** The fields that the file lacks, and that reading the record and {@link completed} have filled in. */
function missingFields(account: Account): FilledField[] {
  const { userId, accountId, email, planType, tokens } = completed(account);
  const known = { userId, accountId, email, planType, expiresAt: tokens.expiresAt };
  const isMissing = (field: FilledField) => known[field] !== undefined && isBlank(account.raw[field]);
  return (['userId', 'accountId', 'email', 'planType', 'expiresAt'] as const).filter(isMissing);
}

/** The organization id that the file holds where the account id should be, when the tokens tell the right one. */
function wrongAccountId({ raw, accountId }: Account): { from: string; to: string } | undefined {
  const from = raw['accountId'];
  const isWrong = typeof from === 'string' && isOrganizationId(from) && accountId !== undefined && accountId !== from;
  return isWrong ? { from, to: accountId } : undefined;
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
