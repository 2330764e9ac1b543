import { definedOnly } from '../defined-only.js';
import { refusalText } from '../health/access-refusal.js';
import type { CooldownReason } from '../health/state.js';
import { printable } from '../printable.js';
import { percentText, windowTitle } from '../quota/window.js';

/**
 * Everything that can be said about an account in a decision, as a closed union: `decide` only collects codes and
 * facts, sentences are made here. Times are milliseconds since the epoch.
 */
export type Reason =
  // hard blocks
  | { readonly code: 'disabled' }
  | { readonly code: 'flagged' }
  | { readonly code: 'sign-in-needed'; readonly cause?: string }
  | { readonly code: 'shut-out' }
  | { readonly code: 'refused'; readonly cause: string; readonly at: number }
  // waits
  | ({ readonly code: 'window-exhausted'; readonly resetsAt?: number } & Omit<WindowLeft, 'remainingPercent'>)
  | { readonly code: 'limit-reached'; readonly type?: string; readonly resetsAt?: number; readonly limitName?: string }
  | { readonly code: 'model-unavailable'; readonly model: string; readonly availableAt?: number }
  | ({ readonly code: 'reserve-reached'; readonly reservePercent: number; readonly resetsAt?: number } & WindowLeft)
  | { readonly code: 'cooling-down'; readonly until: number; readonly cause: CooldownReason }
  | { readonly code: 'rate-limited'; readonly until: number }
  // for and against
  | { readonly code: 'on-credits'; readonly balance?: string }
  | { readonly code: 'session-account' }
  | { readonly code: 'preferred' }
  | { readonly code: 'kept-for-last' }
  | { readonly code: 'unlimited' }
  | { readonly code: 'poor-health'; readonly state: 'degraded' | 'unhealthy'; readonly score: number }
  | ({ readonly code: 'quota-lapsing'; readonly resetsAt: number; readonly percentPerHour: number } & WindowLeft)
  | ({ readonly code: 'window-idle' } & Omit<WindowLeft, 'remainingPercent'>)
  | ({ readonly code: 'little-headroom' } & WindowLeft)
  | ({ readonly code: 'mostly-used' } & WindowLeft)
  | { readonly code: 'quota-unknown'; readonly isPartly?: true }
  | { readonly code: 'quota-old'; readonly observedAt: number }
  | { readonly code: 'access-token-expired'; readonly at: number }
  | { readonly code: 'refresh-refused' }
  | { readonly code: 'long-unused'; readonly lastUsedAt: number };

export type ReasonCode = Reason['code'];

/** What is left of one window. */
export interface WindowLeft {
  readonly windowId: string;
  readonly limitName?: string;
  /** 0..100. */
  readonly remainingPercent: number;
}

/** Why the recommended account stands before the next best one: the first rule on which they differ. */
export type RecommendationReason =
  | { readonly code: 'only-ready' }
  /** Without `isQuotaLeft` no account has quota; with it something else keeps one from being used. */
  | { readonly code: 'only-credits'; readonly balance?: string; readonly isQuotaLeft?: true }
  | { readonly code: 'keeps-session' }
  | { readonly code: 'others-last' }
  | { readonly code: 'better-health' }
  | { readonly code: 'unlimited' }
  /** `mine` and `others` are absent where they are not known. */
  | { readonly code: 'more-headroom'; readonly mine?: WindowLeft; readonly others?: WindowLeft }
  | { readonly code: 'preferred' }
  | ({ readonly code: 'most-to-lose'; readonly resetsAt?: number } & WindowLeft)
  | { readonly code: 'window-idle'; readonly windowId: string; readonly limitName?: string }
  | ({ readonly code: 'window-left'; readonly resetsAt?: number } & WindowLeft)
  /** The account is in use, and no other is better by enough. */
  | { readonly code: 'already-active' }
  | { readonly code: 'just-switched' }
  | { readonly code: 'first-in-order' };

/** How a time is written in a sentence, local and with its distance. */
export type DescribeTime = (ms: number) => string;

/** One reason as a clause without a period, such as `5h window used up, resets 14:10, in 2h 5m`. */
export function describeReason(reason: Reason, time: DescribeTime): string {
  switch (reason.code) {
    case 'disabled':
      return 'disabled by you';
    case 'flagged':
      return 'flagged: its login needs attention';
    case 'sign-in-needed':
      return reason.cause === undefined ? 'needs a new sign-in' : `needs a new sign-in (${reason.cause})`;
    case 'shut-out':
      return 'not let in right now';
    case 'refused':
      return `${refusalText(reason.cause)}, as of ${time(reason.at)}`;
    case 'window-exhausted':
      return `${windowName(reason)} used up${until(', resets', reason.resetsAt, time)}`;
    case 'limit-reached':
      return `the provider refuses requests${requestsFor(reason.limitName)}${inBrackets(reason.type)}${until(', until', reason.resetsAt, time)}`;
    case 'model-unavailable':
      return `${printable(reason.model)} is not available${until(' before', reason.availableAt, time)}`;
    case 'reserve-reached':
      return `${leftOf(reason)}, and you keep ${percentText(reason.reservePercent)} for yourself${until(', resets', reason.resetsAt, time)}`;
    case 'cooling-down':
      return `cooling down after a ${cooldownCauses[reason.cause]} until ${time(reason.until)}`;
    case 'rate-limited':
      return `rate limited until ${time(reason.until)}`;
    case 'on-credits':
      return `would go on with credits${inBrackets(reason.balance)}`;
    case 'session-account':
      return 'the conversation already runs on it';
    case 'preferred':
      return 'preferred by you';
    case 'kept-for-last':
      return 'kept for last by you';
    case 'unlimited':
      return 'nothing limits it';
    case 'poor-health':
      return `${reason.state} (health ${reason.score})`;
    case 'quota-lapsing':
      return `${leftOf(reason)}, resets ${time(reason.resetsAt)} (${rateText(reason.percentPerHour)} an hour would use it all)`;
    case 'window-idle':
      return `its ${windowName(reason)} is full and starts with the first use`;
    case 'little-headroom':
      return `only ${leftOf(reason)}`;
    case 'mostly-used':
      return leftOf(reason);
    case 'quota-unknown':
      return reason.isPartly === true ? 'a part of its quota is unknown' : 'quota unknown';
    case 'quota-old':
      return `quota last seen ${time(reason.observedAt)}`;
    case 'access-token-expired':
      return `access token expired ${time(reason.at)}; quota cannot be read until it is refreshed`;
    case 'refresh-refused':
      return 'the last refresh was refused';
    case 'long-unused':
      return `last used ${time(reason.lastUsedAt)}`;
  }
}

/** Why an account is recommended, as a clause without a period. */
export function describeRecommendation(reason: RecommendationReason, time: DescribeTime): string {
  switch (reason.code) {
    case 'only-ready':
      return 'the only account that is ready';
    case 'only-credits':
      return `no account ${reason.isQuotaLeft === true ? 'is ready' : 'has quota left'}, and this one goes on with credits${inBrackets(reason.balance)}`;
    case 'keeps-session':
      return 'the conversation already runs on it and it is healthy';
    case 'others-last':
      return 'you keep the others that are ready for last';
    case 'better-health':
      return 'in better health than the next one';
    case 'unlimited':
      return 'nothing limits it';
    case 'more-headroom':
      return headroomText(reason);
    case 'preferred':
      return 'you prefer it';
    case 'most-to-lose':
      return `${leftOf(reason)}${until(', which resets', reason.resetsAt, time)}: harder to use up in time than the next one`;
    case 'window-idle':
      return `its ${windowName(reason)} is full and starts with the first use`;
    case 'window-left':
      return `${leftOf(reason)}${until(', resets', reason.resetsAt, time)}`;
    case 'already-active':
      return 'in use already, and no other is better by enough to move';
    case 'just-switched':
      return 'in use since a moment ago';
    case 'first-in-order':
      return 'the first of those that come out the same';
  }
}

function headroomText({ mine, others }: Extract<RecommendationReason, { code: 'more-headroom' }>): string {
  const own = mine === undefined ? 'its quota is unknown' : leftOf(mine);
  if (others === undefined) return `${own}; how much the next one has left is unknown`;
  if (mine === undefined || mine.remainingPercent > others.remainingPercent)
    return `${own}; the next one has only ${leftOf(others)}`;
  return `${own}; the next one has ${leftOf(others)}, which ends a session sooner`;
}

const cooldownCauses = {
  'network-error': 'network error',
  'server-error': 'server error',
  'rate-limited': 'rate limit',
} as const;

const windowName = (window: { windowId: string; limitName?: string }): string =>
  printable(windowTitle(definedOnly({ id: window.windowId, limitName: window.limitName })));

function leftOf(window: WindowLeft): string {
  return `${percentText(window.remainingPercent)} left of its ${windowName(window)}`;
}

/** A rate in per cent. For a week it is often below 1 %; it is never shown as 0 while anything is left. */
export function rateText(percentPerHour: number): string {
  if (percentPerHour > 0 && percentPerHour < 0.01) return '<0.01%';
  return percentPerHour >= 1 ? percentText(percentPerHour) : `${Math.floor(percentPerHour * 100) / 100}%`;
}

function requestsFor(limitName: string | undefined): string {
  return limitName === undefined ? '' : ` for ${printable(limitName)}`;
}

function inBrackets(text: string | undefined): string {
  return text === undefined ? '' : ` (${printable(text)})`;
}

function until(preposition: string, ms: number | undefined, time: DescribeTime): string {
  return ms === undefined ? '' : `${preposition} ${time(ms)}`;
}
