import type { AppError } from '../errors.js';

/** What became of one login in an exchange. */
export type LoginChange =
  /** It is new here. */
  | 'received'
  /** Its next access token has come. */
  | 'renewed'
  /** Its newest tokens have gone to the pool. */
  | 'pushed'
  | 'removed'
  /** The person stopped sharing it on another machine. */
  | 'withdrawn'
  /** Its refresh token has gone to another machine, on that machine's wish. */
  | 'handed-over'
  /** This machine is the keeper from now on. */
  | 'taken'
  /** Another machine became the keeper without this one. */
  | 'superseded';

export interface ShareNotice {
  readonly kind: 'older-server' | 'cloned' | 'superseded' | 'damaged-row' | 'not-handed-over';
  readonly message: string;
  readonly hint?: string;
}

export interface ExchangeReport {
  /** When the exchange was made, by the clock of this machine; absent where it failed. */
  readonly at?: number;
  readonly changed: readonly { readonly accountId: string; readonly what: LoginChange }[];
  readonly notices: readonly ShareNotice[];
  /** Why the exchange was not made, or not to its end. The copies on this machine are used then. */
  readonly problem?: AppError;
}

/** Gathers what happens in one exchange. */
export class ReportDraft {
  readonly #changed: { readonly accountId: string; readonly what: LoginChange }[] = [];
  readonly #notices: ShareNotice[] = [];

  changed(accountId: string, what: LoginChange): void {
    if (this.#changed.some((each) => each.accountId === accountId && each.what === what)) return;
    this.#changed.push({ accountId, what });
  }

  notice(notice: ShareNotice): void {
    if (!this.#notices.some(({ message }) => message === notice.message)) this.#notices.push(notice);
  }

  finish(at: number | undefined, problem?: AppError): ExchangeReport {
    return {
      ...(at === undefined ? {} : { at }),
      changed: [...this.#changed],
      notices: [...this.#notices],
      ...(problem === undefined ? {} : { problem }),
    };
  }
}
