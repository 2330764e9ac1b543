import * as z from 'zod/mini';
import type { ShownAccount } from '../../core/accounts/account.js';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { maskEmail } from '../program/shown-text.js';
import { formatWhen } from '../render/time.js';

/** Members of a result about a login that may not last: one that is not stored, or that cannot be renewed here. */
export const lifeShape = {
  /** Only the official client has the login so far; the next command that writes about it stores it. */
  stored: z.exactOptional(z.literal(false)),
  /**
   * The login has no refresh token: it ends with its access token, and is renewed by a sign-in, an import or an
   * exchange only.
   */
  renewable: z.exactOptional(z.literal(false)),
  /** When the access token ends; absent where the token does not say. */
  endsAt: z.exactOptional(z.iso.datetime()),
  /** The machine of the shared pool that refreshes it, where that is another one. */
  keptBy: z.exactOptional(z.string()),
};

/** How a result that is about something else names an account. */
export const accountRefShape = {
  id: z.string(),
  /** 1-based position in the list. */
  index: z.number(),
  email: z.exactOptional(z.string()),
  label: z.exactOptional(z.string()),
  workspace: z.exactOptional(z.string()),
  /** What tells it apart from another account that would be called the same. */
  distinction: z.exactOptional(z.string()),
  accountId: z.exactOptional(z.string()),
  ...lifeShape,
};

export const AccountRef = z.object(accountRefShape);
export type AccountRef = z.infer<typeof AccountRef>;
type LoginLife = Pick<AccountRef, keyof typeof lifeShape>;

export function accountRef(account: ShownAccount, index: number, mask: boolean): AccountRef {
  const { id, label, workspaceName: workspace, distinction, accountId } = account;
  return definedOnly({
    id,
    index,
    email: shownEmail(account.email, mask),
    label,
    workspace,
    distinction,
    accountId,
    ...lifeOf(account),
  });
}

export function shownEmail(email: string | undefined, mask: boolean): string | undefined {
  return email === undefined || !mask ? email : maskEmail(email);
}

/** Whether the login is stored and can be renewed, so that there is nothing to say of how long it lasts. */
export function isLasting({ tokens, isUnstored }: Pick<ShownAccount, 'tokens' | 'isUnstored'>): boolean {
  return tokens.refreshToken !== undefined && isUnstored !== true;
}

/**
 * The members about how long a login lasts. `keptBy`: the machine that keeps it, where that is known to be another one.
 */
export function lifeOf(
  { tokens, isUnstored }: Pick<ShownAccount, 'tokens' | 'isUnstored'>,
  keptBy?: string,
): LoginLife {
  const { refreshToken, expiresAt } = tokens;
  const place = isUnstored === true ? { stored: false as const } : {};
  if (refreshToken !== undefined) return place;
  const endsAt = toIso(expiresAt);
  return { ...place, renewable: false, ...definedOnly({ endsAt, keptBy }) };
}

/** `until 14:30, cannot be renewed here`; nothing about a login that can be renewed. */
export function lifeText({ renewable, endsAt, keptBy }: LoginLife, now: number): string | undefined {
  if (renewable !== false) return undefined;
  const cannot = `cannot be renewed here${keptBy === undefined ? '' : `, ${keptBy} keeps it`}`;
  if (endsAt === undefined) return cannot;
  const at = Date.parse(endsAt);
  const when = formatWhen(at, now);
  if (at > now) return `until ${when}, ${cannot}`;
  return `ended ${when}, ${cannot}: ${keptBy === undefined ? 'sign in again' : 'codex-auth sync'}`;
}

/** `not stored yet: codex-auth switch 2 keeps it`; nothing about an account of a pool. */
export function unstoredText({ stored }: LoginLife, index: number | undefined): string | undefined {
  if (stored !== false) return undefined;
  return `not stored yet: codex-auth switch${index === undefined ? '' : ` ${index}`} keeps it`;
}

/** A line for each thing to say of such logins, below a table that has no room: `2: until 14:30, cannot be renewed here`. */
export function lifeLines(rows: readonly (LoginLife & { readonly index: number })[], now: number): string[] {
  return rows
    .filter(({ renewable, stored }) => renewable === false || stored === false)
    .flatMap((row) =>
      [lifeText(row, now), unstoredText(row, row.index)]
        .filter((text) => text !== undefined)
        .map((text) => `${row.index}: ${text}`),
    );
}
