import { AppError } from '../errors.js';
import { exchangeFirst, isShared } from './exchange-first.js';
import type { Session } from './session.js';

/**
 * Exchanges with the shared pool whenever another machine has changed something, for commands that keep running. The
 * result is on disk, where the caller sees the change.
 */
export class KeptExchange {
  readonly #session: Session;
  readonly #ending = new AbortController();
  #watching: Promise<void> | undefined;
  #exchanging: Promise<void> | undefined;
  #hasNews = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** To be called now and then: a root may come to be shared while the command runs. */
  begin(): void {
    if (isShared(this.#session)) this.#watching ??= this.#watch();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#watching;
    await this.#exchanging;
  }

  async #watch(): Promise<void> {
    const [{ watchShare }, { shareDeps }] = await Promise.all([
      import('../sharing/watch-share.js'),
      import('./share-access.js'),
    ]);
    const signal = AbortSignal.any([this.#session.signal, this.#ending.signal]);
    await watchShare({ ...shareDeps(this.#session), signal }, () => this.#told(), signal);
  }

  #told(): void {
    this.#hasNews = true;
    this.#exchanging ??= this.#exchange().finally(() => {
      this.#exchanging = undefined;
    });
  }

  async #exchange(): Promise<void> {
    const { signal, warn } = this.#session;
    while (this.#hasNews && !signal.aborted && !this.#ending.signal.aborted) {
      this.#hasNews = false;
      try {
        // However new the last exchange is: the news may be newer, and is announced only once.
        await exchangeFirst(this.#session, 0);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        if (!signal.aborted) warn(error.message);
      }
    }
  }
}
