import type { CooldownReason } from '../health/cooldown.js';

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
  // waits
  | {
      readonly code: 'window-exhausted';
      readonly windowId: string;
      readonly limitName?: string;
      readonly resetsAt?: number;
    }
  | { readonly code: 'limit-reached'; readonly type?: string; readonly resetsAt?: number }
  | { readonly code: 'cooling-down'; readonly until: number; readonly cause: CooldownReason }
  | { readonly code: 'rate-limited'; readonly until: number }
  // for and against
  | { readonly code: 'session-account' }
  | { readonly code: 'poor-health'; readonly state: 'degraded' | 'unhealthy'; readonly score: number }
  | {
      readonly code: 'quota-lapsing';
      readonly windowId: string;
      readonly limitName?: string;
      readonly remainingPercent: number;
      readonly resetsAt: number;
      readonly percentPerHour: number;
    }
  | { readonly code: 'little-headroom'; readonly windowId: string; readonly remainingPercent: number }
  | { readonly code: 'mostly-used'; readonly usedPercent: number }
  | { readonly code: 'quota-unknown' }
  | { readonly code: 'quota-old'; readonly observedAt: number }
  | { readonly code: 'access-token-expired'; readonly at: number }
  | { readonly code: 'refresh-refused' }
  | { readonly code: 'long-unused'; readonly lastUsedAt: number };

export type ReasonCode = Reason['code'];

/** Why the recommended account stands before the next best one: the first rule on which they differ. */
export type RecommendationReason =
  | { readonly code: 'only-ready' }
  | { readonly code: 'keeps-session' }
  | { readonly code: 'better-health' }
  | { readonly code: 'more-headroom' }
  | {
      readonly code: 'lapses-soonest';
      readonly windowId: string;
      readonly remainingPercent: number;
      readonly resetsAt: number;
    }
  | { readonly code: 'already-active' }
  | { readonly code: 'first-in-order' };

/** How a time is written in a sentence, local and with its distance (DESIGN §10). */
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
    case 'window-exhausted':
      return `${windowName(reason)} used up${until(', resets', reason.resetsAt, time)}`;
    case 'limit-reached':
      return `the provider refuses requests${inBrackets(reason.type)}${until(', until', reason.resetsAt, time)}`;
    case 'cooling-down':
      return `cooling down after a ${cooldownCauses[reason.cause]} until ${time(reason.until)}`;
    case 'rate-limited':
      return `rate limited until ${time(reason.until)}`;
    case 'session-account':
      return 'the conversation already runs on it';
    case 'poor-health':
      return `${reason.state} (health ${reason.score})`;
    case 'quota-lapsing':
      return `${percent(reason.remainingPercent)} left of the ${windowName(reason)} lapses ${time(reason.resetsAt)} (${percent(reason.percentPerHour)} an hour)`;
    case 'little-headroom':
      return `only ${percent(reason.remainingPercent)} left of the ${reason.windowId} window`;
    case 'mostly-used':
      return `${percent(reason.usedPercent)} used`;
    case 'quota-unknown':
      return 'quota unknown';
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
    case 'keeps-session':
      return 'the conversation already runs on it and it is healthy';
    case 'better-health':
      return 'in better health than the others';
    case 'more-headroom':
      return 'its short window has more headroom than the others';
    case 'lapses-soonest':
      return `${percent(reason.remainingPercent)} left of its ${reason.windowId} window would lapse soonest (${time(reason.resetsAt)})`;
    case 'already-active':
      return 'as good as any, and in use already';
    case 'first-in-order':
      return 'as good as any and first in order';
  }
}

const cooldownCauses = {
  'network-error': 'network error',
  'server-error': 'server error',
  'rate-limited': 'rate limit',
} as const;

function windowName({ windowId, limitName }: { windowId: string; limitName?: string }): string {
  return limitName === undefined ? `${windowId} window` : `${windowId} window of ${limitName}`;
}

function percent(value: number): string {
  return `${value >= 1 ? Math.floor(value) : Math.floor(value * 100) / 100} %`;
}

function inBrackets(text: string | undefined): string {
  return text === undefined ? '' : ` (${text})`;
}

function until(preposition: string, ms: number | undefined, time: DescribeTime): string {
  return ms === undefined ? '' : `${preposition} ${time(ms)}`;
}
