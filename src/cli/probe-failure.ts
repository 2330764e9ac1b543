import * as z from 'zod/mini';
import type { Account } from '../core/accounts/account.js';
import type { AskingFailed, Probe, ProbeFailure } from '../core/asking/usage-endpoint.js';
import { definedOnly } from '../core/defined-only.js';
import { proxyHint } from '../core/http/proxy-description.js';
import { describeOutcome } from '../core/logins/describe-outcome.js';
import type { QuotaView } from '../core/quota/snapshot.js';
import { formatWhen } from './render/time.js';

/** Why something could not be read about an account, and the command that helps. */
export const FailureView = z.object({ code: z.string(), message: z.string(), hint: z.exactOptional(z.string()) });
export type FailureView = z.infer<typeof FailureView>;

export function failureView(failure: ProbeFailure | AskingFailed, now: number): FailureView {
  switch (failure.kind) {
    case 'needs-refresh':
      return needsRefresh(failure.account.tokens);
    case 'signed-out':
      return {
        code: 'signed-out',
        message: 'the official client has been signed out meanwhile, so nothing was refreshed',
        hint: 'codex-auth switch',
      };
    case 'switched':
      return {
        code: 'switched',
        message: 'the official client has been switched to another account meanwhile, so nothing was refreshed',
        hint: 'run the command again',
      };
    case 'not-refreshed':
      return describeOutcome(failure.outcome);
    case 'failed': {
      const { code, message, hint } = failure.error;
      return definedOnly({ code, message, hint });
    }
    case 'answer':
      return answerView(failure.answer, now);
  }
}

/** Nothing when the account was not asked, or answered. */
export function failureOfProbe(probe: Probe | AskingFailed | undefined, now: number): FailureView | undefined {
  return probe === undefined || probe.kind === 'usage' ? undefined : failureView(probe, now);
}

const networkFailures = [
  'offline',
  'proxy',
  'timeout',
  'provider-error',
  'challenge',
  'malformed',
  'rate-limited',
  'unknown-outcome',
];

/** The network or the provider is the reason, not the account. */
export function isNetworkFailure({ code }: Pick<FailureView, 'code'>): boolean {
  return networkFailures.includes(code);
}

interface Seen {
  readonly quota?: QuotaView;
  readonly failure?: FailureView;
}

/** Nothing could be said about any account, and the network or the provider is why: exit code 5 (DESIGN §10.4). */
export function isInTheDark(accounts: readonly Seen[]): boolean {
  const failures = accounts.flatMap(({ failure }) => failure ?? []);
  // An account that was not asked says nothing either.
  const isMute = (failure: FailureView) => isNetworkFailure(failure) || failure.code === 'needs-refresh';
  return !accounts.some(isKnown) && failures.some(isNetworkFailure) && failures.every(isMute);
}

/** What has reset since it was seen tells nothing any more (P15). */
function isKnown({ quota }: Seen): boolean {
  return quota !== undefined && (quota.windows.length > 0 || quota.usableNowPercent !== undefined);
}

/** What could not be read, once for all the accounts it happened to: `2, 5: the access token has expired`. */
export function failureLines(
  accounts: readonly { readonly index: number; readonly failure?: FailureView }[],
  beforeHint: string,
): string[] {
  const indexes = new Map<string, number[]>();
  for (const { index, failure } of accounts) {
    if (failure === undefined) continue;
    const { message, hint } = failure;
    const text = hint === undefined ? message : `${message}${beforeHint}${hint}`;
    indexes.set(text, [...(indexes.get(text) ?? []), index]);
  }
  return [...indexes].map(([text, numbers]) => `${numbers.join(', ')}: ${text}`);
}

function needsRefresh({ accessToken, refreshToken }: Account['tokens']): FailureView {
  if (refreshToken === undefined) {
    return {
      code: 'sign-in-needed',
      message: 'the login has ended, and cannot be renewed here: sign in again',
      hint: 'codex-auth login',
    };
  }
  const message = accessToken === undefined ? 'there is no access token yet' : 'the access token has expired';
  return { code: 'needs-refresh', message, hint: 'codex-auth check' };
}

function answerView(answer: Extract<ProbeFailure, { kind: 'answer' }>['answer'], now: number): FailureView {
  switch (answer.kind) {
    case 'unauthorized':
      return { code: 'unauthorized', message: `the access token is refused${id(answer)}`, hint: 'codex-auth check' };
    case 'forbidden':
      return { code: 'forbidden', message: `the provider forbids it (403)${id(answer)}` };
    case 'rate-limited': {
      const until = answer.resetsAt === undefined ? '' : ` until ${formatWhen(answer.resetsAt, now)}`;
      return { code: 'rate-limited', message: `rate limited${until}` };
    }
    case 'challenge':
      return {
        code: 'challenge',
        message: `a challenge page stands in front of the provider (${answer.status})`,
        hint: 'try again from another network, or later',
      };
    case 'server':
      return { code: 'provider-error', message: `the provider has a problem (${answer.status})${id(answer)}` };
    case 'malformed':
      return {
        code: 'malformed',
        message: `the provider's answer (${answer.status}) makes no sense: ${answer.message}`,
      };
    case 'offline':
      return { code: 'offline', message: answer.message, hint: 'check the network and the proxy' };
    case 'proxy':
      return { code: 'proxy', message: answer.message, hint: proxyHint };
    case 'timeout':
      return { code: 'timeout', message: answer.message, hint: 'try again, or give it longer with --timeout' };
  }
}

function id({ requestId }: { readonly requestId?: string }): string {
  return requestId === undefined ? '' : `, request ${requestId}`;
}
