import { defaultModels, type ModelEntry } from './models.js';
import type { Account } from './people.js';
import { type UsageShape, usagePayload } from './usage.js';

/** The endpoints whose answers a scenario can change, and where they live. */
export const endpointPaths = {
  token: '/oauth/token',
  revoke: '/oauth/revoke',
  usercode: '/api/accounts/deviceauth/usercode',
  devicetoken: '/api/accounts/deviceauth/token',
  usage: '/backend-api/wham/usage',
  accountsCheck: '/backend-api/wham/accounts/check',
  resetCredits: '/backend-api/wham/rate-limit-reset-credits',
  consumeResetCredit: '/backend-api/wham/rate-limit-reset-credits/consume',
  configBundle: '/backend-api/wham/config/bundle',
  models: '/backend-api/codex/models',
  responses: '/backend-api/codex/responses',
  switchWorkspace: '/backend-api/accounts/switch-workspace-token',
} as const;

export type Endpoint = keyof typeof endpointPaths;

/** What an endpoint does instead of, or around, its real work. */
export type Fault =
  | { readonly kind: 'normal' }
  /**
   * Answers at once; the request is not processed. A body that is no string is sent as JSON; a function makes it from the
   * provider's time.
   */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown | ((nowMs: number) => unknown);
    }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Processes and answers when this promise has settled. */
  | { readonly kind: 'held'; readonly until: Promise<unknown> }
  /** Never answers, and does not process. */
  | { readonly kind: 'hang' }
  /** Cuts the connection without processing. */
  | { readonly kind: 'reset' }
  /** Processes (a refresh token is spent), then cuts the connection. */
  | { readonly kind: 'resetAfterProcessing' }
  | { readonly kind: 'processedThen500' }
  /** Processes, sends half of the answer, cuts the connection. */
  | { readonly kind: 'torn' }
  /** 200 with this body, HTML unless told; not processed. */
  | { readonly kind: 'garbage'; readonly body?: string }
  /** 200 with so many bytes of JSON white space; not processed. */
  | { readonly kind: 'huge'; readonly bytes: number }
  /** Processes, then sends the whole answer two times. */
  | { readonly kind: 'duplicated' }
  /** Processes, then sends the answer byte by byte. */
  | { readonly kind: 'drip'; readonly intervalMs: number }
  | { readonly kind: 'redirect'; readonly to: string };

export interface FaultScope {
  /** How many requests; without it, all until `off`. */
  readonly times?: number;
  /** Only requests of this workspace. */
  readonly accountId?: string;
}

interface Rule {
  readonly fault: Fault;
  readonly accountId: string | undefined;
  left: number;
}

/** How the stand-in behaves right now. A test changes it at any time; everything has a sane default. */
export class Scenario {
  /** Lifetime of the access tokens from now on; may be zero or negative. */
  accessTokenSeconds = 864_000;
  idTokenSeconds = 3_600;
  /** The members that the answer to a refresh lacks; without `refresh_token` it does not rotate. */
  refreshOmits: readonly ('id_token' | 'refresh_token')[] = [];
  deviceCodeEnabled = true;
  /** As on the wire: a string of seconds. */
  deviceInterval = '5';
  /** Added to every request. */
  latencyMs = 0;
  /** Puts the provider's clock ahead of (or behind) this machine's: `Date`, `iat` and `exp` of tokens, resets. */
  clockOffsetSeconds = 0;
  models: readonly ModelEntry[] = defaultModels;
  /** Slugs that `/codex/responses` refuses. */
  unavailableModels: readonly string[] = [];

  readonly #rules = new Map<Endpoint, Rule[]>();
  readonly #usage = new Map<string, UsageShape>();

  /** Milliseconds since the epoch, by the provider's clock. */
  now(): number {
    return Date.now() + this.clockOffsetSeconds * 1000;
  }

  /** Adds a rule; the oldest one that matches a request is used first. */
  on(endpoint: Endpoint, fault: Fault, scope: FaultScope = {}): void {
    const rule: Rule = { fault, accountId: scope.accountId, left: scope.times ?? Number.POSITIVE_INFINITY };
    this.#rules.set(endpoint, [...(this.#rules.get(endpoint) ?? []), rule]);
  }

  /** Back to normal. */
  off(endpoint: Endpoint): void {
    this.#rules.delete(endpoint);
  }

  /** The fault for one request, which it uses up. */
  take(endpoint: Endpoint, accountId: string | undefined): Fault {
    const rule = this.#rules
      .get(endpoint)
      ?.find(({ left, accountId: only }) => left > 0 && (only === undefined || only === accountId));
    if (rule === undefined) return { kind: 'normal' };
    rule.left -= 1;
    return rule.fault;
  }

  /** Sets the usage of a workspace, or by `key` of one member of it. */
  setUsage(accountIdOrKey: string, shape: UsageShape): void {
    this.#usage.set(accountIdOrKey, shape);
  }

  usageOf(account: Account): Record<string, unknown> {
    const shape = this.#usage.get(account.key) ?? this.#usage.get(account.accountId) ?? {};
    return usagePayload(account, shape, this.now());
  }

  /** Fills the windows of an account, if one of them is used up; says whether one was. */
  fillWindows(account: Account): boolean {
    const shape = this.#usage.get(account.key) ?? this.#usage.get(account.accountId) ?? {};
    const { fiveHourPercent, weeklyPercent } = shape;
    if (Math.max(fiveHourPercent ?? 0, weeklyPercent ?? 0) < 100) return false;
    const isShort = fiveHourPercent !== undefined || shape.fiveHourResetsIn !== undefined;
    this.#usage.set(account.key, { ...shape, ...(isShort ? { fiveHourPercent: 0 } : {}), weeklyPercent: 0 });
    return true;
  }

  reset(): void {
    this.#rules.clear();
    this.#usage.clear();
    Object.assign(this, new Scenario());
  }
}
