import { definedOnly } from '../defined-only.js';
import type { AdditionalLimit, QuotaSnapshot, RateLimit } from './usage.js';
import { budgetWindow } from './usage-windows.js';
import { isExhausted, undatedMs } from './window.js';

/** The server says that requests are refused although no window explains it (workspace credits, spend control, …). */
export interface Refusal {
  /** `spend_control`, or the server's own word (`workspace_member_credits_depleted`, …), when it gave one. */
  readonly type?: string;
  /** Milliseconds since the epoch, when the server named an end. */
  readonly resetsAt?: number;
}

/** Of the ordinary limit, else of the first of the others that refuses. */
export function refusalOf(
  snapshot: QuotaSnapshot,
  models: readonly AdditionalLimit[],
  now: number,
): Refusal | undefined {
  for (const limit of [snapshot, ...models]) {
    const refusal = limitRefusal(limit, snapshot, now);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** A refusal that a full window explains ends with that window; any other with the spend control, else with its age. */
function limitRefusal(limit: RateLimit, snapshot: QuotaSnapshot, now: number): Refusal | undefined {
  const isOrdinary = limit === snapshot;
  const type = isOrdinary ? reachedBeyondWindows(snapshot) : undefined;
  const isRefused = limit.allowed === false || limit.limitReached === true || type !== undefined;
  if (!isRefused || limit.windows.some(isExhausted) || (isOrdinary && isExplained(snapshot, type))) return undefined;
  const resetsAt = isOrdinary ? spendControlReset(snapshot) : undefined;
  const isOver = resetsAt === undefined ? now - snapshot.observedAt >= undatedMs : now >= resetsAt;
  return isOver ? undefined : definedOnly({ type: type ?? (isOrdinary ? snapshot.reachedType : undefined), resetsAt });
}

/** By an empty budget, which says when it is full again; or by a used up window that unlimited credits make up for. */
function isExplained({ spendControl, credits }: QuotaSnapshot, type: string | undefined): boolean {
  const budget = spendControl && budgetWindow(spendControl);
  if (budget !== undefined && isExhausted(budget) && budget.resetsAt !== undefined) return true;
  return credits?.unlimited === true && (type === undefined || type === 'rate_limit_reached');
}

function spendControlReset({ spendControl }: QuotaSnapshot): number | undefined {
  return spendControl?.reached === true ? spendControl.individualLimit?.resetsAt : undefined;
}

const creditsDepleted = ['workspace_owner_credits_depleted', 'workspace_member_credits_depleted'];

const reachedTypes = new Set([
  'rate_limit_reached',
  ...creditsDepleted,
  'workspace_owner_usage_limit_reached',
  'workspace_member_usage_limit_reached',
]);

/** `allowed: true` is the server's last word; a type that the official client does not know says nothing. */
function reachedBeyondWindows(snapshot: QuotaSnapshot): string | undefined {
  if (snapshot.allowed === true) return undefined;
  if (snapshot.reachedType !== undefined && reachedTypes.has(snapshot.reachedType)) return snapshot.reachedType;
  return snapshot.spendControl?.reached === true ? 'spend_control' : undefined;
}

/** The credits that an account would go on with; undefined when there are none, or the workspace has stopped them. */
export function usableCredits(snapshot: QuotaSnapshot): { readonly balance?: string } | undefined {
  const { credits, spendControl, reachedType } = snapshot;
  if (credits?.hasCredits !== true || credits.unlimited === true || spendControl?.reached === true) return undefined;
  if (reachedType !== undefined && creditsDepleted.includes(reachedType)) return undefined;
  const { balance } = credits;
  const amount = balance === undefined ? undefined : Number(balance.replace(/[^\d.-]/g, ''));
  return amount !== undefined && amount <= 0 ? undefined : definedOnly({ balance });
}
