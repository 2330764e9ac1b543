import { newAccountId } from '../accounts/account.js';
import { type AuthFileLogin, judgeAuthFile } from '../codex/auth-file.js';
import { definedOnly } from '../defined-only.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { parseJsonText } from '../json-text.js';
import { Secret } from '../secret.js';
import { readText } from '../storage/tolerant.js';
import type { JsonDocument } from './json-outline.js';
import type { FiledLogin, FoundLogin, LoginFormat, ParsedLogin } from './login-file.js';
import { poolLogins, poolRecordLogin } from './pool-records.js';
import { readStatedLogin, withStatedNames } from './read-stated-login.js';
import { type Members, membersOf, providerIn, providerNamed, tokensIn } from './stated-members.js';
import { isNamed, type StatedName, statedName } from './stated-names.js';
import {
  childrenOf,
  inElement,
  inMember,
  isContainer,
  memberOf,
  outermost,
  type Surroundings,
  saysTwice,
} from './surroundings.js';

/** What was found in a document. */
export interface Findings {
  /** The logins in the order of the document. */
  readonly logins: readonly FiledLogin[];
  /** What the document says about logins that are in other files. */
  readonly names: readonly StatedName[];
}

/**
 * Finds the logins in a JSON document by their members, wherever they lie in it and however their members are spelled.
 * `record` is for a document that is one of several in its file.
 */
export function findLogins({ value, repeated }: JsonDocument, record?: number): Findings {
  const search = new Search(repeated);
  search.walk(value, record === undefined ? outermost : { ...outermost, record });
  return search;
}

class Search implements Findings {
  readonly logins: FiledLogin[] = [];
  readonly names: StatedName[] = [];

  constructor(private readonly repeated: JsonDocument['repeated']) {}

  walk(value: unknown, around: Surroundings): void {
    if (Array.isArray(value)) this.walkList(value, around);
    else if (isJsonObject(value)) this.walkObject(value, around);
  }

  /** In a list with logins, an element in which nothing is found counts as a broken login. */
  private walkList(list: readonly unknown[], around: Surroundings): void {
    const before = this.logins.length;
    const empty: { readonly at: number; readonly index: number }[] = [];
    for (const [index, element] of list.entries()) {
      const found = this.logins.length + this.names.length;
      this.walk(element, inElement(around, index));
      if (this.logins.length + this.names.length === found) empty.push({ at: this.logins.length, index });
    }
    if (this.logins.length === before) return;
    for (const { at, index } of empty.reverse()) {
      const reason = isContainer(list[index]) ? 'no-tokens' : 'no-record';
      this.logins.splice(at, 0, { place: { record: index + 1 }, login: { kind: 'refused', reason } });
    }
  }

  private walkObject(object: JsonObject, around: Surroundings): void {
    const pool = poolLogins(object);
    if (pool !== undefined) {
      for (const [index, login] of pool.entries())
        this.add(login, 'pool', inElement(inMember(around, new Map(), 'accounts'), index));
      return;
    }
    const members = membersOf(object);
    if (this.addLogin(object, members, around)) return;
    const before = this.logins.length;
    for (const [name, child] of childrenOf(object)) this.walk(child, inMember(around, members, name));
    for (const [name, text] of textsWithJson(object)) this.walk(text, inMember(around, members, name));
    if (this.logins.length > before) return;
    const other = otherLogin(object, members, around);
    if (other !== undefined) return void this.add(other, undefined, around);
    const name = statedName(members, around, this.names.length);
    if (isNamed(name, around)) this.names.push(name);
  }

  /** Whether the object is a login, of whatever kind. */
  private addLogin(object: JsonObject, members: Members, around: Surroundings): boolean {
    const record = poolRecordLogin(object);
    if (record !== undefined) return this.add(record, 'pool', around);
    if (isAuthFile(members)) return this.add(authFileLogin(object, members, around), 'codex', around);
    const tokens = tokensIn(members);
    if (tokens === undefined) return false;
    return this.add(readStatedLogin(members, around), formatOf(object, tokens.isShort), around);
  }

  private add(login: ParsedLogin, format: LoginFormat | undefined, around: Surroundings): true {
    const { record, path } = around;
    const member = memberOf(around);
    const place = {
      ...(format === undefined ? {} : { format }),
      ...(record === undefined ? {} : { record }),
      ...(member === undefined ? {} : { member }),
    };
    const isUnclear = login.kind === 'login' && saysTwice(this.repeated, path);
    const found = login.kind === 'login' ? withRealTokens(login) : login;
    this.logins.push({ place, login: isUnclear ? { kind: 'refused', reason: 'repeated-member' } : found });
    return true;
  }
}

/** Leaves out masks that some tools export in place of a token: they must be neither stored nor sent. */
function withRealTokens(login: FoundLogin): ParsedLogin {
  const { account } = login;
  const { accessToken, refreshToken, idToken, expiresAt, ...others } = account.tokens;
  const access = realToken(accessToken);
  const refresh = realToken(refreshToken);
  if (access === undefined && refresh === undefined) return { kind: 'refused', reason: 'no-tokens', account };
  const real = definedOnly({
    refreshToken: refresh,
    accessToken: access,
    idToken: realToken(idToken),
    expiresAt: access && expiresAt,
  });
  return { ...login, account: { ...account, tokens: { ...others, ...real } } };
}

/** The token without blanks around it; undefined for a text that no header can hold (RFC 6750, section 2.1). */
function realToken(token: Secret | undefined): Secret | undefined {
  const text = token?.reveal().trim() ?? '';
  if (!/^[\w.~+/-]+=*$/.test(text)) return undefined;
  return text === token?.reveal() ? token : new Secret(text);
}

function formatOf(object: JsonObject, isShort: boolean): LoginFormat {
  if (isShort) return 'opencode';
  return 'refresh_token' in object || 'access_token' in object ? 'flat' : 'record';
}

const longestText = 1024 * 1024;

/** The members whose value is a text with JSON in it: some tools keep a whole `auth.json` so. */
function textsWithJson(object: JsonObject): [string, unknown][] {
  return Object.entries(object).flatMap(([name, value]): [string, unknown][] => {
    if (typeof value !== 'string' || value.length > longestText || !/^\s*[[{].*oken/s.test(value)) return [];
    try {
      return [[name, parseJsonText(value)]];
    } catch {
      // The text only looks like JSON. The error would quote it.
      return [];
    }
  });
}

/** Whether an object keeps its tokens as an `auth.json` does, in an object of their own. */
function isAuthFile(members: Members): boolean {
  const tokens = members.get('tokens');
  return isJsonObject(tokens) && tokensIn(membersOf(tokens)) !== undefined;
}

/** The login as the official client reads the file, where it would; else by what the members say. */
function authFileLogin(object: JsonObject, members: Members, around: Surroundings): ParsedLogin {
  const content = judgeAuthFile(object);
  if (content === undefined) return { kind: 'passed', reason: 'nothing-there' };
  if (content.kind === 'login') return withStatedNames(foundLogin(content.login), members, around);
  if (content.reason !== 'damaged') return { kind: 'refused', reason: content.reason };
  const tokens = members.get('tokens');
  const inner = isJsonObject(tokens) ? membersOf(tokens) : members;
  const login = readStatedLogin(inner, { ...around, objects: [members, ...around.objects] });
  // That the client cannot read the file says more than the fact that is missing here.
  return login.kind === 'refused' && login.reason !== 'account-mismatch'
    ? { kind: 'refused', reason: 'damaged' }
    : login;
}

function foundLogin({ identity, tokens, extras, provenance }: AuthFileLogin): FoundLogin {
  const { userId, accountId, email, planType } = identity;
  const known = definedOnly({ userId, accountId, email, planType, provenance });
  return { kind: 'login', account: { id: newAccountId(), enabled: true, raw: {}, ...known, tokens, authFile: extras } };
}

const otherSecrets = [
  'OPENAI_API_KEY',
  'personal_access_token',
  'agent_identity',
  'bedrock_api_key',
  'bedrock_access_keys',
  'tokens',
];

/**
 * An API key or another kind of login that has no tokens to renew; undefined where the object is no such login. It is
 * refused where the object is a whole `auth.json` by itself; among the logins of another tool it is passed over.
 */
function otherLogin(object: JsonObject, members: Members, around: Surroundings): ParsedLogin | undefined {
  if (otherSecrets.some((key) => key in object)) {
    const content = judgeAuthFile(object);
    if (content?.kind !== 'unadoptable') return undefined;
    const isWholeFile = around.path.length === 0 && around.record === undefined;
    const isNamed = isWholeFile || content.reason === 'damaged';
    return isNamed ? { kind: 'refused', reason: content.reason } : { kind: 'passed', reason: 'no-chatgpt-login' };
  }
  if (readText(members.get('type')) === undefined || readText(members.get('key')) === undefined) return undefined;
  const provider = providerIn(members) ?? providerNamed(around.key);
  return { kind: 'passed', reason: provider === 'other' ? 'other-provider' : 'no-chatgpt-login' };
}
