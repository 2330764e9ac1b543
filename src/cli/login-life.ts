import * as z from 'zod/mini';
import type { Account } from '../core/accounts/account.js';
import { toIso } from '../core/instant.js';
import { formatWhen } from './render/time.js';

/** Members of a result about a login that is not as lasting as others are. */
export const lifeShape = {
  /** It is the official client's only so far; the next command that writes about it stores it. */
  stored: z.exactOptional(z.literal(false)),
  /** It has no refresh token: it ends with its access token, and is renewed by a sign-in or an import only. */
  renewable: z.exactOptional(z.literal(false)),
  /** When that is; absent where the token does not say. */
  endsAt: z.exactOptional(z.iso.datetime()),
};

export interface LoginLife {
  readonly stored?: false;
  readonly renewable?: false;
  readonly endsAt?: string;
}

export function lifeOf({ tokens, isUnstored }: Pick<Account, 'tokens' | 'isUnstored'>): LoginLife {
  const { refreshToken, expiresAt } = tokens;
  const place = isUnstored === true ? { stored: false as const } : {};
  if (refreshToken !== undefined) return place;
  return { ...place, renewable: false, ...(expiresAt === undefined ? {} : { endsAt: toIso(expiresAt) }) };
}

/** `until 14:30, cannot be renewed here`; nothing about a login that can be renewed. */
export function lifeText({ renewable, endsAt }: LoginLife, now: number): string | undefined {
  if (renewable !== false) return undefined;
  if (endsAt === undefined) return 'cannot be renewed here';
  const at = Date.parse(endsAt);
  const when = formatWhen(at, now);
  return at > now ? `until ${when}, cannot be renewed here` : `ended ${when}, cannot be renewed here: sign in again`;
}

/** `not stored yet: codex-auth switch 2 keeps it`; nothing about an account of a pool. */
export function unstoredText({ stored }: LoginLife, index: number | undefined): string | undefined {
  if (stored !== false) return undefined;
  return `not stored yet: codex-auth switch${index === undefined ? '' : ` ${index}`} keeps it`;
}

/** A line for each thing to say of such logins, below a table that has no room: `2: until 14:30, cannot be renewed here`. */
export function lifeLines(rows: readonly (LoginLife & { readonly index: number })[], now: number): string[] {
  return rows.flatMap((row) =>
    [lifeText(row, now), unstoredText(row, row.index)]
      .filter((text) => text !== undefined)
      .map((text) => `${row.index}: ${text}`),
  );
}
