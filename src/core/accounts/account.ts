import { randomBytes } from 'node:crypto';
import { printable } from '../printable.js';
import type { Secret } from '../secret.js';
import type { Identity } from './identity.js';

/** One lineage of tokens as the provider last gave it. */
export interface TokenSet {
  readonly refreshToken?: Secret;
  readonly accessToken?: Secret;
  readonly idToken?: Secret;
  /** When the access token ends, milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** When these tokens were received, milliseconds since the epoch, by the clock of the program that received them. */
  readonly lastRefresh?: number;
  /** Counts our own rotations; orders our own copies only (P2). */
  readonly generation: number;
}

/** What shows of a {@link TokenSet}: which tokens there are, and how long they work. */
export interface TokenFacts extends Pick<TokenSet, 'expiresAt' | 'lastRefresh'> {
  readonly refreshToken?: object;
  readonly accessToken?: object;
}

/**
 * Whether the login lives on with nothing but its access token. Nobody can refresh it here: it works until that token
 * ends, and is renewed by a sign-in or an import.
 */
export function isAccessOnly({ refreshToken, accessToken }: TokenFacts): boolean {
  return refreshToken === undefined && accessToken !== undefined;
}

/** Who issued the tokens; they are sent to nobody else (P20). */
export interface Provenance {
  readonly issuer: string;
  readonly clientId: string;
}

/**
 * What an `auth.json` held besides the tokens: it belongs to the account it was seen with (P7). `tokens` are the extra
 * keys inside its `tokens` object.
 */
export interface AuthFileExtras {
  readonly top: Readonly<Record<string, unknown>>;
  readonly tokens: Readonly<Record<string, unknown>>;
}

/** The person's own order of the accounts: this one before the others, or only when no other is ready. */
export type Priority = 'first' | 'last';

/** One ChatGPT login in one workspace. Records are values: a change makes a new one. */
export interface Account extends Identity {
  /** Immutable; positions are for display only (P13). */
  readonly id: string;
  /** Where `accountId` came from, as other tools of this family record it. */
  readonly accountIdSource?: string;
  readonly label?: string;
  readonly planType?: string;
  readonly workspaceName?: string;
  /** What tells it apart from another account of its pool that would be called the same; never stored. */
  readonly distinction?: string;
  /**
   * The official client is signed in with it, and no pool has it yet; never stored. It is shown like every other
   * account, and whatever writes takes it in first.
   */
  readonly isUnstored?: true;
  /** The person's own choice, never a health verdict (P12). */
  readonly enabled: boolean;
  readonly priority?: Priority;
  /** The share of its quota that is left alone, 1..99; the person's own choice too. */
  readonly reservePercent?: number;
  readonly tokens: TokenSet;
  readonly addedAt?: number;
  readonly lastUsedAt?: number;
  readonly provenance?: Provenance;
  readonly authFile?: AuthFileExtras;
  /** When the record last moved between files; decides when a crash left it in two. */
  readonly movedAt?: number;
  /** The scope it came from, when it has been moved between two; see `pools/moves.ts`. */
  readonly movedFrom?: string;
  /** The record as it stood on disk, so that keys we do not know survive a rewrite. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** What a list shows of an account, with nothing in it that could be spent. */
export interface IndexedAccount extends Omit<Account, 'tokens' | 'raw' | 'authFile' | 'provenance'> {
  readonly tokens: TokenFacts;
  /** Whether its tokens seem to be another account's. */
  readonly isMixedUp: boolean;
}

/** An account for code that only shows it or decides about it. */
export type ShownAccount = Account | IndexedAccount;

export interface Flag {
  readonly at: number;
  readonly reason: string;
  readonly lastError?: string;
  readonly lastVerifiedAt?: number;
  readonly verificationCount: number;
}

/** An account set aside because its login needs attention. */
export interface FlaggedAccount extends Account {
  readonly flag: Flag;
}

export function isSetAside(account: Account): account is FlaggedAccount {
  return 'flag' in account;
}

export function newAccountId(): string {
  return `acc_${randomBytes(6).toString('hex')}`;
}

type Called = Pick<Account, 'id' | 'email' | 'label' | 'workspaceName' | 'distinction'>;

/**
 * How the account is called in messages: its label or email, with the workspace when there is one; fit for a terminal.
 */
export function describeAccount({ id, email, label, workspaceName, distinction }: Called): string {
  const details = [workspaceName, distinction].filter((detail) => detail !== undefined);
  const name = label ?? email ?? id;
  return printable(details.length === 0 ? name : `${name} (${details.join(', ')})`);
}
