import type { Account } from '../core/accounts/account.js';
import { type AskingFailed, askOnItsOwn } from '../core/asking/usage-endpoint.js';
import { AppError } from '../core/errors.js';
import { inParallel } from '../core/in-parallel.js';
import type { Context } from './context.js';
import { startProgress } from './progress.js';

export interface Question<Item, Answer> {
  /** For the progress line: `Checking`. */
  readonly title: string;
  ask(item: Item): Promise<Answer>;
  /** What stands for the answer when storage or a lock failed on the way. */
  failed(item: Item, failure: AskingFailed): Answer;
  /** Whether an answer shows that nobody is there, or nobody answers in time. */
  isSilence(answer: Answer): boolean;
}

/**
 * Asks the provider about each account, several at once and none twice, with a progress line. When it is silent to the
 * whole first round, the others are not asked: they would only wait too, and a large pool would wait for minutes. Throws
 * only when every single one failed on our side.
 */
export async function askAll<Item extends { readonly account: Account }, Answer>(
  context: Context,
  items: readonly Item[],
  { title, ask, failed, isSilence }: Question<Item, Answer>,
): Promise<Answer[]> {
  const { probeConcurrency } = context.settings();
  const progress = startProgress(context, title, items.length);
  const failures: AppError[] = [];
  const counts = { silent: 0, heard: 0 };

  async function askOne(item: Item): Promise<Answer> {
    if (counts.heard === 0 && counts.silent >= probeConcurrency) return failed(item, notAsked(item, counts.silent));
    const answer = await askOnItsOwn(item.account, async () => ({ kind: 'answer' as const, answer: await ask(item) }));
    progress.step();
    if (answer.kind === 'failed') {
      failures.push(answer.error);
      return failed(item, answer);
    }
    counts[isSilence(answer.answer) ? 'silent' : 'heard'] += 1;
    return answer.answer;
  }

  try {
    const answers = await inParallel(items, probeConcurrency, askOne);
    if (failures.length > 0 && failures.length === items.length) throw failures[0];
    return answers;
  } finally {
    progress.stop();
  }
}

function notAsked({ account }: { readonly account: Account }, silent: number): AskingFailed {
  const error = new AppError('timeout', `not asked, because nobody answered about ${silent} other accounts`, {
    hint: 'check the network and the proxy',
  });
  return { kind: 'failed', error, account };
}
