import type { Account } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { refusalIn } from '../health/access-refusal.js';
import type { HealthEvent } from '../health/events.js';
import { isPassingClosure } from '../logins/describe-outcome.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import type { FailedAnswer } from '../provider/describe-answer.js';
import type { Obstruction } from '../provider/obstruction.js';
import { readErrorValue } from '../provider/provider-error.js';
import { reasonIn } from '../provider-reason.js';
import { parseResetCredits } from '../quota/reset-credits.js';
import type { ResetCredits, Usage } from '../quota/usage.js';
import { parseUsage } from '../quota/usage-payload.js';
import { type AuthorizedAnswer, type BackendAccess, callAsAccount, type Recovery } from './authorized-call.js';

const usagePath = '/wham/usage';
const resetCreditsPath = '/wham/rate-limit-reset-credits';

/** Why there are no numbers. */
export type ProbeFailure =
  | Exclude<AuthorizedAnswer, { kind: 'answered' }>
  | {
      readonly kind: 'answer';
      readonly answer: FailedAnswer;
      readonly account: Account;
      /** A refresh was allowed, and has been made where it could help. */
      readonly isRefreshed?: true;
    };

export type Probe =
  | { readonly kind: 'usage'; readonly usage: Usage; readonly account: Account; readonly recovery?: Recovery }
  | ProbeFailure;

/** Storage or a lock failed on the way. */
export interface AskingFailed {
  readonly kind: 'failed';
  readonly error: AppError;
  readonly account: Account;
}

/** Makes an error of storage or a lock the answer for this account, so that the other accounts are still asked. */
export async function askOnItsOwn<T>(account: Account, ask: () => Promise<T>): Promise<T | AskingFailed> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'interrupted') throw error;
    return { kind: 'failed', error, account };
  }
}

const unreadable = {
  'not-an-object': 'it is no JSON object',
  'no-usage-members': 'it says nothing about usage',
} as const;

/** Reads an account's quota from the free endpoint (P16). Spends no quota; a refresher may spend a refresh token. */
export async function probeUsage(access: BackendAccess, account: Account): Promise<Probe> {
  const result = await callAsAccount(access, account, usagePath);
  if (result.kind !== 'answered') return result;
  const { answer, recovery } = result;
  if (answer.kind !== 'ok') return failedAnswer(access, answer, result.account);
  const parsed = parseUsage(answer.body, { observedAt: access.root.clock.now(), serverNow: answer.serverNow });
  if (parsed.kind === 'ok') {
    return definedOnly({ kind: 'usage' as const, usage: parsed.usage, account: result.account, recovery });
  }
  const { providerCode, providerMessage = unreadable[parsed.reason] } = readErrorValue(answer.body) ?? {};
  const message = providerCode === undefined ? providerMessage : `${providerCode}: ${providerMessage}`;
  return failedAnswer(access, { kind: 'malformed', status: 200, message }, result.account);
}

/** The failure for an answer without the wanted data; says whether the access could refresh. */
export function failedAnswer(
  { refresher }: Pick<BackendAccess, 'refresher'>,
  answer: FailedAnswer,
  account: Account,
): Extract<ProbeFailure, { kind: 'answer' }> {
  return { kind: 'answer', answer, account, ...(refresher === undefined ? {} : { isRefreshed: true as const }) };
}

/** Whether the provider was not reached, did not answer in time, or something else answered in its place. */
export function isSilence(probe: Probe | AskingFailed | undefined): boolean {
  if (probe?.kind === 'answer') return ['offline', 'proxy', 'timeout', 'obstructed'].includes(probe.answer.kind);
  return obstructionOf(probe) !== undefined;
}

/** What answered in the provider's place, to the request itself or to the refresh before it. */
export function obstructionOf(probe: Probe | AskingFailed | undefined): Obstruction | undefined {
  if (probe?.kind === 'answer') return probe.answer.kind === 'obstructed' ? probe.answer : undefined;
  if (probe?.kind !== 'not-refreshed') return undefined;
  const { outcome } = probe;
  return outcome.kind === 'obstructed' || outcome.kind === 'unknown' ? outcome.obstruction : undefined;
}

const endedLogin: readonly RefreshOutcome['kind'][] = ['refused', 'spent-token', 'no-access-token', 'no-place'];

/**
 * Whether a probe that could refresh has found that the account cannot be used at the moment: its access token was
 * refused all the same, or is over and cannot be replaced. Trouble of the network or the provider does not count.
 */
export function isShutOut(probe: Probe | AskingFailed, now: number): boolean {
  if (probe.kind === 'answer') return refusalIn(probe.answer, now) !== undefined;
  if (probe.kind !== 'not-refreshed') return false;
  const { accessToken, expiresAt } = probe.account.tokens;
  const isOver = accessToken === undefined || (expiresAt !== undefined && expiresAt <= now);
  return probe.isDenied === true || (isOver && isEnded(probe.outcome));
}

function isEnded(outcome: RefreshOutcome): boolean {
  if (outcome.kind === 'other-workspace') return !isPassingClosure(outcome);
  return endedLogin.includes(outcome.kind);
}

/** The reset credits one by one, with their expiry, or why they cannot be read. */
export async function probeResetCredits(
  access: BackendAccess,
  account: Account,
): Promise<{ readonly kind: 'credits'; readonly credits: ResetCredits | undefined } | ProbeFailure> {
  const result = await callAsAccount(access, account, resetCreditsPath);
  if (result.kind !== 'answered') return result;
  const { answer } = result;
  if (answer.kind !== 'ok') return failedAnswer(access, answer, result.account);
  return { kind: 'credits', credits: parseResetCredits(answer.body) };
}

/** What a probe says about the account's health; undefined when it is about the token, the person or the machine. */
export function healthEventOf(probe: Probe | AskingFailed): HealthEvent | undefined {
  if (probe.kind === 'usage') return { kind: 'success' };
  if (probe.kind !== 'answer') return undefined;
  const { answer } = probe;
  switch (answer.kind) {
    case 'offline':
    case 'timeout':
      return { kind: 'network-error' };
    case 'rate-limited':
      return { kind: 'rate-limited', ...definedOnly({ resetsAt: answer.resetsAt }), ...reasonIn(answer) };
    case 'server':
      return { kind: 'server-error', ...reasonIn(answer) };
    case 'malformed':
      return { kind: 'server-error' };
    case 'unauthorized':
    case 'forbidden':
    case 'closed':
    case 'refused': {
      const reason = reasonIn(answer);
      return Object.keys(reason).length === 0 ? undefined : { kind: 'refused', ...reason };
    }
    // The machine's trouble is not the account's.
    case 'obstructed':
    case 'proxy':
      return undefined;
  }
}
