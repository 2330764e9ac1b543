import * as z from 'zod/mini';
import { toIso } from '../instant.js';
import { parseJsonText } from '../json-text.js';
import type { Secret } from '../secret.js';

/** Newer tokens for a login that an `auth.json` already holds. */
export interface NewerTokens {
  /** Absent where what the file has stays: a login that cannot be renewed here has none. */
  readonly refreshToken?: Secret;
  /** Absent where only the refresh token is known to be newer. */
  readonly access?: {
    readonly accessToken: Secret;
    readonly idToken?: Secret;
    /** Milliseconds since the epoch. */
    readonly lastRefresh: number;
  };
}

const AuthFile = z.looseObject({ tokens: z.looseObject({}) });

/**
 * The content of an `auth.json` with newer tokens in it and everything else as it stands, in its order: what we never
 * read is not ours to drop (P7). Only for content that holds a login.
 */
export function withNewerTokens(content: string, { refreshToken, access }: NewerTokens): string {
  const file = AuthFile.parse(parseJsonText(content));
  const tokens = {
    ...file.tokens,
    ...(access === undefined ? {} : { access_token: access.accessToken.reveal() }),
    ...(access?.idToken === undefined ? {} : { id_token: access.idToken.reveal() }),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken.reveal() }),
  };
  const dated = access === undefined ? {} : { last_refresh: toIso(access.lastRefresh) };
  return JSON.stringify({ ...file, tokens, ...dated }, null, 2);
}

/** The content of an `auth.json` without its refresh token, as a login that lives until its access token ends. */
export function withoutRefreshToken(content: string): string {
  const file = AuthFile.parse(parseJsonText(content));
  return JSON.stringify({ ...file, tokens: { ...file.tokens, refresh_token: '' } }, null, 2);
}
