import type { AuthorizationGrant } from '../../core/logins/sign-in.js';

/** How the login ended, for whoever is still looking at a page in the browser. */
export type SignInEnd =
  | { readonly kind: 'signed-in'; readonly email?: string }
  | { readonly kind: 'failed'; readonly message: string };

/** What the sign-in page is told about who shall sign in. */
export interface SignInRequest {
  /** The email that the page fills in. */
  readonly loginHint?: string;
}

/** A consent in hand. `finish` tells the browser how it went on, and gives back what the wait for it held. */
export interface ObtainedGrant {
  readonly grant: AuthorizationGrant;
  finish(end: SignInEnd): Promise<void>;
}

export const nothingToFinish = async (): Promise<void> => undefined;
