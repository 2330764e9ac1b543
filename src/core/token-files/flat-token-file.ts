import type { TokenSet } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { toIso } from '../instant.js';
import { parseJsonText } from '../json-text.js';
import type { Secret } from '../secret.js';
import { readFlag, readText, record } from '../storage/tolerant.js';
import { claimsOf, type JudgedLogin, judgeStatedLogin, type StatedRefusal } from './stated-login.js';

/** One login in a file of its own, as token-file tools keep it: `codex_<email>_<date>.json`. */
export interface FlatLogin extends JudgedLogin {
  readonly isDisabled: boolean;
}

/** A login that can be renewed in its file. */
export type RenewableFlatLogin = FlatLogin & { readonly tokens: { readonly refreshToken: Secret } };

/** Why a file is no token file that this program can use. */
export type FlatRefusal = 'no-json' | 'other-content' | 'other-type' | StatedRefusal;

/** The reason as the end of a sentence: "it …". */
export const flatRefusals: Record<FlatRefusal, string> = {
  'no-json': 'is not a JSON object',
  'other-content': 'is not a token file',
  'other-type': 'is a token file of another provider',
  'no-refresh-token': 'holds no refresh token',
  'account-mismatch': 'holds tokens of one account under the id of another',
  'no-identity': 'does not say whose tokens it holds',
};

export type FlatTokenFile =
  | { readonly kind: 'flat'; readonly login: FlatLogin }
  | { readonly kind: 'refused'; readonly reason: FlatRefusal };

type Fields = Readonly<Record<string, unknown>>;

const tokenKeys = ['id_token', 'access_token', 'refresh_token'];

/** Judges the content of a flat token file. Never throws, and no reason quotes the content. */
export function parseFlatTokenFile(text: string): FlatTokenFile {
  const fields = parseObject(text);
  if (fields === undefined) return refused('no-json');
  if (!tokenKeys.some((key) => key in fields)) return refused('other-content');
  const type = readText(fields['type']);
  if (type !== undefined && type.toLowerCase() !== 'codex') return refused('other-type');
  const judged = judgeStatedLogin({
    idToken: fields['id_token'],
    accessToken: fields['access_token'],
    refreshToken: fields['refresh_token'],
    accountId: fields['account_id'],
    email: fields['email'],
    expiresAt: fields['expired'],
    lastRefresh: fields['last_refresh'],
  });
  if (typeof judged === 'string') return refused(judged);
  return { kind: 'flat', login: { ...judged, isDisabled: readFlag(fields['disabled']) === true } };
}

function refused(reason: FlatRefusal): FlatTokenFile {
  return { kind: 'refused', reason };
}

/**
 * The same file with newer tokens: every other key, the order, the indentation and the final newline stay as they are.
 * A token that is not given keeps its old value, except the end of an access token that has been replaced.
 * Reveals the tokens. Only for text that {@link parseFlatTokenFile} accepts.
 */
export function patchFlatTokenFile(text: string, tokens: Partial<TokenSet>): string {
  const before = parseObject(text) ?? {};
  const { expired: _, ...lasting } = before;
  const isExpiryUnknown = tokens.accessToken !== undefined && tokens.expiresAt === undefined;
  const patched = { ...(isExpiryUnknown ? lasting : before), ...valuesOf(tokens), ...missingNames(before, tokens) };
  return `${JSON.stringify(patched, null, indentationOf(text))}${text.endsWith('\n') ? '\n' : ''}`;
}

function missingNames(before: Fields, { accessToken, idToken }: Partial<TokenSet>): Fields {
  const claims = { ...claimsOf(accessToken?.reveal()), ...claimsOf(idToken?.reveal()) };
  const isMissing = (key: string) => readText(before[key]) === undefined;
  return definedOnly({
    account_id: isMissing('account_id') ? claims.accountId : undefined,
    email: isMissing('email') ? claims.email : undefined,
    type: isMissing('type') ? 'codex' : undefined,
  });
}

/** The content of a new token file. Reveals the tokens. */
export function flatTokenFile(login: {
  readonly tokens: TokenSet;
  readonly accountId?: string;
  readonly email?: string;
  readonly isDisabled: boolean;
}): Fields {
  const { id_token, access_token, refresh_token, last_refresh, expired } = valuesOf(login.tokens);
  return {
    id_token: id_token ?? '',
    access_token: access_token ?? '',
    refresh_token: refresh_token ?? '',
    account_id: login.accountId ?? '',
    ...definedOnly({ last_refresh }),
    email: login.email ?? '',
    type: 'codex',
    ...definedOnly({ expired }),
    ...(login.isDisabled ? { disabled: true } : {}),
  };
}

interface FlatValues {
  readonly id_token?: string;
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly last_refresh?: string;
  readonly expired?: string;
}

function valuesOf(tokens: Partial<TokenSet>): FlatValues {
  const { idToken, accessToken, refreshToken, lastRefresh, expiresAt } = tokens;
  return definedOnly({
    id_token: idToken?.reveal(),
    access_token: accessToken?.reveal(),
    refresh_token: refreshToken?.reveal(),
    last_refresh: isoTime(lastRefresh),
    expired: isoTime(expiresAt),
  });
}

function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : toIso(ms);
}

function indentationOf(text: string): string | number {
  return /^\s*\{\r?\n([ \t]+)"/.exec(text)?.[1] ?? 0;
}

function parseObject(text: string): Fields | undefined {
  try {
    // Tools on Windows put a byte order mark first, which JSON.parse refuses.
    const parsed = record.safeParse(parseJsonText(text.replace(/^\uFEFF/, '')));
    return parsed.data;
  } catch {
    // The parse error would quote the tokens; undefined says enough.
    return undefined;
  }
}
