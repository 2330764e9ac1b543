import { labelProblem } from '../accounts/selector.js';
import type { JsonObject } from '../json-object.js';
import { readFlag, readNumber, readText } from '../storage/tolerant.js';
import { claimsOf } from '../token-files/stated-login.js';

/** The members of an object by plain names: `refresh_token` and `refreshToken` are both `refreshtoken`. */
export type Members = ReadonlyMap<string, unknown>;

export function membersOf(object: JsonObject): Members {
  const members = new Map<string, unknown>();
  for (const [name, value] of Object.entries(object)) {
    const plain = plainName(name);
    if (!members.has(plain)) members.set(plain, value);
  }
  return members;
}

export function plainName(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
}

/** The value of the first of several names that has a readable one. */
function first<T>(members: Members, names: readonly string[], read: (value: unknown) => T | undefined): T | undefined {
  for (const name of names) {
    const value = read(members.get(name));
    if (value !== undefined) return value;
  }
  return undefined;
}

const reader =
  <T>(names: readonly string[], read: (value: unknown) => T | undefined) =>
  (members: Members): T | undefined =>
    first(members, names, read);

/** Names of tokens. A long name is enough to tell a token; the short ones count only together. */
const longNames = { idToken: 'idtoken', accessToken: 'accesstoken', refreshToken: 'refreshtoken' } as const;
const shortNames = { idToken: 'id', accessToken: 'access', refreshToken: 'refresh' } as const;

export interface StatedTokens {
  readonly idToken: unknown;
  readonly accessToken: unknown;
  readonly refreshToken: unknown;
  readonly isShort: boolean;
}

/** The tokens of an object that is a login, usable or not; undefined for any other object. */
export function tokensIn(members: Members): StatedTokens | undefined {
  if (members.has(longNames.accessToken) || members.has(longNames.refreshToken)) return named(members, longNames);
  const tokens = { ...named(members, shortNames), idToken: undefined, isShort: true };
  const { accessToken, refreshToken } = tokens;
  if (typeof refreshToken === 'string') return typeof accessToken === 'string' ? tokens : undefined;
  return (refreshToken ?? undefined) === undefined && namesAnybody(accessToken) ? tokens : undefined;
}

/** Whether a value is an access token that says whose it is, which is a login by itself. */
function namesAnybody(accessToken: unknown): boolean {
  const { accountId, userId } = claimsOf(accessToken);
  return accountId !== undefined || userId !== undefined;
}

function named(members: Members, names: typeof longNames | typeof shortNames): StatedTokens {
  return {
    idToken: members.get(names.idToken),
    accessToken: members.get(names.accessToken),
    refreshToken: members.get(names.refreshToken),
    isShort: false,
  };
}

const emailNames = ['emailaddress', 'useremail', 'accountemail', 'mail', 'username', 'name', 'label'];
const labelNames = [
  'accountlabel',
  'label',
  'alias',
  'nickname',
  'displayname',
  'profilename',
  'profile',
  'name',
  'title',
];

/** The member called email, else one of another name whose value looks like an email. */
export function emailIn(members: Members): string | undefined {
  const named = readText(readText(members.get('email'))?.trim());
  return (
    named ??
    first(members, emailNames, (value) => {
      const text = readText(value)?.trim();
      return text !== undefined && isEmail(text) ? text : undefined;
    })
  );
}

export function labelIn(members: Members): string | undefined {
  return first(members, labelNames, (value) => usableLabel(readText(value)));
}

/** The text as a label, where a person may have chosen it. An address or an id is none: it tells nothing new. */
export function usableLabel(text: string | undefined): string | undefined {
  const label = text?.trim() ?? '';
  const isLabel = label !== '' && !isEmail(label) && !isMadeUp(label) && labelProblem(label) === undefined;
  return isLabel ? label : undefined;
}

function isEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text);
}

/** Whether the text looks like an id that a program made. */
function isMadeUp(text: string): boolean {
  return text.includes('::') || /^(?:[a-z]+[-_])?(?=.*\d)[0-9a-f-]{12,}$/i.test(text);
}

export const accountIdIn = reader(['chatgptaccountid', 'accountid'], readText);
export const userIdIn = reader(['chatgptuserid', 'userid'], readText);
export const planIn = reader(['chatgptplantype', 'plantype', 'plan'], readText);

export const expiryIn = reader(['expired', 'expiresat', 'expires', 'expiry', 'expire', 'accesstokenexpiresat'], given);
export const lastRefreshIn = reader(['lastrefresh', 'lastrefreshedat', 'lastrefreshat', 'refreshedat'], given);

function given(value: unknown): unknown {
  return value === null ? undefined : value;
}

/** Whether the person has disabled the login; undefined where the object says nothing about that. */
export function disabledIn(members: Members): boolean | undefined {
  const off = first(members, ['disabled', 'isdisabled'], readFlag);
  const on = first(members, ['enabled', 'isenabled'], readFlag);
  const status = readText(members.get('status'))?.toLowerCase();
  if (off !== undefined || on !== undefined) return off === true || on === false;
  return status === 'disabled' || status === 'inactive' ? true : undefined;
}

/** The place of the login in the person's own order. */
export const orderIn = reader(['sortindex', 'sortorder', 'order', 'position'], readNumber);

export function isActiveIn(members: Members): boolean {
  return first(members, ['isactive', 'active', 'iscurrent', 'current', 'isselected', 'selected'], readFlag) === true;
}

/** The names by which other parts of the file, or files beside it, may refer to the login. They are not labels. */
export function ownNamesIn(members: Members): string[] {
  const names = [
    'id',
    'key',
    'accountkey',
    'profileid',
    'uuid',
    'email',
    'alias',
    'label',
    'name',
    'accountid',
    'chatgptaccountid',
  ];
  return names.flatMap((name) => readText(members.get(name)) ?? []);
}

/** Which of the logins in it an object says to be in use: by name, id or 0-based position. */
export function choicesIn(members: Members): (string | number)[] {
  return [...members].flatMap(([name, value]) => {
    const isChoice =
      /^(?:active|current|selected|default)(?:account|profile|user|provider)?(?:id|key|name|email|index)?$/;
    const isNamed = typeof value === 'number' || (typeof value === 'string' && value !== '');
    return isChoice.test(name) && isNamed ? [value as string | number] : [];
  });
}

const ours = /openai|codex|chat_?g_?p_?t/i;
const others =
  /anthropic|claude|gemini|google|vertex|antigravity|copilot|github|xai|grok|qwen|iflow|kimi|moonshot|kiro|cursor|mistral|bedrock|azure|deepseek|openrouter/i;

/** Whether the file says that the login is one of our provider or of another; undefined where it does not say. */
export function providerIn(members: Members): 'ours' | 'other' | undefined {
  for (const name of ['type', 'provider', 'platform', 'providerid', 'service', 'authmode']) {
    const said = providerNamed(readText(members.get(name)));
    if (said !== undefined) return said;
  }
  return undefined;
}

export function providerNamed(text: string | undefined): 'ours' | 'other' | undefined {
  if (text === undefined) return undefined;
  if (ours.test(text)) return 'ours';
  return others.test(text) ? 'other' : undefined;
}
