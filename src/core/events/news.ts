import { definedOnly } from '../defined-only.js';
import type { EventName } from '../event-names.js';
import { type AccountEvent, type EventOf, makeEvent } from './event.js';
import type { EventMemory, Remembered } from './memory.js';

export interface NewsRules {
  /** A window with this share or less is low. */
  readonly lowPercent: number;
}

/** A low window counts as low until it has this much more, so that one near the limit is not told again and again. */
const marginPercent = 5;

/** How long before its end an event tells of a reset credit. */
export const creditNoticeMs = 3 * 86_400_000;

export interface News {
  readonly events: readonly AccountEvent[];
  readonly memory: EventMemory;
}

/**
 * What has changed between what was told before and what is seen now. An account whose quota is not known now counts as
 * unchanged in that. Accounts to which the same has happened for the same reason share one event.
 */
export function newsIn(sight: Sight, memory: EventMemory, rules: NewsRules): News {
  const collected = new Collected(sight.at);
  const accounts = sight.accounts.map(
    (account) => [account.id, lookAt(account, memory.accounts[account.id], { sight, rules, collected })] as const,
  );
  const homes = lookAtHomes(sight, memory, collected);
  return {
    events: collected.events(),
    memory: { accounts: Object.fromEntries(accounts), homes, untold: memory.untold },
  };
}

/** Events by their name and by what they have in common. */
class Collected {
  readonly #at: number;
  readonly #groups = new Map<string, { name: EventName; accounts: unknown[] }>();

  constructor(at: number) {
    this.#at = at;
  }

  add<N extends EventName>(name: N, account: EventOf<N>['accounts'][number], cause = ''): void {
    const key = `${name}\n${cause}`;
    const group = this.#groups.get(key) ?? { name, accounts: [] };
    group.accounts.push(account);
    this.#groups.set(key, group);
  }

  events(): AccountEvent[] {
    return [...this.#groups.values()].map(({ name, accounts }) => {
      const facts = { at: this.#at, accounts } as { at: number; accounts: EventOf<typeof name>['accounts'] };
      return makeEvent(name, facts) as AccountEvent;
    });
  }
}

interface Look {
  readonly sight: Sight;
  readonly rules: NewsRules;
  readonly collected: Collected;
}

function lookAt(seen: AccountSight, before: Remembered | undefined, look: Look): Remembered {
  const { name, setAside } = seen;
  const { collected } = look;
  const who = whomOf(seen);
  if (setAside !== undefined) {
    if (before?.setAside !== true) collected.add('set-aside', { ...who, reason: setAside }, setAside);
    return { name, setAside: true };
  }
  if (before?.setAside === true) collected.add('restored', who);
  return definedOnly({
    name,
    signInNeeded: lookAtLogin(seen, before, look),
    exhausted: lookAtRest(seen, before, look),
    low: lookAtWindows(seen, before, look),
    creditEndsAt: lookAtCredits(seen, before, look),
  });
}

function lookAtLogin(seen: AccountSight, before: Remembered | undefined, { collected }: Look): true | undefined {
  const { signInNeeded: reason } = seen;
  if (reason === undefined) return undefined;
  if (before?.signInNeeded !== true) collected.add('sign-in-needed', { ...whomOf(seen), reason }, reason);
  return true;
}

function lookAtRest(seen: AccountSight, before: Remembered | undefined, { collected }: Look): true | undefined {
  const { exhausted, windows } = seen;
  if (exhausted !== undefined) {
    const availableAt = exhausted.availableAt === undefined ? undefined : iso(exhausted.availableAt);
    if (before?.exhausted !== true) collected.add('exhausted', definedOnly({ ...whomOf(seen), availableAt }));
    return true;
  }
  if (before?.exhausted !== true) return undefined;
  if (windows === undefined) return true;
  collected.add('available-again', whomOf(seen));
  return undefined;
}

function lookAtWindows(seen: AccountSight, before: Remembered | undefined, look: Look): Remembered['low'] | undefined {
  const { windows, exhausted } = seen;
  if (windows === undefined) return before?.low;
  const low: Record<string, number> = {};
  for (const window of windows) {
    const key = [window.id, ...(window.limitName === undefined ? [] : [window.limitName])].join('\n');
    const told = before?.low?.[key];
    const isOld = told === undefined || isOver(told, look.sight.at);
    const { remainingPercent, resetsAt } = window;
    if (remainingPercent > look.rules.lowPercent + (isOld ? 0 : marginPercent)) continue;
    low[key] = isOld ? (resetsAt ?? 0) : told;
    // For an account with nothing left there is the event `exhausted`.
    if (isOld && exhausted === undefined) look.collected.add('quota-low', lowFacts(seen, window));
  }
  return Object.keys(low).length === 0 ? undefined : low;
}

/** Whether a window has reset since it was told to be low, so that the next one is told anew. */
function isOver(resetsAt: number, now: number): boolean {
  return resetsAt > 0 && resetsAt <= now;
}

function lowFacts(
  seen: AccountSight,
  { id: window, limitName, remainingPercent, resetsAt }: SeenWindow,
): EventOf<'quota-low'>['accounts'][number] {
  const until = resetsAt === undefined ? undefined : iso(resetsAt);
  return definedOnly({ ...whomOf(seen), window, limitName, remainingPercent, resetsAt: until });
}

function lookAtCredits(seen: AccountSight, before: Remembered | undefined, look: Look): number | undefined {
  const { credits } = seen;
  if (credits === undefined) return seen.windows === undefined ? before?.creditEndsAt : undefined;
  const { count, expiresAt } = credits;
  if (expiresAt - look.sight.at > creditNoticeMs || count < 1) return undefined;
  if (before?.creditEndsAt !== expiresAt) {
    look.collected.add('credit-expiring', { ...whomOf(seen), count, expiresAt: iso(expiresAt) });
  }
  return expiresAt;
}

/** Tells of homes with another account than before. A home that is seen for the first time has no account before. */
function lookAtHomes({ accounts, homes }: Sight, memory: EventMemory, collected: Collected): EventMemory['homes'] {
  const seen: Record<string, string | null> = { ...memory.homes };
  for (const { home, accountId } of homes) {
    const before = memory.homes[home];
    seen[home] = accountId ?? null;
    const account = accounts.find(({ id }) => id === accountId);
    if (before === undefined || account === undefined || before === accountId) continue;
    const old = before === null ? undefined : { id: before, name: nameOf(before, accounts, memory) };
    collected.add('login-moved', definedOnly({ ...whomOf(account), home, before: old }));
  }
  return seen;
}

function nameOf(id: string, accounts: readonly AccountSight[], memory: EventMemory): string {
  return accounts.find((account) => account.id === id)?.name ?? memory.accounts[id]?.name ?? id;
}

function whomOf({ id, name, email, label }: AccountSight) {
  return definedOnly({ id, name, email, label });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The state of one account at one moment, as far as events are about it. Times are milliseconds since the epoch. */
export interface AccountSight {
  readonly id: string;
  /** The name of the account in messages. */
  readonly name: string;
  readonly email?: string;
  readonly label?: string;
  /** Why it was set aside. Then all other facts are ignored. */
  readonly setAside?: string;
  /** Why only a person can bring the login back. */
  readonly signInNeeded?: string;
  /** Present while nothing is left to use. */
  readonly exhausted?: { readonly availableAt?: number };
  /** What is left of each binding window; absent while any of them is unknown. */
  readonly windows?: readonly SeenWindow[];
  /** Reset credits, and when the first of them ends. */
  readonly credits?: { readonly count: number; readonly expiresAt: number };
}

interface SeenWindow {
  readonly id: string;
  readonly limitName?: string;
  readonly remainingPercent: number;
  readonly resetsAt?: number;
}

/** Whose login a home of the official client has. */
export interface HomeSight {
  /** The directory of the home. */
  readonly home: string;
  /** The id of the account; absent where the login is of no account of ours. */
  readonly accountId?: string;
}

/** Everything that is seen in one look. */
export interface Sight {
  readonly at: number;
  readonly accounts: readonly AccountSight[];
  readonly homes: readonly HomeSight[];
}
