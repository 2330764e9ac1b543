import * as z from 'zod/mini';
import type { TokenSet } from '../core/accounts/account.js';
import { formatWhen, toIso } from './render/time.js';

/** Members of a result about a login that has no refresh token. */
export const lifeShape = {
  /** It ends with its access token, and is renewed by a sign-in or an import only. */
  renewable: z.exactOptional(z.literal(false)),
  /** When that is; absent where the token does not say. */
  endsAt: z.exactOptional(z.iso.datetime()),
};

export interface LoginLife {
  readonly renewable?: false;
  readonly endsAt?: string;
}

export function lifeOf({ refreshToken, expiresAt }: TokenSet): LoginLife {
  if (refreshToken !== undefined) return {};
  return { renewable: false, ...(expiresAt === undefined ? {} : { endsAt: toIso(expiresAt) }) };
}

/** `until 14:30, cannot be renewed here`; nothing about a login that can be renewed. */
export function lifeText({ renewable, endsAt }: LoginLife, now: number): string | undefined {
  if (renewable !== false) return undefined;
  if (endsAt === undefined) return 'cannot be renewed here';
  const at = Date.parse(endsAt);
  const when = formatWhen(at, now);
  return at > now ? `until ${when}, cannot be renewed here` : `ended ${when}, cannot be renewed here: sign in again`;
}

/** A line for each such login, below a table that has no room for it: `2: until 14:30, cannot be renewed here`. */
export function lifeLines(rows: readonly (LoginLife & { readonly index: number })[], now: number): string[] {
  return rows.flatMap((row) => {
    const text = lifeText(row, now);
    return text === undefined ? [] : [`${row.index}: ${text}`];
  });
}
