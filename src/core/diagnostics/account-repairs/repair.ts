/** A record, and the scope whose pool or flagged file holds it; `scopeKey` is undefined for the global one. */
export interface RepairTarget {
  readonly accountId: string;
  readonly scopeKey: string | undefined;
}

export interface CopyPlace extends RepairTarget {
  readonly part: 'pool' | 'flagged';
}

/** A field that the tokens tell and the record did not hold. */
export type FilledField = 'userId' | 'accountId' | 'email' | 'planType' | 'expiresAt';

/** Knowledge whose time is over; `legacy…` are fields of other tools inside the record. */
export type ExpiredFact = 'cooldown' | 'rate-limit' | 'quota' | 'legacy-cooldown' | 'legacy-rate-limit';

/** Why an account is due for a refresh. */
export type RefreshCause = 'expired' | 'no-access-token' | 'no-id-token' | 'half-known';

/** One safe repair of the stored accounts, as data: planned, shown, and only then applied. */
export type AccountRepair = StoredRepair | RefreshRepair;

/** A repair that needs nothing but the files of the root. */
export type StoredRepair =
  /** A move between pool and flagged file, or to this scope, was cut short; opening the store finishes it. */
  | (RepairTarget & { readonly kind: 'finish-move'; readonly to: 'pool' | 'flagged' | 'scope' })
  /** An ended process had received tokens; opening the store puts them where they belong. */
  | (RepairTarget & { readonly kind: 'finish-refresh' })
  /** One identity in several records: the target stays, with the newest tokens of all. */
  | (RepairTarget & {
      readonly kind: 'merge-duplicates';
      readonly part: CopyPlace['part'];
      readonly others: readonly CopyPlace[];
    })
  /** The record holds the tokens of another account: that one gets them, and the record stays without them. */
  | (RepairTarget & { readonly kind: 'give-back-tokens'; readonly owner: string; readonly needsSignIn: boolean })
  | (RepairTarget & { readonly kind: 'correct-account-id'; readonly from: string; readonly to: string })
  | (RepairTarget & { readonly kind: 'fill-in'; readonly fields: readonly FilledField[] })
  | (RepairTarget & { readonly kind: 'drop-expired-facts'; readonly facts: readonly ExpiredFact[] })
  | { readonly kind: 'forget-conversations'; readonly count: number }
  /** The login is dead: refused too often. */
  | (RepairTarget & { readonly kind: 'flag'; readonly reason: string });

/** Asks the provider and spends a refresh token, unless a newer copy makes that unnecessary (P1–P4). */
export interface RefreshRepair extends RepairTarget {
  readonly kind: 'refresh';
  readonly why: RefreshCause;
}

export function isStored(repair: AccountRepair): repair is StoredRepair {
  return repair.kind !== 'refresh';
}

/** What is done, without the account's name: `merge 2 records of this account into one`. */
export function describeAccountRepair(repair: AccountRepair): string {
  switch (repair.kind) {
    case 'finish-move':
      return moveEnds[repair.to];
    case 'finish-refresh':
      return 'store the tokens that an interrupted refresh had received';
    case 'merge-duplicates':
      return `merge ${repair.others.length + 1} records of this account into one, with the newest tokens`;
    case 'give-back-tokens':
      return `give the tokens that it holds back to ${repair.owner}, whose they are${repair.needsSignIn ? '; it needs a sign-in then' : ''}`;
    case 'correct-account-id':
      return `put the account id ${repair.to} in place of the organization id ${repair.from}`;
    case 'fill-in':
      return `fill in what its tokens tell: ${repair.fields.map((field) => fieldNames[field]).join(', ')}`;
    case 'drop-expired-facts':
      return `forget what is over: ${repair.facts.map((fact) => factNames[fact]).join(', ')}`;
    case 'forget-conversations':
      return `forget the account of ${repair.count} conversation${repair.count === 1 ? '' : 's'} that rested too long`;
    case 'flag':
      return `set it aside: ${flagReasons[repair.reason] ?? repair.reason}`;
    case 'refresh':
      return `refresh it: ${refreshCauses[repair.why]}`;
  }
}

const moveEnds = {
  pool: 'finish its way back into the pool',
  flagged: 'finish setting it aside',
  scope: 'finish moving it to where it lives now',
};

const fieldNames: Record<FilledField, string> = {
  userId: 'user id',
  accountId: 'account id',
  email: 'email',
  planType: 'plan',
  expiresAt: 'end of its access token',
};

const factNames: Record<ExpiredFact, string> = {
  cooldown: 'a cooldown',
  'rate-limit': 'a rate limit',
  quota: 'quota windows that have reset',
  'legacy-cooldown': 'a cooldown of another tool',
  'legacy-rate-limit': 'rate limits of another tool',
};

const refreshCauses: Record<RefreshCause, string> = {
  expired: 'its access token has expired',
  'no-access-token': 'it has no access token',
  'no-id-token': 'it has no id token, which the official client needs',
  'half-known': 'its tokens do not say which account it is',
};

/** The reason that `fix` gives for setting an account aside by itself. */
export const refusedTooOften = 'refresh-refused';

const flagReasons: Readonly<Record<string, string>> = {
  [refusedTooOften]: 'its refresh token was refused too often in a row',
};
