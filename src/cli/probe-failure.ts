import * as z from 'zod/mini';
import { definedOnly } from '../core/defined-only.js';
import type { AppError } from '../core/errors.js';
import { reasonInDetails } from '../core/provider-reason.js';
import type { BindingQuota } from '../core/quota/binding-quota.js';

/** What the provider gave as its reason, in its own code and words. */
export const providerReasonShape = {
  providerCode: z.exactOptional(z.string()),
  providerMessage: z.exactOptional(z.string()),
};

/** Why something could not be read about an account, and the command that helps. */
export const FailureView = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.exactOptional(z.string()),
  /** When it may be tried again, where that is known. */
  retryAt: z.exactOptional(z.iso.datetime()),
  ...providerReasonShape,
});
export type FailureView = z.infer<typeof FailureView>;

export function errorView({ code, message, hint, details }: AppError): FailureView {
  return { ...definedOnly({ code, message, hint }), ...reasonInDetails(details) };
}

const obstructions = ['region', 'challenge', 'intercepted'];

const networkFailures = [
  'offline',
  'proxy',
  'timeout',
  'provider-error',
  ...obstructions,
  'malformed',
  'rate-limited',
  'unknown-outcome',
];

/** Something stands between this machine and the provider: the same for every account, and said once. */
export function isObstruction({ code }: Pick<FailureView, 'code'>): boolean {
  return obstructions.includes(code);
}

/** The network or the provider is the reason, not the account. */
export function isNetworkFailure({ code }: Pick<FailureView, 'code'>): boolean {
  return networkFailures.includes(code);
}

interface Seen {
  readonly quota?: Pick<BindingQuota, 'usableNowPercent'> & { readonly windows: readonly unknown[] };
  readonly failure?: FailureView;
}

/** Nothing could be said about any account, and the network or the provider is why: exit code 5. */
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

export function failureText({ message, hint }: FailureView, beforeHint: string): string {
  return hint === undefined ? message : `${message}${beforeHint}${hint}`;
}

/** Whether every account failed because something could not be stored: exit code 6. */
export function isWithoutPlace(problems: readonly (Pick<FailureView, 'code'> | undefined)[]): boolean {
  return problems.length > 0 && problems.every((problem) => problem?.code === 'storage-write-failed');
}

/** What could not be read, once for all the accounts it happened to: `2, 5: the access token has expired`. */
export function failureLines(
  accounts: readonly { readonly index: number; readonly failure?: FailureView }[],
  beforeHint: string,
): string[] {
  const indexes = new Map<string, number[]>();
  for (const { index, failure } of accounts) {
    if (failure === undefined) continue;
    const text = failureText(failure, beforeHint);
    indexes.set(text, [...(indexes.get(text) ?? []), index]);
  }
  return [...indexes].map(([text, numbers]) => `${numbers.join(', ')}: ${text}`);
}
