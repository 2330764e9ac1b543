import type { Identity } from '../accounts/identity.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import {
  isAbsentOr,
  isFlagOrAbsent,
  isListOf,
  isNumber,
  isNumberOrAbsent,
  isText,
  isTextOrAbsent,
} from '../json-values.js';
import { latestInstantMs } from './loose-values.js';
import { isQuotaWindow, isWithin, type QuotaWindow } from './window.js';

// The usage of an account in our terms and in the form it is stored in. Unknown is absent; times are milliseconds since
// the epoch; amounts stay the strings the server sent.

/** One limit with its windows. */
export interface RateLimit {
  readonly windows: QuotaWindow[];
  /** The server named a window that could not be understood: the rest is not the whole truth. */
  readonly incomplete?: true;
  readonly allowed?: boolean;
  readonly limitReached?: boolean;
}

/** A separate limit for one model or feature, besides the account's ordinary one. */
export interface AdditionalLimit extends RateLimit {
  readonly limitName: string;
  readonly meteredFeature: string;
  readonly modelSlug?: string;
}

export interface Credits {
  readonly hasCredits?: boolean;
  readonly unlimited?: boolean;
  readonly balance?: string;
  /** The server's own estimate, from and to. */
  readonly approxLocalMessages?: [number, number];
  readonly approxCloudMessages?: [number, number];
}

export interface SpendControl {
  readonly reached?: boolean;
  readonly individualLimit?: {
    readonly source?: string;
    readonly limit?: string;
    readonly used?: string;
    readonly remaining?: string;
    readonly usedPercent?: number;
    readonly remainingPercent?: number;
    readonly resetsAt?: number;
  };
}

export interface ResetCredit {
  readonly id: string;
  readonly resetType?: string;
  readonly status?: string;
  readonly grantedAt?: number;
  readonly expiresAt?: number;
  readonly title?: string;
  readonly description?: string;
}

export interface ResetCredits {
  readonly availableCount?: number;
  /** How many of them would help with the windows that are used up now. */
  readonly applicableCount?: number;
  readonly credits?: ResetCredit[];
}

/** Whether one model can be used at the moment, besides all limits. */
export interface ModelUsage {
  readonly slug: string;
  readonly available?: boolean;
  readonly availableAt?: number;
  readonly creditsWouldEnable?: boolean;
}

/** What is kept of a usage answer in `account-state.json`: all but the identity. */
export interface QuotaSnapshot extends RateLimit {
  /** When the server answered, by our clock, milliseconds since the epoch. */
  readonly observedAt: number;
  /** The official client has handed its numbers over; absent where the provider was asked. */
  readonly origin?: 'official-client';
  /** Verbatim, plans we never heard of included. */
  readonly planType?: string;
  readonly additional: AdditionalLimit[];
  readonly credits?: Credits;
  readonly spendControl?: SpendControl;
  /** Verbatim: `rate_limit_reached`, `workspace_member_credits_depleted`, … (official-client.md#backend). */
  readonly reachedType?: string;
  readonly resetCredits?: ResetCredits;
  readonly modelUsage?: ModelUsage[];
}

/** Plain predicates: a listing reads one of these for each of a thousand accounts. */
export function isQuotaSnapshot(value: unknown): value is QuotaSnapshot {
  if (!isJsonObject(value)) return false;
  const { observedAt, origin, planType, additional, credits, spendControl, reachedType, resetCredits, modelUsage } =
    value;
  return (
    isWithin(observedAt, 0, latestInstantMs) &&
    (origin === undefined || origin === 'official-client') &&
    isTextOrAbsent(planType) &&
    isTextOrAbsent(reachedType) &&
    isRateLimit(value) &&
    Array.isArray(additional) &&
    additional.every((each) => isJsonObject(each) && isAdditionalLimit(each)) &&
    isAbsentOr(credits, isCredits) &&
    isAbsentOr(spendControl, isSpendControl) &&
    isAbsentOr(resetCredits, isResetCredits) &&
    (modelUsage === undefined || isListOf(modelUsage, isModelUsage))
  );
}

function isCredits({ hasCredits, unlimited, balance, approxLocalMessages, approxCloudMessages }: JsonObject): boolean {
  return (
    [hasCredits, unlimited].every(isFlagOrAbsent) &&
    isTextOrAbsent(balance) &&
    [approxLocalMessages, approxCloudMessages].every((range) => range === undefined || isMessageRange(range))
  );
}

function isMessageRange(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isNumber);
}

function isSpendControl({ reached, individualLimit }: JsonObject): boolean {
  return isFlagOrAbsent(reached) && isAbsentOr(individualLimit, isIndividualLimit);
}

function isIndividualLimit(value: JsonObject): boolean {
  const { source, limit, used, remaining, usedPercent, remainingPercent, resetsAt } = value;
  return (
    [source, limit, used, remaining].every(isTextOrAbsent) &&
    [usedPercent, remainingPercent].every(isNumberOrAbsent) &&
    isInstantOrAbsent(resetsAt)
  );
}

function isResetCredits({ availableCount, applicableCount, credits }: JsonObject): boolean {
  return (
    [availableCount, applicableCount].every(isNumberOrAbsent) &&
    (credits === undefined || isListOf(credits, isResetCredit))
  );
}

function isResetCredit({ id, resetType, status, grantedAt, expiresAt, title, description }: JsonObject): boolean {
  return (
    isText(id) &&
    [resetType, status, title, description].every(isTextOrAbsent) &&
    [grantedAt, expiresAt].every(isInstantOrAbsent)
  );
}

function isModelUsage({ slug, available, availableAt, creditsWouldEnable }: JsonObject): boolean {
  return isText(slug) && [available, creditsWouldEnable].every(isFlagOrAbsent) && isInstantOrAbsent(availableAt);
}

function isInstantOrAbsent(value: unknown): boolean {
  return value === undefined || isWithin(value, 0, latestInstantMs);
}

function isRateLimit({ windows, incomplete, allowed, limitReached }: JsonObject): boolean {
  return (
    Array.isArray(windows) &&
    windows.every(isQuotaWindow) &&
    (incomplete === undefined || incomplete === true) &&
    isFlagOrAbsent(allowed) &&
    isFlagOrAbsent(limitReached)
  );
}

function isAdditionalLimit(value: JsonObject): boolean {
  const { limitName, meteredFeature, modelSlug } = value;
  return (
    typeof limitName === 'string' &&
    typeof meteredFeature === 'string' &&
    isTextOrAbsent(modelSlug) &&
    isRateLimit(value)
  );
}

/** One answer of the usage endpoint, with the identity it speaks about. */
export type Usage = QuotaSnapshot & Identity;
