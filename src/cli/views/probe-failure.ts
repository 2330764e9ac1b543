import * as z from 'zod/mini';
import type { AskingFailed, Probe, ProbeFailure } from '../../core/asking/usage-endpoint.js';
import { describeFailure } from '../../core/session/failure.js';
import { formatWhen } from '../render/time.js';

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

/** With times as a person reads them. */
export function failureView(failure: ProbeFailure | AskingFailed, now: number): FailureView {
  return describeFailure(failure, (at) => formatWhen(at, now));
}

/** Nothing when the account was not asked, or answered. */
export function failureOfProbe(probe: Probe | AskingFailed | undefined, now: number): FailureView | undefined {
  return probe === undefined || probe.kind === 'usage' ? undefined : failureView(probe, now);
}

export function failureText({ message, hint }: FailureView, beforeHint: string): string {
  return hint === undefined ? message : `${message}${beforeHint}${hint}`;
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
