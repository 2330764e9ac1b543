import { type Account, newAccountId } from '../accounts/account.js';
import { type AccountGroup, groupByAccount } from '../accounts/account-groups.js';
import { contradicts, type Identity } from '../accounts/identity.js';
import { compareLineage, isNewer } from '../accounts/lineage.js';
import { wasRemoved } from '../accounts/pool.js';
import type { AuthFileLogin } from '../codex/auth-file.js';
import { definedOnly } from '../defined-only.js';
import { mergeAccounts } from '../diagnostics/account-repairs/duplicates.js';
import { isLoginOf } from '../lineage/foreign-login.js';
import { knownSpent } from '../lineage/lineage-log.js';
import { forgetRemoval } from '../logins/enrolment.js';
import { takeCopy } from '../logins/take-copy.js';
import { areOfDifferentIssuers, foreignIssuerOfFile } from '../provider/foreign-issuer.js';
import type { Provider } from '../provider/provider.js';
import type { Secret } from '../secret.js';
import type { DraftStore } from './draft-store.js';
import { isSameToken, type KnownAccount, KnownAccounts } from './known-accounts.js';
import type { FoundLogin, LoginPlace, PlacedLogin } from './login-file.js';
import type { ImportRefusal, PassingReason } from './refusal.js';

export interface ImportTarget {
  /** Where new accounts go; undefined for the global pool. */
  readonly scopeKey: string | undefined;
  readonly provider: Provider;
  /** What `auth.json` holds now: a copy of it may be newer than the one to import. */
  readonly inUse: AuthFileLogin | undefined;
}

/** What became of one login in an import. `account` is the one that it is stored as, or would have been. */
export type ImportEntry = { readonly place: LoginPlace } & (
  | RefusedEntry
  | { readonly outcome: 'passed'; readonly reason: PassingReason; readonly account?: undefined }
  /** Another file of this import holds a newer copy of the same login, or the same one. */
  | { readonly outcome: 'duplicate'; readonly account: Account; readonly of: LoginPlace }
  | StoredEntry
);

interface RefusedEntry {
  readonly outcome: 'refused';
  readonly reason: ImportRefusal;
  readonly detail?: string;
  /** Present where it is known whose login it is. */
  readonly account?: Account;
}

interface StoredEntry {
  /** `older`: the stored copy is newer, and stays. */
  readonly outcome: 'new' | 'update' | 'same' | 'older';
  readonly account: Account;
  readonly scopeKey: string | undefined;
  /** The account is in the flagged file. */
  readonly isSetAside: boolean;
  /** The person had removed it; now it is back. */
  readonly wasRemoved: boolean;
  /** The login was in use where it comes from, and is now the chosen one of its pool. */
  readonly isChosen: boolean;
  readonly before?: Secret;
  readonly after?: Secret;
}

type Candidate = { readonly place: LoginPlace; readonly login: FoundLogin };

/**
 * Puts logins into the draft: into the account that has the login already, in whatever pool, unless its copy is newer;
 * else as a new account of the target scope. Of several copies of one login the newest counts. The entries keep the
 * order of the logins.
 */
export function importLogins(draft: DraftStore, logins: readonly PlacedLogin[], target: ImportTarget): ImportEntry[] {
  const judged = logins.map((each) => ({ ...each, verdict: judge(each, target) }));
  const unusable = judged.flatMap(({ verdict }) => verdict ?? []);
  const usable = judged.filter((each): each is typeof each & Candidate => each.verdict === undefined);
  const order = new Map(logins.map(({ place }, position) => [place, position]));
  const positionOf = ({ place }: { readonly place: LoginPlace }) => order.get(place) ?? 0;
  const groups = groupByAccount(usable, ({ login }) => login.account, groupOfToken)
    .map(({ members, ...identity }) => ({
      identity,
      members: [...members].sort((a, b) => positionOf(a) - positionOf(b)),
    }))
    .sort((a, b) => Math.min(...a.members.map(positionOf)) - Math.min(...b.members.map(positionOf)));
  const isSpent = knownSpent(draft.root);
  const known = new KnownAccounts(draft);
  const stored = groups.flatMap(({ members, identity }) =>
    importGroup(draft, members, { ...target, identity, isSpent, known }),
  );
  return [...unusable, ...stored].sort((a, b) => positionOf(a) - positionOf(b));
}

function refused(
  place: LoginPlace,
  reason: ImportRefusal,
  login: Pick<RefusedEntry, 'account' | 'detail'>,
): ImportEntry {
  const { account, detail } = login;
  return { place, outcome: 'refused', reason, ...definedOnly({ account, detail }) };
}

/** The entry of a login that cannot be imported; undefined for one that can. */
function judge({ place, login }: PlacedLogin, { provider }: ImportTarget): ImportEntry | undefined {
  if (login.kind === 'passed') return { place, outcome: 'passed', reason: login.reason };
  if (login.kind === 'refused') return refused(place, login.reason, login);
  const isForeign = foreignIssuerOfFile(login.account, provider) !== undefined;
  return isForeign ? refused(place, 'issuer-mismatch', login) : undefined;
}

/** A record that does not say whose it is belongs to the login whose refresh token it has. */
function groupOfToken(
  { login: { account } }: Candidate,
  groups: readonly AccountGroup<Candidate>[],
): AccountGroup<Candidate> | undefined {
  // A record with both ids would have been grouped by them.
  if (account.userId !== undefined && account.accountId !== undefined) return undefined;
  return groups.find((group) =>
    group.members.some(({ login }) => isSameToken(login.account, account) && !contradicts(group, account)),
  );
}

interface GroupTarget extends ImportTarget {
  readonly identity: Identity;
  readonly isSpent: (token: Secret) => boolean;
  readonly known: KnownAccounts;
}

/** The newest copy decides; the others only add what it lacks. */
function importGroup(draft: DraftStore, members: readonly Candidate[], target: GroupTarget): ImportEntry[] {
  const [newest, ...older] = [...members].sort(byPrecedence);
  if (newest === undefined) return [];
  const known = target.known.find(target.identity, newest.login.account);
  if (known === undefined) return add(draft, [newest, ...older], target);
  const isForeign = ({ login }: Candidate) => areOfDifferentIssuers(login.account, known.account);
  const foreign = members.filter(isForeign).map(({ place, login }) => refused(place, 'other-issuer', login));
  const own = [newest, ...older].filter((each) => !isForeign(each));
  return [...foreign, ...updateFrom(draft, own, known, target)];
}

function updateFrom(
  draft: DraftStore,
  [first, ...others]: readonly Candidate[],
  known: KnownAccount,
  target: GroupTarget,
): ImportEntry[] {
  if (first === undefined) return [];
  const saves = draft.saves;
  const entry = update(draft, first, known, target);
  for (const other of others) update(draft, other, target.known.current(known), target);
  const { account } = target.known.current(known);
  const outcome = draft.saves > saves ? 'update' : entry.outcome;
  return [{ ...entry, outcome, account }, ...duplicatesOf(first.place, account, others)];
}

function duplicatesOf(of: LoginPlace, account: Account, others: readonly Candidate[]): ImportEntry[] {
  return others.map(({ place }) => ({ place, outcome: 'duplicate', account, of }));
}

function byPrecedence(a: Candidate, b: Candidate): number {
  const isSetAside = ({ login }: Candidate) => Number(login.flag !== undefined);
  return isSetAside(a) - isSetAside(b) || compareLineage(copyOf(b.login.account), copyOf(a.login.account));
}

function copyOf({ tokens, authFile, provenance }: Account) {
  return { source: 'import' as const, tokens, ...definedOnly({ extras: authFile, provenance }) };
}

/**
 * A new account, as it is in its file and under its own id where that is free: label, `enabled` and unknown keys
 * included. What its other copies know is added.
 */
function add(draft: DraftStore, members: readonly [Candidate, ...Candidate[]], target: GroupTarget): ImportEntry[] {
  const { identity, scopeKey, isSpent, known } = target;
  const [{ place, login }, ...others] = members;
  const isUsedUp = ({ tokens: { refreshToken } }: Account) => refreshToken !== undefined && isSpent(refreshToken);
  const copies = others.flatMap((each) => (each.login.flag === undefined ? [each.login.account] : []));
  const merged = { ...identity, ...mergeAccounts([login.account, ...copies], isSpent) };
  if (isUsedUp(merged)) return members.map((each) => refused(each.place, 'spent', { account: merged }));
  const id = known.hasId(merged.id) ? newAccountId() : merged.id;
  // When and from where the record moved is about the pool it comes from.
  const { movedAt: _, movedFrom: __, ...settled } = merged;
  const account: Account = { ...settled, id, addedAt: merged.addedAt ?? draft.root.clock.now() };
  const { activeId } = draft.surroundings(scopeKey);
  const isSetAside = login.flag !== undefined;
  // The login that was in use where it comes from is chosen here, where nothing has been chosen yet.
  const isChosen = members.some((each) => each.login.isActive) && !isSetAside && activeId === undefined;
  if (login.flag === undefined) draft.addAccount(scopeKey, account, isChosen);
  else draft.addFlagged(scopeKey, { ...account, flag: login.flag });
  known.add(account, scopeKey, isSetAside);
  const stored = { id, scopeKey, isSetAside };
  // Another copy may have a later part, such as an access token: each updates the account, as a second import would.
  if (others.length > 0) for (const each of members) update(draft, each, known.current(stored), target);
  const { account: complete } = known.current(stored);
  const withoutAccounts = draft.only([]);
  const wasRemovedEarlier = withoutAccounts.scopes().some((scope) => wasRemoved(scope.pool, identity));
  forgetRemoval(withoutAccounts, identity);
  const after = definedOnly({ after: complete.tokens.refreshToken });
  const entry = {
    place,
    outcome: 'new' as const,
    account: complete,
    scopeKey,
    isSetAside,
    wasRemoved: wasRemovedEarlier,
    isChosen,
    ...after,
  };
  return [entry, ...duplicatesOf(place, complete, others)];
}

function update(
  draft: DraftStore,
  { place, login }: Candidate,
  known: KnownAccount,
  target: GroupTarget,
): StoredEntry & { place: LoginPlace } {
  const { account: ours, scopeKey, isSetAside } = known;
  const where = { place, scopeKey, isSetAside, wasRemoved: false, isChosen: false };
  const isLeftAlone = login.flag !== undefined || isBehindInUse(login.account, ours, target);
  if (!isLeftAlone) return { ...where, ...take(draft, known, login.account, target) };
  return { ...where, outcome: isSameToken(ours, login.account) ? 'same' : 'older', account: ours };
}

/** Whether the copy in `auth.json` is newer still; the next switch takes that one over. */
function isBehindInUse(account: Account, ours: Account, { inUse }: ImportTarget): boolean {
  if (inUse === undefined || !isLoginOf({ kind: 'login', login: inUse }, ours)) return false;
  return isNewer({ source: 'auth-file', tokens: inUse.tokens }, copyOf(account));
}

type Taken = Pick<StoredEntry, 'outcome' | 'account' | 'before' | 'after'>;

/** Takes over what is newer in the other copy. Where neither copy is known to be newer, ours stays. */
function take(draft: DraftStore, known: KnownAccount, theirs: Account, target: GroupTarget): Taken {
  const { account: ours } = known;
  const saves = draft.saves;
  const { before, after } = target.known.change(known, (store) =>
    takeCopy(store, ours, copyOf(theirs), target.isSpent),
  );
  const unchanged = isSameToken(ours, theirs) ? 'same' : 'older';
  const outcome = draft.saves > saves ? 'update' : unchanged;
  return { outcome, account: target.known.current(known).account, ...definedOnly({ before, after }) };
}
