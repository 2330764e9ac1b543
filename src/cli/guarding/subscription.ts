import type { EventName } from '../../core/event-names.js';
import { eventNames, isEventName } from '../../core/event-names.js';
import type { Settings } from '../../core/settings.js';

/** Who wants to be told, and of what. */
export interface Subscription {
  /** A program and its arguments. */
  readonly hook?: readonly string[];
  readonly deadlineMs: number;
  /** Through the notifier of the system. */
  readonly desktop: boolean;
  readonly names: ReadonlySet<EventName>;
}

/** Undefined where nobody wants to be told of anything. */
export function subscriptionOf(settings: Settings): Subscription | undefined {
  const { onEvent, notify, onlyEvents, onEventTimeoutMs: deadlineMs } = settings;
  if (onEvent.length === 0 && !notify) return undefined;
  const names = new Set(onlyEvents.length === 0 ? eventNames : onlyEvents.filter(isEventName));
  return { ...(onEvent.length === 0 ? {} : { hook: onEvent }), deadlineMs, desktop: notify, names };
}

const ofQuota: readonly EventName[] = ['quota-low', 'exhausted', 'available-again', 'credit-expiring'];

/** Whether the quota has to be read for it. */
export function needsQuota({ names }: Subscription): boolean {
  return ofQuota.some((name) => names.has(name));
}
