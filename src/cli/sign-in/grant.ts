import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import type { Denial } from '../../core/oauth/callback-params.js';
import type { AuthorizationGrant } from '../../core/oauth/token-endpoint.js';
import { networkHint } from '../../core/provider/obstruction.js';

/** How the login ended, for whoever is still looking at a page in the browser. */
type SignInEnd =
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

/** The error for a consent that the person or the provider refused. */
export function denialError({ error, description, meaning, message }: Denial): AppError {
  const details = { error, ...definedOnly({ providerCode: error, providerMessage: description }) };
  const isRegion = meaning === 'region';
  return new AppError(isRegion ? 'region' : 'login-failed', message, {
    hint: isRegion ? networkHint : hintOf(error, message),
    details,
  });
}

function hintOf(error: string, message: string): string {
  if (message.startsWith('Codex is not enabled')) return 'once that is done, try again';
  if (error === 'access_denied') return 'try again, and allow it on the page';
  return 'try again, or use another way: codex-auth login --device-auth';
}
