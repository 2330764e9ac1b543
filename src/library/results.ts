import type { Account } from '../core/accounts/account.js';
import { definedOnly } from '../core/defined-only.js';
import type { Failure } from '../core/provider-reason.js';
import { type Roster, withNewestPlan } from '../core/roster/roster.js';
import type { Secret } from '../core/secret.js';

/** One account as a program may see it; never a token. */
export interface AccountSummary {
  readonly id: string;
  /** 1-based. */
  readonly index: number;
  readonly email?: string;
  readonly label?: string;
  readonly workspace?: string;
  readonly plan?: string;
  readonly enabled: boolean;
  /** Whether the official client has this login now. */
  readonly active: boolean;
  /**
   * Only the official client has this login so far; asking for its token or recording something stores it first, under
   * the same id.
   */
  readonly stored?: false;
}

export interface AccessToken {
  readonly id: string;
  /** Reveal it only where it is sent. */
  readonly token: Secret;
  /** For the `chatgpt-account-id` header. */
  readonly accountId?: string;
  /** Milliseconds since the epoch; absent when the provider does not say. */
  readonly expiresAt?: number;
}

/** What is left of one account's quota; what is unknown is absent. */
export interface AccountQuota {
  /** `live`: asked for by this call; `cache`: known before. */
  readonly source: 'live' | 'cache';
  /** ISO 8601, as every time in here. */
  readonly observedAt: string;
  /** The smallest share left of all that binds; 100 where nothing does. */
  readonly usableNowPercent?: number;
  /** How far the numbers can be relied on: read within the hour, with something missing, older, or not at all. */
  readonly certainty: 'known' | 'partly' | 'old' | 'unknown';
  /** Nothing limits the account. */
  readonly unlimited?: true;
  /** What it would go on with when its windows are used up. */
  readonly credits?: { readonly balance?: string };
  readonly windows: readonly QuotaWindow[];
}

export interface QuotaWindow {
  /** `5h`, `7d`, … by its length; `unknown` without one; `budget` for a spending limit of one's own. */
  readonly id: string;
  readonly durationSeconds?: number;
  readonly usedPercent: number;
  readonly remainingPercent: number;
  readonly resetsAt?: string;
  /** The limit of one model that it belongs to; absent for the ordinary one. */
  readonly limitName?: string;
}

export interface AccountUsage {
  readonly id: string;
  /** Absent while nothing is known. */
  readonly quota?: AccountQuota;
  /** Why it could not be read now; `quota` is then what was known before. */
  readonly failure?: Failure;
}

export interface AccountCheck {
  readonly id: string;
  /** The provider lets it in. */
  readonly isFine: boolean;
  readonly failure?: Failure;
}

export interface BestAccount {
  /** Absent where no account is ready, or nothing is known about any. */
  readonly id?: string;
  /** Why this account, with the code that `decide()` gives. */
  readonly reason?: { readonly code: string };
  /** The account that can be used first again, where none is ready; milliseconds since the epoch. */
  readonly nextAvailable?: { readonly id: string; readonly availableAt: number };
  /** With `switch`: whether the official client's login changed. */
  readonly switched?: boolean;
}

export interface Switched {
  readonly id: string;
  readonly previousId?: string;
  readonly changed: boolean;
  /** Where a copy went of a login that was replaced and that no account could take in. */
  readonly keptFile?: string;
}

export interface SignedIn {
  readonly id: string;
  /** Whether the account is new, was known, or was set aside and is back. */
  readonly outcome: 'added' | 'updated' | 'restored';
}

export interface RepairedAccount {
  /** Absent for what concerns no single account. */
  readonly id?: string;
  /** One clause. */
  readonly what: string;
  readonly outcome: 'planned' | 'done' | 'not-needed' | 'failed';
  readonly failure?: Failure;
}

export interface VerifiedLogin {
  readonly id: string;
  readonly outcome: string;
  /** A code; absent when all is well. */
  readonly reason?: string;
}

export interface RenewedLogin {
  /** The id of an account. */
  readonly id?: string;
  /** The path of a token file. */
  readonly path?: string;
  readonly outcome: 'renewed' | 'skipped' | 'failed';
  readonly reason?: string;
  readonly failure?: Failure;
}

export interface ModelTrial {
  readonly id: string;
  readonly model: string;
  /** `available`, `unsupported`, or a code that says nothing about the model. */
  readonly verdict: string;
  /** Milliseconds until the first word of the model, or until it was clear that there is none. */
  readonly latencyMs: number;
}

export interface DiagnosisRow {
  readonly id: string;
  readonly title: string;
  readonly status: 'ok' | 'warn' | 'error' | 'skipped';
  readonly message: string;
  /** Whether `fix` can repair it. */
  readonly fixable: boolean;
  /** What the person can do, where `fix` cannot. */
  readonly commands: readonly string[];
}

export function summariesOf(roster: Roster): AccountSummary[] {
  return roster.accounts
    .map((account) => withNewestPlan(account, roster))
    .map((account, position) => summaryOf(account, position + 1, roster));
}

function summaryOf(account: Account, index: number, { active }: Roster): AccountSummary {
  const { id, email, label, workspaceName: workspace, planType: plan, enabled } = account;
  const stored = account.isUnstored === true ? (false as const) : undefined;
  return definedOnly({
    ...{ id, index, email, label, workspace, plan, enabled },
    active: id === active?.account.id,
    stored,
  });
}
