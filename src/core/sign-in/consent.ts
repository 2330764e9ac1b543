import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import type { Denial } from '../oauth/callback-params.js';
import type { SignInVerdict } from '../oauth/callback-server.js';
import type { AuthorizationGrant } from '../oauth/token-endpoint.js';
import { networkHint } from '../provider/obstruction.js';

/** What the sign-in page is told about who shall sign in. */
export interface ConsentRequest {
  /** The email that the page fills in. */
  readonly loginHint?: string;
}

/**
 * What the provider has given for a person's yes, once. `finish` tells the browser how the sign-in went on, and
 * releases what the wait for the browser held, such as the port.
 */
export interface Consent {
  readonly grant: AuthorizationGrant;
  finish(end: SignInVerdict): Promise<void>;
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
