import type { Account } from '../accounts/account.js';
import { type AskingFailed, askOnItsOwn } from '../asking/usage-endpoint.js';
import { definedOnly } from '../defined-only.js';
import { AppError, type ErrorCode } from '../errors.js';
import { giveTurn, inParallel, takeTurn } from '../in-parallel.js';
import type { ProviderReason } from '../provider-reason.js';
import type { Session } from './session.js';

/** What stands between this machine and the provider. Accounts that are not asked any more get the same message. */
export interface Blocker extends ProviderReason {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

export interface Question<Item, Answer> {
  /** For the progress line: `Checking`. */
  readonly title: string;
  ask(item: Item): Promise<Answer>;
  /** The answer in place of a real one, when storage or a lock failed, or the account was not asked. */
  failed(item: Item, failure: AskingFailed): Answer;
  /** Whether an answer shows that the provider was not reached, or did not answer in time. */
  isSilence(answer: Answer): boolean;
  /** What answered in the provider's place, where that is the reason for the silence. */
  inTheWay(answer: Answer): Blocker | undefined;
}

/**
 * Asks the provider about each account, several at once and none twice, with a progress line. When the whole first
 * round meets silence, the other accounts are not asked: a large pool would wait for minutes. Throws only when every
 * single question failed on this machine.
 */
export async function askAll<Item extends { readonly account: Account }, Answer>(
  session: Session,
  items: readonly Item[],
  { title, ask, failed, isSilence, inTheWay }: Question<Item, Answer>,
): Promise<Answer[]> {
  const { probeConcurrency } = session.settings();
  const progress = session.progress(title, items.length);
  const failures: AppError[] = [];
  const round = new FirstRound(Math.min(probeConcurrency, items.length));
  let blocker: Blocker | undefined;

  async function askOne(item: Item): Promise<Answer> {
    if (await round.isSilent()) return failed(item, notAsked(item, round.silent, blocker));
    round.begins();
    const answer = await askOnItsOwn(item.account, async () => ({ kind: 'answer' as const, answer: await ask(item) }));
    progress.step();
    round.ends(answer.kind === 'answer' && isSilence(answer.answer));
    if (answer.kind === 'answer') {
      blocker ??= inTheWay(answer.answer);
      return answer.answer;
    }
    failures.push(answer.error);
    return failed(item, answer);
  }

  try {
    const answers = await inParallel(items, probeConcurrency, askOne);
    if (failures.length > 0 && failures.length === items.length) throw failures[0];
    return answers;
  } finally {
    progress.stop();
  }
}

/**
 * The requests that go out before anything is known of the provider. A worker that met silence waits for the others of
 * the round before it asks again, so that a provider that hangs costs one time-out and not two.
 */
class FirstRound {
  silent = 0;
  #begun = 0;
  #isOver = false;
  readonly #size: number;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  begins(): void {
    this.#begun += 1;
  }

  ends(isSilence: boolean): void {
    if (isSilence) this.silent += 1;
    else this.#isOver = true;
    if (!this.#isOver && this.silent < this.#size) return;
    for (const proceed of this.#waiting.splice(0)) proceed();
  }

  /** Whether the whole round met silence; resolves as soon as that is known. */
  async isSilent(): Promise<boolean> {
    const isFirst = this.#begun < this.#size;
    if (!isFirst && !this.#isOver && this.silent < this.#size) {
      giveTurn();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      await takeTurn();
    }
    return !isFirst && !this.#isOver && this.silent >= this.#size;
  }
}

function notAsked({ account }: { readonly account: Account }, silent: number, blocker?: Blocker): AskingFailed {
  if (blocker !== undefined) {
    const { code, message, hint, ...details } = blocker;
    return { kind: 'failed', error: new AppError(code, message, { ...definedOnly({ hint }), details }), account };
  }
  const error = new AppError('timeout', `not asked, because nobody answered about ${silent} other accounts`, {
    hint: 'check the network and the proxy',
  });
  return { kind: 'failed', error, account };
}
