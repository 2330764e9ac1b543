/** What can happen to accounts that somebody may want to be told; `events/event.ts` has the shape of each. */
export const eventNames = [
  'quota-low',
  'exhausted',
  'available-again',
  'sign-in-needed',
  'set-aside',
  'restored',
  'login-moved',
  'credit-expiring',
] as const;
export type EventName = (typeof eventNames)[number];

export function isEventName(name: string): name is EventName {
  return (eventNames as readonly string[]).includes(name);
}
