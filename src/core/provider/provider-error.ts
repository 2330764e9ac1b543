import { definedOnly } from '../defined-only.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { jsonIn } from '../json-text.js';
import { unprintable } from '../printable.js';
import type { ProviderReason } from '../provider-reason.js';
import { meaningOf } from './refusal-codes.js';

export interface ProviderError extends ProviderReason {
  /** It has the `error` of an OAuth server (RFC 6749 section 5.2), which no gateway in front of one sends. */
  readonly isOAuth: boolean;
}

/** Names under which a body says what went wrong, or holds the object that does; the more telling ones first. */
const codeNames = ['code', 'error_code', 'error', 'detail', 'type'];
const messageNames = ['error_description', 'message', 'detail', 'msg', 'error_message', 'title', 'error'];
const nestingNames = ['error', 'errors', 'detail', 'details', 'cause', 'body', 'data', 'response'];

const deepest = 6;
const mostObjects = 30;

/**
 * The error in the body of an answer, however it is wrapped: `{error: {code, message}}`, `{error, error_description}`,
 * `{code, message}`, `{detail: …}` as text, object or list, any of them inside another, and the title of a page.
 * Undefined where the body says nothing at all.
 */
export function readProviderError(body: string): ProviderError | undefined {
  const json = jsonIn(body);
  if (json !== undefined) return readErrorValue(json);
  const title = readPageTitle(body);
  return title === undefined ? undefined : { providerMessage: title, isOAuth: false };
}

/** The same of a value that has been parsed already. */
export function readErrorValue(json: unknown): ProviderError | undefined {
  const objects = unwrap(json);
  if (objects.length === 0) return undefined;
  const codes = objects.flatMap((object) => codeNames.flatMap((name) => readProviderCode(object[name]) ?? []));
  const code = codes.find((each) => meaningOf(each) === 'region') ?? codes[0];
  const words = objects.flatMap((object) => wordsIn(object)).find((each) => !codes.includes(each));
  const isOAuth = isJsonObject(json) && (typeof json['error'] === 'string' || isJsonObject(json['error']));
  if (code === undefined && words === undefined && !isOAuth) return undefined;
  return { ...definedOnly({ providerCode: code, providerMessage: words }), isOAuth };
}

/** The objects that can hold the error, the outermost first; a body that nests for ever is read as far as is useful. */
function unwrap(json: unknown): JsonObject[] {
  const found: JsonObject[] = [];
  let level: readonly unknown[] = [json];
  for (let depth = 0; depth < deepest && level.length > 0; depth += 1) {
    const objects = level.flatMap(asList).map(parsed).filter(isJsonObject);
    found.push(...objects.slice(0, mostObjects - found.length));
    level = objects.slice(0, mostObjects).flatMap((object) => nestingNames.map((name) => object[name]));
  }
  return found;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, mostObjects) : [value];
}

/** A gateway may send the provider's body as text inside its own. */
function parsed(value: unknown): unknown {
  return typeof value === 'string' && value.startsWith('{') ? jsonIn(value) : value;
}

function wordsIn(object: JsonObject): string[] {
  return messageNames.flatMap((name) => {
    const value = object[name];
    if (typeof value !== 'string' || isJsonObject(parsed(value))) return [];
    return quoteProviderText(value) || [];
  });
}

/** A page has no code; its title says who sent it. */
export function readPageTitle(body: string): string | undefined {
  const title = /<title[^>]*>([^<]{1,300})/i.exec(body.slice(0, 20_000))?.[1];
  return title === undefined ? undefined : quoteProviderText(title) || undefined;
}

const longestQuote = 300;
/** More than this is not looked at: an answer may be a megabyte of one sentence. */
const longestRead = 4_000;

/** Known beginnings of tokens, JWTs and keys; whatever follows belongs to them. */
const tokenPrefix = /\b(?:eyJ|rt_|rt\.|at_|sk-|ac_|at-(?=\S{12}))[A-Za-z0-9_\-.+/=~%]{6,}/g;

/** Opaque tokens have no mark; a long run that no word or error code looks like is taken for one. */
const longRun = /[A-Za-z0-9_\-.+/=~%]{20,}/g;

/**
 * Text from the provider, made fit for a terminal, a log and `--json` (P18): one line, at most 300 characters, without
 * control characters and without anything that looks like a token. Removing too much is the lesser harm.
 */
export function quoteProviderText(text: string): string {
  const line = text
    .slice(0, longestRead)
    .replace(/[\r\n\t]+/g, ' ')
    .replace(unprintable, '')
    .replace(tokenPrefix, '[removed]')
    .replace(longRun, (run) => (/[A-Z0-9]/.test(run) ? '[removed]' : run))
    .trim();
  const characters = [...line];
  return characters.length <= longestQuote ? line : `${characters.slice(0, longestQuote - 1).join('')}…`;
}

/** An error code of the provider, or undefined when it is no plain lower-case word (and might be anything). */
export function readProviderCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z][a-z_]{1,63}$/.test(value) ? value : undefined;
}
