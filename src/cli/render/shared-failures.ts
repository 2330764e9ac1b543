import { definedOnly } from '../../core/defined-only.js';
import { printable } from '../../core/printable.js';
import { isNetworkFailure, isObstruction } from '../../core/session/failure.js';
import { type FailureView, failureLines, failureText } from '../views/probe-failure.js';
import type { Theme } from './theme.js';

interface Failing {
  /** Absent where it is not in the list any more. */
  readonly index?: number;
  readonly failure?: FailureView;
}

export interface SharedFailures {
  /** Whether it is said below, and not with the account. */
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
  // Numbers tell nothing where it is all of them.
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
