import * as z from 'zod/mini';
import type { AskingFailed, Probe, ProbeFailure } from '../../core/asking/usage-endpoint.js';
import { definedOnly } from '../../core/defined-only.js';
import { printable } from '../../core/printable.js';
import { describeFailure, isNetworkFailure, isObstruction } from '../../core/session/failure.js';
import type { Theme } from '../render/theme.js';
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

/** A failure for a result, with times as a person reads them. */
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

interface Failing {
  /** Absent where the account is not in the list any more. */
  readonly index?: number;
  readonly failure?: FailureView;
}

export interface SharedFailures {
  /** Whether the failure of the account is told by `lines`, and not with the account. */
  has(account: Failing): boolean;
  readonly lines: readonly string[];
}

/** What the network or the provider denied several accounts in the very same words: said once, below all of them. */
export function sharedFailures(accounts: readonly Failing[], { color, symbols }: Theme): SharedFailures {
  const candidates = accounts.filter(
    ({ index, failure }) => index !== undefined && failure && isNetworkFailure(failure),
  );
  const countOf = ({ failure }: Failing) =>
    candidates.filter((each) => each.failure?.message === failure?.message).length;
  const shared = candidates.filter((each) => countOf(each) > 1);
  const views = shared.map(({ index = 0, failure }) => definedOnly({ index, failure }));
  const lines = failureLines(views, ` ${symbols.arrow} `);
  // Numbers tell nothing where all the accounts have failed.
  const isOfAll = lines.length === 1 && shared.length === accounts.length;
  return {
    has: ({ index }) => index !== undefined && shared.some((each) => each.index === index),
    lines: lines.map((line) => color.yellow(printable(isOfAll ? line.replace(/^[\d, ]+: /, '') : line))),
  };
}

/** What stands in the way of the accounts, once for all of them. */
export function obstructionLines(failures: readonly FailureView[], { color, symbols }: Theme): string[] {
  const texts = failures.filter(isObstruction).map((failure) => failureText(failure, ` ${symbols.arrow} `));
  return [...new Set(texts)].map((text) => `${color.yellow(printable(text))}\n`);
}
