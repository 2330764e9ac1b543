import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '../secret.js';

/** RFC 7636 section 4: the verifier stays here until the code is exchanged, the challenge goes into the URL. */
export interface Pkce {
  readonly verifier: Secret;
  readonly challenge: string;
}

/** 64 random bytes, as the official client: 86 characters of the 128 that section 4.1 allows. */
export function createPkce(): Pkce {
  const verifier = randomBytes(64).toString('base64url');
  return { verifier: new Secret(verifier), challenge: challengeOf(verifier) };
}

/** RFC 7636 section 4.2, method S256. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url');
}

/** 43 characters that tie a callback to the login that asked for it (RFC 6749 section 10.12). */
export function createState(): string {
  return randomBytes(32).toString('base64url');
}
