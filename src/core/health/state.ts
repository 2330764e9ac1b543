import { definedOnly } from '../defined-only.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { isAbsentOr, isNumber, isNumberOrAbsent, isTextOrAbsent } from '../json-values.js';
import { reasonIn } from '../provider-reason.js';
import type { HealthEvent, HealthSettings, Mishap } from './events.js';
import { fullScore, type HealthBand, healthBand, restedScore, scoreAfter } from './score.js';

/**
 * The health of one account as `account-state.json` keeps it: facts with their times (ms), never the person's intent.
 */
export interface HealthState {
  /** 0..100 as it was at `at`; read it through {@link readHealth}. */
  readonly score: number;
  /** When the last event happened. */
  readonly at: number;
  readonly lastReason?: string;
  readonly lastErrorAt?: number;
  /** What the provider gave as its reason then. */
  readonly providerCode?: string;
  readonly providerMessage?: string;
  readonly cooldown?: Cooldown;
  readonly rateLimitedUntil?: number;
  /** Soft refusals of the refresh token in a row; only a refresh that works ends the row. */
  readonly consecutiveRefreshFailures: number;
}

/** Whether a stored value is one. */
export function isHealthState(value: unknown): value is HealthState {
  if (!isJsonObject(value)) return false;
  const { score, at, lastReason, lastErrorAt, providerCode, providerMessage } = value;
  const { cooldown, rateLimitedUntil, consecutiveRefreshFailures: failures } = value;
  return (
    isNumber(score) &&
    score >= 0 &&
    score <= 100 &&
    isNumber(at) &&
    [lastReason, providerCode, providerMessage].every(isTextOrAbsent) &&
    [lastErrorAt, rateLimitedUntil].every(isNumberOrAbsent) &&
    isAbsentOr(cooldown, isCooldown) &&
    isNumber(failures) &&
    failures >= 0
  );
}

/** What the stored facts mean at one moment; expired ones are not in it. */
export interface HealthView {
  /** Whole number 0..100, the rest since the last event included. */
  readonly score: number;
  readonly state: HealthBand;
  readonly cooldown?: Cooldown;
  readonly rateLimitedUntil?: number;
  /** The refresh token was refused at least once since it last worked, but is not known to be dead. */
  readonly softRefreshFailure: boolean;
}

/** The state after an event. Pure; `undefined` is an account nothing ever happened to. */
export function applyEvent(
  state: HealthState | undefined,
  event: HealthEvent,
  now: number,
  settings: HealthSettings,
): HealthState {
  const before = state ?? { score: fullScore, at: now, consecutiveRefreshFailures: 0 };
  const score = scoreAfter(event, restedScore(before.score, before.at, now));
  const facts = isMishap(event) ? factsAfterMishap(before, event, now, settings) : factsAfterSuccess(before);
  return { ...facts, score, at: now, consecutiveRefreshFailures: failuresAfter(before, event) };
}

function isMishap(event: HealthEvent): event is Mishap {
  return event.kind !== 'success' && event.kind !== 'refreshed';
}

/** A success ends every pause; the last error stays on record with its time. */
function factsAfterSuccess(before: HealthState) {
  const { lastReason, lastErrorAt } = before;
  return { ...definedOnly({ lastReason, lastErrorAt }), ...reasonIn(before) };
}

function factsAfterMishap(before: HealthState, event: Mishap, now: number, settings: HealthSettings) {
  const cooldown = cooldownFor(event, now, settings);
  const limitedUntil = cooldown?.reason === 'rate-limited' ? cooldown.until : undefined;
  return definedOnly({
    lastReason: event.kind,
    lastErrorAt: now,
    ...reasonIn(event),
    cooldown: laterCooldown(before.cooldown, cooldown),
    rateLimitedUntil: later(before.rateLimitedUntil, limitedUntil),
  });
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

/**
 * A dead token is flagged at once and needs no counting; counting it would also blame accounts for a client problem.
 */
function failuresAfter(before: HealthState, event: HealthEvent): number {
  if (event.kind === 'refreshed') return 0;
  const isSoft = event.kind === 'refresh-failed' && event.severity === 'soft';
  return before.consecutiveRefreshFailures + (isSoft ? 1 : 0);
}

const untouched: HealthView = { score: fullScore, state: 'healthy', softRefreshFailure: false };

/** What the state means at `now`. An account without a state is healthy: the score starts at 100. */
export function readHealth(state: HealthState | undefined, now: number): HealthView {
  if (state === undefined) return untouched;
  const score = Math.floor(restedScore(state.score, state.at, now));
  const { rateLimitedUntil } = state;
  return definedOnly({
    score,
    state: healthBand(score),
    cooldown: currentCooldown(state.cooldown, now),
    rateLimitedUntil: rateLimitedUntil !== undefined && rateLimitedUntil > now ? rateLimitedUntil : undefined,
    softRefreshFailure: state.consecutiveRefreshFailures > 0,
  });
}

/** Enough soft refusals in a row to flag the account (`flagAfterConsecutiveFailures`). */
export function shouldFlag(state: HealthState, settings: { flagAfterConsecutiveFailures: number }): boolean {
  return state.consecutiveRefreshFailures >= settings.flagAfterConsecutiveFailures;
}

const cooldownReasons = ['network-error', 'server-error', 'rate-limited'] as const;
export type CooldownReason = (typeof cooldownReasons)[number];

/** A pause that an error imposes; over at `until` (ms since the epoch). */
interface Cooldown {
  readonly until: number;
  readonly reason: CooldownReason;
}

/** Whether a stored value is one. */
function isCooldown({ until, reason }: JsonObject): boolean {
  return isNumber(until) && cooldownReasons.some((each) => each === reason);
}

/** The pause after a 429 that names no reset. */
const rateLimitFallbackMs = 60_000;

/** The pause an event asks for, if any. A reset that has already passed counts as not named. */
function cooldownFor(event: HealthEvent, now: number, settings: HealthSettings): Cooldown | undefined {
  switch (event.kind) {
    case 'network-error':
    case 'server-error':
      return { until: now + settings.networkErrorCooldownMs, reason: event.kind };
    case 'rate-limited': {
      const isNamed = event.resetsAt !== undefined && event.resetsAt > now;
      return { until: isNamed ? event.resetsAt : now + rateLimitFallbackMs, reason: 'rate-limited' };
    }
    default:
      return undefined;
  }
}

/** A short pause never cuts a longer one. */
function laterCooldown(a: Cooldown | undefined, b: Cooldown | undefined): Cooldown | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.until >= a.until ? b : a;
}

/** An expired pause is ignored when read. */
export function currentCooldown(cooldown: Cooldown | undefined, now: number): Cooldown | undefined {
  return cooldown !== undefined && cooldown.until > now ? cooldown : undefined;
}
