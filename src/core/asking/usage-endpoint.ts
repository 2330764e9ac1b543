import type { Account } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import type { HealthEvent } from '../health/events.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import type { BackendAnswer } from '../provider/backend-call.js';
import { parseResetCredits } from '../quota/reset-credits.js';
import type { ResetCredits, Usage } from '../quota/usage.js';
import { parseUsage } from '../quota/usage-payload.js';
import { type AuthorizedAnswer, type BackendAccess, callAsAccount, type Recovery } from './authorized-call.js';

const usagePath = '/wham/usage';
const resetCreditsPath = '/wham/rate-limit-reset-credits';

/** Why there are no numbers. */
export type ProbeFailure =
  | Exclude<AuthorizedAnswer, { kind: 'answered' }>
  | { readonly kind: 'answer'; readonly answer: Exclude<BackendAnswer, { kind: 'ok' }>; readonly account: Account };

export type Probe =
  | { readonly kind: 'usage'; readonly usage: Usage; readonly account: Account; readonly recovery?: Recovery }
  | ProbeFailure;

/** Storage or a lock failed on the way. */
export interface AskingFailed {
  readonly kind: 'failed';
  readonly error: AppError;
  readonly account: Account;
}

/** One account's trouble with storage or a lock is its own: the others are still asked. */
export async function askOnItsOwn<T>(account: Account, ask: () => Promise<T>): Promise<T | AskingFailed> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'interrupted') throw error;
    return { kind: 'failed', error, account };
  }
}

/** Reads an account's quota from the free endpoint (P16). Costs nothing and spends nothing but, with a refresher, tokens. */
export async function probeUsage(access: BackendAccess, account: Account): Promise<Probe> {
  const result = await callAsAccount(access, account, usagePath);
  if (result.kind !== 'answered') return result;
  const { answer, recovery } = result;
  if (answer.kind !== 'ok') return { kind: 'answer', answer, account: result.account };
  const parsed = parseUsage(answer.body, access.root.clock.now());
  if (parsed.kind === 'ok') {
    return definedOnly({ kind: 'usage' as const, usage: parsed.usage, account: result.account, recovery });
  }
  const malformed = { kind: 'malformed', status: 200, message: parsed.reason } as const;
  return { kind: 'answer', answer: malformed, account: result.account };
}

/** Nobody is there, or nobody answers in time: what was not learnt says nothing about the account. */
export function isSilence(probe: Probe | AskingFailed): boolean {
  return probe.kind === 'answer' && ['offline', 'proxy', 'timeout'].includes(probe.answer.kind);
}

const endedLogin: readonly RefreshOutcome['kind'][] = [
  'refused',
  'spent-token',
  'other-workspace',
  'no-access-token',
  'no-place',
];

/**
 * Whether a probe that could refresh has found that the account cannot be used at the moment: its access token was
 * refused all the same, or is over and cannot be replaced. Trouble of the network or the provider is neither.
 */
export function isShutOut(probe: Probe | AskingFailed, now: number): boolean {
  if (probe.kind === 'answer') return probe.answer.kind === 'unauthorized';
  if (probe.kind !== 'not-refreshed') return false;
  const { accessToken, expiresAt } = probe.account.tokens;
  const isOver = accessToken === undefined || (expiresAt !== undefined && expiresAt <= now);
  return probe.isDenied === true || (isOver && endedLogin.includes(probe.outcome.kind));
}

/** The reset credits one by one, with their expiry; undefined when they cannot be read. */
export async function probeResetCredits(access: BackendAccess, account: Account): Promise<ResetCredits | undefined> {
  const result = await callAsAccount(access, account, resetCreditsPath);
  return result.kind === 'answered' && result.answer.kind === 'ok' ? parseResetCredits(result.answer.body) : undefined;
}

/** What a probe says about the account's health; nothing when it says something about the token or the person only. */
export function healthEventOf(probe: Probe | AskingFailed): HealthEvent | undefined {
  if (probe.kind === 'usage') return { kind: 'success' };
  if (probe.kind !== 'answer') return undefined;
  const { answer } = probe;
  switch (answer.kind) {
    case 'offline':
    case 'timeout':
      return { kind: 'network-error' };
    case 'rate-limited':
      return definedOnly({ kind: 'rate-limited' as const, resetsAt: answer.resetsAt });
    case 'server':
    case 'challenge':
    case 'malformed':
      return { kind: 'server-error' };
    default:
      return undefined;
  }
}
