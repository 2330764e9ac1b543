import type { TokenSet } from './grants.js';
import type { TokenStore } from './token-store.js';

/** One answer with tokens in it, as it left the stand-in. */
export interface IssuedTokens extends Partial<TokenSet> {
  /** The workspace that the refresh token was issued for. */
  readonly accountId: string | undefined;
}

/** Every token that the stand-in ever gave out, in order: what must neither be lost nor be seen where it does not belong. */
export class IssuedLog {
  readonly all: IssuedTokens[] = [];
  readonly #store: TokenStore;

  constructor(store: TokenStore) {
    this.#store = store;
  }

  /** `answer` is the body of a token answer; members that are no tokens are left out. */
  record(answer: unknown): void {
    const { id_token, access_token, refresh_token } = Object(answer) as Record<string, unknown>;
    const tokens = { id_token, access_token, refresh_token };
    const known = Object.fromEntries(Object.entries(tokens).filter(([, token]) => typeof token === 'string'));
    const owner = typeof refresh_token === 'string' ? this.#store.ownerOf(refresh_token) : undefined;
    this.all.push({ ...known, accountId: owner?.split('/')[1] });
  }

  /** The tokens themselves, each once. */
  strings(): string[] {
    const tokens = this.all.flatMap((issued) => [issued.id_token, issued.access_token, issued.refresh_token]);
    return [...new Set(tokens.filter((token) => token !== undefined))];
  }

  clear(): void {
    this.all.length = 0;
  }
}
