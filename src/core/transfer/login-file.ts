import { type Account, type Flag, newAccountId } from '../accounts/account.js';
import { type AuthFileLogin, parseAuthFile } from '../codex/auth-file.js';
import { definedOnly } from '../defined-only.js';
import { parseJsonText } from '../json-text.js';
import { areTokensOf } from '../logins/rotation.js';
import { decodeAccount, decodeFlaggedAccount, withoutFlag } from '../pools/account-codec.js';
import { migratePool } from '../pools/migrate.js';
import { record } from '../storage/tolerant.js';
import { type FlatLogin, parseFlatTokenFile } from '../token-files/flat-token-file.js';
import type { ImportRefusal } from './refusal.js';

/** `codex`: an `auth.json`; `flat`: a token file; `pool`: accounts of this family, usable or set aside. */
export const loginFormats = ['codex', 'flat', 'pool'] as const;
export type LoginFormat = (typeof loginFormats)[number];

/** Where a login was found. */
export interface LoginPlace {
  /** As the person called it. */
  readonly file: string;
  readonly format?: LoginFormat;
  /** 1-based, in a file that can hold several. */
  readonly record?: number;
}

export interface PlacedLogin {
  readonly place: LoginPlace;
  readonly login: ParsedLogin;
}

/** A login as the account it would become here. */
export interface FoundLogin {
  readonly kind: 'login';
  readonly account: Account;
  /** It is set aside where it comes from, and will be here. */
  readonly flag?: Flag;
}

export interface RefusedLogin {
  readonly kind: 'refused';
  readonly reason: ImportRefusal;
  /** As far as the file says whose it is. */
  readonly account?: Account;
  /** More words for the reason. */
  readonly detail?: string;
}

export type ParsedLogin = FoundLogin | RefusedLogin;

export type LoginFile =
  /** A pool's records are in its order; the other formats hold one. */
  | { readonly kind: 'logins'; readonly format: LoginFormat; readonly logins: readonly ParsedLogin[] }
  | { readonly kind: 'refused'; readonly reason: ImportRefusal };

/** Reads the content of a file in the given format, or in the one it seems to have. Never throws. */
export function parseLoginFile(content: string, asked?: LoginFormat): LoginFile {
  // Tools on Windows put a byte order mark first, which JSON.parse refuses.
  const text = content.replace(/^\uFEFF/, '');
  const top = record.safeParse(parseJson(text));
  if (!top.success) return { kind: 'refused', reason: 'no-json' };
  const format = asked ?? formatOf(top.data);
  if (format === undefined) return { kind: 'refused', reason: 'other-content' };
  if (format === 'pool') return parsePool(top.data);
  const login = format === 'codex' ? fromAuthFile(text) : fromTokenFile(text);
  return login.kind === 'refused' ? login : { kind: 'logins', format, logins: [login] };
}

type Fields = Readonly<Record<string, unknown>>;

/** What only an `auth.json` has at its top; the last ones are logins of a kind that is named and refused. */
const authFileKeys = ['tokens', 'auth_mode', 'OPENAI_API_KEY', 'personal_access_token', 'agent_identity'];

function formatOf(top: Fields): LoginFormat | undefined {
  if (Array.isArray(top['accounts'])) return 'pool';
  if (authFileKeys.some((key) => key in top)) return 'codex';
  return ['id_token', 'access_token', 'refresh_token'].some((key) => key in top) ? 'flat' : undefined;
}

function fromAuthFile(text: string): ParsedLogin {
  const content = parseAuthFile(text);
  if (content === undefined) return { kind: 'refused', reason: 'no-tokens' };
  if (content.kind === 'unadoptable') return { kind: 'refused', reason: content.reason };
  return { kind: 'login', account: accountOf(content.login) };
}

function accountOf({ identity, tokens, extras, provenance }: AuthFileLogin): Account {
  const { userId, accountId, email, planType } = identity;
  const known = definedOnly({ userId, accountId, email, planType, provenance });
  return { id: newAccountId(), enabled: true, raw: {}, ...known, tokens, authFile: extras };
}

function fromTokenFile(text: string): ParsedLogin {
  const file = parseFlatTokenFile(text);
  return file.kind === 'refused' ? file : { kind: 'login', account: accountOfFlat(file.login) };
}

function accountOfFlat({ identity, tokens, isDisabled }: FlatLogin): Account {
  return { id: newAccountId(), enabled: !isDisabled, raw: {}, ...identity, tokens };
}

/** Usable accounts of any version we migrate, or those set aside: the records say which they are. */
function parsePool(json: Fields): LoginFile {
  const migrated = migratePool(json);
  if (migrated.kind === 'newer-version') return { kind: 'refused', reason: 'newer-version' };
  if (migrated.kind === 'malformed') return { kind: 'refused', reason: 'other-content' };
  const { accounts } = migrated.value;
  if (!Array.isArray(accounts)) return { kind: 'refused', reason: 'other-content' };
  return { kind: 'logins', format: 'pool', logins: accounts.map(fromRecord) };
}

function fromRecord(entry: unknown): ParsedLogin {
  const login = isSetAside(entry) ? fromFlagged(entry) : fromUsable(entry);
  if (login === undefined) return { kind: 'refused', reason: 'no-record' };
  const { account } = login;
  const { refreshToken, accessToken } = account.tokens;
  if (refreshToken === undefined && accessToken === undefined) return { kind: 'refused', reason: 'no-tokens', account };
  if (!areTokensOf(account, account.tokens)) return { kind: 'refused', reason: 'account-mismatch', account };
  return login;
}

function isSetAside(entry: unknown): boolean {
  const fields = record.safeParse(entry);
  return fields.success && ('flaggedAt' in fields.data || 'flaggedReason' in fields.data);
}

function fromUsable(entry: unknown): FoundLogin | undefined {
  const account = decodeAccount(entry);
  return account && { kind: 'login', account };
}

function fromFlagged(entry: unknown): FoundLogin | undefined {
  const flagged = decodeFlaggedAccount(entry);
  return flagged && { kind: 'login', account: withoutFlag(flagged), flag: flagged.flag };
}

function parseJson(text: string): unknown {
  try {
    return parseJsonText(text);
  } catch {
    // The parse error would quote the tokens; undefined says enough.
    return undefined;
  }
}
