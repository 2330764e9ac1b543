import { AppError } from '../errors.js';
import { exchangeFirst, isShared } from './exchange-first.js';
import type { Session } from './session.js';

/** Exchanges whenever another machine has changed something, and now and then. */
export interface ShareFollowing {
  /** Resolves when the exchange that is under way is over. */
  stop(): Promise<void>;
}

/** For a program that goes on; undefined where nothing is shared. What an exchange brings is in the files when it is over. */
export async function followShare(session: Session): Promise<ShareFollowing | undefined> {
  if (!isShared(session)) return undefined;
  const [{ watchShare }, { shareDeps }] = await Promise.all([
    import('../sharing/watch-share.js'),
    import('./share-access.js'),
  ]);
  const ending = new AbortController();
  const exchanges = new Exchanges(session);
  const either = AbortSignal.any([session.signal, ending.signal]);
  const watching = watchShare({ ...shareDeps(session), signal: either }, () => exchanges.want(), either);
  return {
    async stop() {
      ending.abort();
      await Promise.all([watching, exchanges.over()]);
    },
  };
}

/** One at a time; what is wanted meanwhile is made once after it. */
class Exchanges {
  readonly #session: Session;
  #isWanted = false;
  #running: Promise<void> | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  want(): void {
    this.#isWanted = true;
    this.#running ??= this.#run();
  }

  async over(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isWanted && !this.#session.signal.aborted) {
      this.#isWanted = false;
      await this.#exchange();
    }
    this.#running = undefined;
  }

  /** Trouble with a file is met by the rounds as well; the next news tries again. */
  async #exchange(): Promise<void> {
    try {
      await exchangeFirst(this.#session, 0);
    } catch (error) {
      if (this.#session.signal.aborted) return;
      if (!(error instanceof AppError)) throw error;
      this.#session.warn(error.message);
    }
  }
}
