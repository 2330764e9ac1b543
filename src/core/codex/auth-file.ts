import type { AuthFileExtras, Provenance, TokenSet } from '../accounts/account.js';
import { contradicts, realAccountId } from '../accounts/identity.js';
import { readClaims } from '../accounts/jwt-claims.js';
import { identityOfClaims, type TokenIdentity } from '../accounts/token-identity.js';
import { definedOnly } from '../defined-only.js';
import { toIso } from '../instant.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { jsonIn, parseJsonText } from '../json-text.js';
import { isText, isTextOrAbsent } from '../json-values.js';
import { Secret } from '../secret.js';

/** A ChatGPT login as the official client keeps it (official-client.md#login-file). */
export interface AuthFileLogin {
  readonly identity: TokenIdentity;
  /** Without a refresh token where the file has none: the login ends with its access token. */
  readonly tokens: TokenSet;
  readonly extras: AuthFileExtras;
  readonly provenance?: Provenance;
}

/** Why a file's login cannot become an account of ours. */
export type Unadoptable =
  | 'api-key'
  | 'personal-access-token'
  | 'agent-identity'
  | 'other-mode'
  | 'account-mismatch'
  | 'no-identity'
  /** Found only by comparing the login with our accounts: `foreign-login.ts`. */
  | 'other-issuer'
  | 'damaged';

/** The reason as the end of a sentence about the file. */
export const unadoptableReasons: Record<Unadoptable, string> = {
  'api-key': 'an API key',
  'personal-access-token': 'a personal access token',
  'agent-identity': 'an agent identity',
  'other-mode': 'a login of a kind this program does not manage',
  'account-mismatch': 'tokens of one account under the id of another (a defect of old Codex clients)',
  'no-identity': 'tokens that do not say whose they are',
  'other-issuer': 'a login of one of your accounts that another provider issued',
  damaged: 'content that is not a complete login',
};

export type AuthFileContent =
  | { readonly kind: 'login'; readonly login: AuthFileLogin }
  | { readonly kind: 'unadoptable'; readonly reason: Unadoptable; readonly mixed?: MixedLogin };

/** Tokens of one account under the id of another one, which is mostly another workspace of the same person. */
export interface MixedLogin {
  /** The login under the account id that the file names. */
  readonly login: AuthFileLogin;
  readonly tokensOf: TokenIdentity;
}

interface Tokens extends JsonObject {
  readonly id_token: string;
  readonly access_token: string;
  readonly refresh_token?: string | null;
  readonly account_id?: string | null;
  readonly oauth_provenance?: { readonly issuer: string; readonly client_id: string } | null;
}

function isTokens(value: unknown): value is Tokens {
  if (!isJsonObject(value)) return false;
  const { id_token, access_token, refresh_token, account_id, oauth_provenance } = value;
  return (
    [id_token, access_token].every((each) => isText(each) && each !== '') &&
    [refresh_token, account_id].every((each) => isTextOrAbsent(each ?? undefined)) &&
    (oauth_provenance === undefined || oauth_provenance === null || isProvenance(oauth_provenance))
  );
}

function isProvenance(value: unknown): boolean {
  return isJsonObject(value) && isText(value['issuer']) && isText(value['client_id']);
}

/**
 * Judges the content of an `auth.json`; undefined where it holds nothing, as after a tool that emptied it. Never
 * throws: a file that does not parse is `damaged`.
 */
export function parseAuthFile(content: string): AuthFileContent | undefined {
  const file = content.trim();
  // A power cut can leave a file of the right length with nothing but zeros in it.
  return /^\0*$/.test(file) ? undefined : judgeAuthFile(jsonIn(file, parseJsonText));
}

/** The same for what has been parsed already. */
export function judgeAuthFile(json: unknown): AuthFileContent | undefined {
  if (holdsNothing(json)) return undefined;
  if (!isJsonObject(json)) return { kind: 'unadoptable', reason: 'damaged' };
  const mode = modeOf(json);
  if (mode !== 'chatgpt') return { kind: 'unadoptable', reason: mode };
  const { tokens } = json;
  // The official client refuses an id token that is no JWT, too (official-client.md#login-file).
  if (!isTokens(tokens) || readClaims(tokens.id_token) === undefined) {
    return { kind: 'unadoptable', reason: 'damaged' };
  }
  return loginOf(json, tokens);
}

/** The tokens in a file that cannot become an account, and whose they say they are: the client may go on using them. */
export function looseLogin(content: string): Pick<AuthFileLogin, 'identity' | 'tokens'> | undefined {
  const file = jsonIn(content, parseJsonText);
  if (!isJsonObject(file) || !isJsonObject(file['tokens']) || modeOf(file) !== 'chatgpt') return undefined;
  const { id_token, access_token, refresh_token } = file['tokens'];
  const hasIdToken = isText(id_token) && readClaims(id_token) !== undefined;
  const tokens = { id_token: hasIdToken ? id_token : access_token, access_token, refresh_token };
  const judged = judgeAuthFile({ ...file, tokens });
  if (judged?.kind !== 'login') return undefined;
  const { idToken, ...others } = judged.login.tokens;
  return { identity: judged.login.identity, tokens: { ...others, ...(hasIdToken ? definedOnly({ idToken }) : {}) } };
}

/** A file with nothing but these holds no login: they only say how somebody was signed in once. */
const circumstances = ['auth_mode', 'last_refresh'];

function holdsNothing(json: unknown): boolean {
  if (typeof json !== 'object' || json === null) return isVoid(json);
  return Object.entries(json).every(([key, value]) => {
    if (circumstances.includes(key)) return value === null || typeof value === 'string';
    return isVoid(value) || (typeof value === 'object' && value !== null && Object.values(value).every(isVoid));
  });
}

function isVoid(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '';
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** An absent mode is inferred in the official client's own order (official-client.md#login-file). */
function modeOf(top: JsonObject): 'chatgpt' | Unadoptable {
  const mode = top['auth_mode'] ?? undefined;
  if (!isTextOrAbsent(mode)) return 'damaged';
  if (mode === 'chatgpt') return 'chatgpt';
  const has = (key: string) => top[key] !== undefined && top[key] !== null;
  if (mode === 'apikey') return 'api-key';
  if (mode === 'personalAccessToken') return 'personal-access-token';
  if (mode === 'agentIdentity') return 'agent-identity';
  if (mode !== undefined) return 'other-mode';
  if (has('personal_access_token')) return 'personal-access-token';
  if (has('bedrock_api_key') || has('bedrock_access_keys')) return 'other-mode';
  if (has('OPENAI_API_KEY')) return 'api-key';
  if (has('agent_identity') && !has('tokens')) return 'agent-identity';
  return 'chatgpt';
}

function loginOf(top: JsonObject, tokens: Tokens): AuthFileContent {
  const ofAccess = definedOnly(readClaims(tokens.access_token) ?? {});
  const claims = { ...ofAccess, ...readClaims(tokens.id_token) };
  const named = definedOnly({ accountId: realAccountId(tokens.account_id || undefined) });
  if (contradicts(claims, ofAccess)) return { kind: 'unadoptable', reason: 'account-mismatch' };
  const tokensOf = identityOfClaims({ ...named, ...definedOnly(claims) });
  if (tokensOf.userId === undefined && tokensOf.email === undefined) {
    return { kind: 'unadoptable', reason: 'no-identity' };
  }
  const login: AuthFileLogin = {
    identity: tokensOf,
    tokens: tokenSet(tokens, top['last_refresh']),
    extras: extrasOf(top, tokens),
    ...provenanceOf(tokens),
  };
  if (!contradicts(claims, named)) return { kind: 'login', login };
  const { planType: _, ...person } = tokensOf;
  const mixed = { login: { ...login, identity: { ...person, ...named } }, tokensOf };
  return { kind: 'unadoptable', reason: 'account-mismatch', mixed };
}

function tokenSet(tokens: Tokens, lastRefreshValue: unknown): TokenSet {
  const expiresAt = readClaims(tokens.access_token)?.expiresAt;
  const lastRefresh = typeof lastRefreshValue === 'string' ? Date.parse(lastRefreshValue) : Number.NaN;
  return {
    ...(tokens.refresh_token ? { refreshToken: new Secret(tokens.refresh_token) } : {}),
    accessToken: new Secret(tokens.access_token),
    idToken: new Secret(tokens.id_token),
    generation: 0,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(Number.isNaN(lastRefresh) ? {} : { lastRefresh }),
  };
}

/** What a login consists of; everything else in the file are its extras. */
const ownTopKeys = ['auth_mode', 'tokens', 'last_refresh'];
const ownTokenKeys = ['id_token', 'access_token', 'refresh_token', 'account_id'];

function extrasOf(top: JsonObject, tokens: JsonObject): AuthFileExtras {
  return { top: without(top, ownTopKeys), tokens: without(tokens, ownTokenKeys) };
}

function provenanceOf(tokens: Tokens): { provenance?: Provenance } {
  const provenance = tokens.oauth_provenance;
  if (provenance === undefined || provenance === null) return {};
  return { provenance: { issuer: provenance.issuer, clientId: provenance.client_id } };
}

function without(values: JsonObject, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)));
}

/** What a complete `auth.json` needs; an account without it has to be refreshed or signed in first. */
export interface CompleteLogin {
  /** Absent where the login names none: the client works with it, and sends no account header. */
  readonly accountId?: string;
  readonly idToken: Secret;
  readonly accessToken: Secret;
  /** Absent in a login that cannot be renewed: the client works until its access token ends. */
  readonly refreshToken?: Secret;
  readonly lastRefresh: number;
  readonly extras: AuthFileExtras | undefined;
}

/**
 * The content the official client itself would write: its key order, two spaces, no newline at the end. `auth_mode` is
 * explicit, because a file that also carries an API key would otherwise be an API-key login; `last_refresh` is never
 * missing, because without it the client sends no Authorization header (official-client.md#last-refresh,
 * official-client.md#login-file).
 */
export function formatAuthFile(login: CompleteLogin): string {
  const extras = extrasOf(login.extras?.top ?? {}, login.extras?.tokens ?? {});
  const { OPENAI_API_KEY = null, ...otherTop } = extras.top;
  const file = {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY,
    tokens: {
      id_token: login.idToken.reveal(),
      access_token: login.accessToken.reveal(),
      refresh_token: login.refreshToken?.reveal() ?? '',
      ...extras.tokens,
      ...definedOnly({ account_id: login.accountId }),
    },
    last_refresh: toIso(login.lastRefresh),
    ...otherTop,
  };
  return JSON.stringify(file, null, 2);
}

/** Newer tokens for a login that an `auth.json` already holds. */
export interface NewerTokens {
  /** Absent where the file keeps its own: a login that cannot be renewed here has none. */
  readonly refreshToken?: Secret;
  /** Absent where only the refresh token is known to be newer. */
  readonly access?: {
    readonly accessToken: Secret;
    readonly idToken?: Secret;
    /** Milliseconds since the epoch. */
    readonly lastRefresh: number;
  };
  /** The members beside the tokens that change with each login. */
  readonly names?: { readonly login_owner_id?: unknown; readonly oauth_provenance?: unknown };
}

/** Throws for content that holds no login: the callers have judged the content before. */
function membersOf(content: string): { readonly file: JsonObject; readonly tokens: JsonObject } {
  const file = parseJsonText(content);
  const tokens = isJsonObject(file) ? file['tokens'] : undefined;
  if (!isJsonObject(file) || !isJsonObject(tokens)) throw new TypeError('this holds no login');
  return { file, tokens };
}

/**
 * The content of an `auth.json` with newer tokens in it and everything else as it stands, in its order: what we never
 * read is not ours to drop (P7). Only for content that holds a login.
 */
export function withNewerTokens(content: string, { refreshToken, access, names }: NewerTokens): string {
  const { file, tokens: held } = membersOf(content);
  const tokens = {
    ...held,
    ...(access === undefined ? {} : { access_token: access.accessToken.reveal() }),
    ...(access?.idToken === undefined ? {} : { id_token: access.idToken.reveal() }),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken.reveal() }),
    ...names,
  };
  const dated = access === undefined ? {} : { last_refresh: toIso(access.lastRefresh) };
  return JSON.stringify({ ...file, tokens, ...dated }, null, 2);
}

/** The content of an `auth.json` without its refresh token, as a login that lives until its access token ends. */
export function withoutRefreshToken(content: string): string {
  const { file, tokens } = membersOf(content);
  return JSON.stringify({ ...file, tokens: { ...tokens, refresh_token: '' } }, null, 2);
}
