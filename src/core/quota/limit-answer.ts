import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { looseAmount, looseNumber, looseText } from './loose-values.js';
import type { Credits } from './usage.js';
import { resetInstant } from './usage-windows.js';
import { orderedWindows, type QuotaWindow, quotaWindow } from './window.js';

/** What a 429 on a model request says about the limit it met (official-client.md#backend). */
export interface LimitError {
  /** `usage_limit_reached`, `usage_not_included`, or another type verbatim. */
  readonly type: string;
  readonly planType?: string;
  /** Milliseconds since the epoch. */
  readonly resetsAt?: number;
}

const ErrorBody = z.object({
  error: z.object({
    type: z.string(),
    plan_type: looseText,
    resets_at: looseNumber,
    resets_in_seconds: looseNumber,
  }),
});

/** Reads the body of a 429, as text or as JSON; undefined when it names no limit (an HTML page, another error). */
export function parseLimitError(body: unknown, observedAt: number): LimitError | undefined {
  const parsed = ErrorBody.safeParse(typeof body === 'string' ? parseJson(body) : body);
  if (!parsed.success) return undefined;
  const { type, plan_type, resets_at, resets_in_seconds } = parsed.data.error;
  return definedOnly({
    type,
    planType: plan_type,
    resetsAt: resetInstant(resets_at, resets_in_seconds, { observedAt }),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of a proxy or a truncated body: it names no limit, and the caller still has the status.
    return undefined;
  }
}

/** One family of limit headers on a model answer: `codex` is the ordinary limit, others belong to a model. */
export interface LimitFamily {
  /** As in `metered_feature`: `codex`, `codex_bengalfox`, … */
  readonly meteredFeature: string;
  readonly limitName?: string;
  readonly windows: readonly QuotaWindow[];
}

export interface LimitHeaders {
  /** The family that bound this request (`x-codex-active-limit`). */
  readonly activeLimit: string;
  readonly families: readonly LimitFamily[];
  readonly credits?: Credits;
  readonly reachedType?: string;
  readonly promoMessage?: string;
}

type Headers = Readonly<Record<string, string | undefined>>;

const familyHeader = /^x-(codex(?:-[a-z0-9-]+?)?)-(?:primary|secondary)-used-percent$/;

/** Reads the `x-codex-…` headers of a model answer (names in lower case); undefined when there are none. */
export function parseLimitHeaders(headers: Headers, observedAt: number): LimitHeaders | undefined {
  const names = new Set(Object.keys(headers).flatMap((name) => familyHeader.exec(name)?.[1] ?? []));
  const families = [...names].sort().map((name) => toFamily(name, headers, observedAt));
  const credits = toCredits(headers);
  const reachedType = looseText.parse(headers['x-codex-rate-limit-reached-type']);
  if (families.length === 0 && credits === undefined && reachedType === undefined) return undefined;
  return definedOnly({
    activeLimit: asFeature(looseText.parse(headers['x-codex-active-limit']) ?? 'codex'),
    families,
    credits,
    reachedType,
    promoMessage: looseText.parse(headers['x-codex-promo-message']),
  });
}

function toFamily(name: string, headers: Headers, observedAt: number): LimitFamily {
  const windows = ['primary', 'secondary']
    .map((slot) => toWindow(`x-${name}-${slot}`, headers, observedAt))
    .filter((window) => window !== undefined);
  return definedOnly({
    meteredFeature: asFeature(name),
    limitName: looseText.parse(headers[`x-${name}-limit-name`]),
    windows: orderedWindows(windows),
  });
}

function toWindow(prefix: string, headers: Headers, observedAt: number): QuotaWindow | undefined {
  const minutes = looseNumber.parse(headers[`${prefix}-window-minutes`]);
  const resetAt = looseNumber.parse(headers[`${prefix}-reset-at`]);
  const resetAfterSeconds = looseNumber.parse(headers[`${prefix}-reset-after-seconds`]);
  return quotaWindow({
    durationSeconds: minutes === undefined ? undefined : minutes * 60,
    usedPercent: looseNumber.parse(headers[`${prefix}-used-percent`]),
    resetsAt: resetInstant(resetAt, resetAfterSeconds, { observedAt }),
  });
}

function toCredits(headers: Headers): Credits | undefined {
  const credits: Credits = definedOnly({
    hasCredits: headerFlag(headers['x-codex-credits-has-credits']),
    unlimited: headerFlag(headers['x-codex-credits-unlimited']),
    balance: looseAmount.parse(headers['x-codex-credits-balance']),
  });
  return Object.keys(credits).length === 0 ? undefined : credits;
}

function headerFlag(value: string | undefined): boolean | undefined {
  const text = value?.trim().toLowerCase();
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : undefined;
}

function asFeature(name: string): string {
  return name.trim().toLowerCase().replaceAll('-', '_');
}
