import type { AccountRef } from './provider/people.js';
import { type CompletedLogin, completeLogin } from './provider/sign-in.js';
import type { Provider } from './provider/start.js';

export type SignInChoice = AccountRef & { readonly deny?: boolean };

/** The person in front of a running `login`: waits for the address on stderr and signs in there, without a browser. */
export interface LoginDriver {
  readonly onStderr: (text: string) => void;
  /** Rejects when the sign-in met a page or a callback server that it did not expect, a killed one for instance. */
  finished(): Promise<CompletedLogin | undefined>;
}

export function driveLogin(provider: Pick<Provider, 'people'>, who: SignInChoice): LoginDriver {
  let driven: Promise<CompletedLogin> | undefined;
  return {
    onStderr(text) {
      const url = /https?:\/\/\S+\/oauth\/authorize\?\S+/.exec(text)?.[0];
      if (url === undefined || driven !== undefined) return;
      driven = completeLogin(provider, url, who);
      // `finished` passes the error on; a test that does not call it does not fail by it.
      driven.catch(() => undefined);
    },
    finished: async () => driven,
  };
}
