import type { IncomingHttpHeaders } from 'node:http';
import { definedOnly } from '../defined-only.js';
import { quoteProviderText, readProviderCode } from '../provider/provider-error.js';
import { type CodeMeaning, meaningOf } from '../provider/refusal-codes.js';
import { Secret } from '../secret.js';

/** What an authorization response says (RFC 6749 section 4.1.2). Only `ok` and `denied` are known to be ours. */
export type CallbackParams =
  | { readonly kind: 'ok'; readonly code: Secret }
  | Denial
  | { readonly kind: 'state-mismatch' }
  | { readonly kind: 'missing-code' }
  /** Pasted text that is no authorization response at all. */
  | { readonly kind: 'unrecognized' };

export interface Denial {
  readonly kind: 'denied';
  /** The `error` parameter, or `unknown_error` when it is no plain code. */
  readonly error: string;
  /** The provider's own words, made safe to print. */
  readonly description?: string;
  /** What the code is about; absent where it says nothing certain. */
  readonly meaning?: CodeMeaning;
  /** For a person; lower case and no full stop, like every message. */
  readonly message: string;
}

/** `state` is judged before anything else is looked at (P19); a repeated parameter is a forgery or a mistake. */
export function readCallbackParams(parameters: URLSearchParams, expectedState: string): CallbackParams {
  if (expectedState === '' || single(parameters, 'state') !== expectedState) return { kind: 'state-mismatch' };
  const error = parameters.get('error');
  if (error !== null) return denial(error, parameters.get('error_description'));
  const code = single(parameters, 'code');
  return code === undefined || code === '' ? { kind: 'missing-code' } : { kind: 'ok', code: new Secret(code) };
}

/**
 * What a person pasted: the address of the page that could not be reached, its query, or `code#state`. A terminal
 * may have wrapped it, a chat quoted it, a shell escaped it; no valid form holds blanks, quotes or backslashes.
 */
export function readPastedCallback(text: string, expectedState: string): CallbackParams {
  const pasted = text.replace(/[\s'"`<>\\\u201c\u201d\u2018\u2019]+/g, '');
  if (/(?:^|[?&])(?:code|state|error)=/.test(pasted)) {
    return readCallbackParams(new URLSearchParams(queryOf(pasted)), expectedState);
  }
  const [code, state, ...rest] = pasted.split('#');
  if (!code || !state || rest.length > 0 || pasted.includes('://')) return { kind: 'unrecognized' };
  return readCallbackParams(new URLSearchParams({ code, state }), expectedState);
}

function queryOf(pasted: string): string {
  const afterMark = pasted.includes('?') ? pasted.slice(pasted.indexOf('?') + 1) : pasted;
  return afterMark.replace(/#.*$/, '');
}

function single(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name);
  return values.length === 1 ? values[0] : undefined;
}

function denial(rawError: string, rawDescription: string | null): Denial {
  const error = readProviderCode(rawError) ?? 'unknown_error';
  const description = quoteProviderText(rawDescription ?? '');
  const meaning = [error, ...(description.match(/[a-z_]+/g) ?? [])].map(meaningOf).find((each) => each !== undefined);
  const message = explainDenial(error, description, meaning);
  return { kind: 'denied', error, message, ...definedOnly({ description: description || undefined, meaning }) };
}

function explainDenial(error: string, description: string, meaning: CodeMeaning | undefined): string {
  if (description.includes('missing_codex_entitlement')) {
    return 'Codex is not enabled for this workspace; ask its administrator for access, or sign in to another one';
  }
  const reason = description === '' ? error : `${error}: ${description}`;
  if (meaning === 'region') return `the provider refuses sign-ins from where this machine is (${reason})`;
  return error === 'access_denied'
    ? `the sign-in was declined in the browser (${reason})`
    : `the provider refused the sign-in (${reason})`;
}

export const callbackPath = '/auth/callback';

interface CallbackRequest {
  readonly method: string;
  /** The request target as it was sent, path and query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

/** What a request to the callback server means. */
export type CallbackRoute =
  | { readonly kind: 'callback'; readonly params: CallbackParams }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'refused'; readonly status: 400 | 403 | 404 | 405; readonly text: string };

/** Judges one request without looking at anything but it (P19). */
export function routeCallbackRequest(
  request: CallbackRequest,
  server: { readonly port: number; readonly state: string },
): CallbackRoute {
  if (!isOurHost(request.headers.host, server.port)) return refused(400, 'Wrong host');
  if (request.method !== 'GET') return refused(405, 'Only GET');
  const [path, query] = splitTarget(request.target);
  if (path === callbackPath) {
    return { kind: 'callback', params: readCallbackParams(new URLSearchParams(query), server.state) };
  }
  if (path === '/cancel')
    return isFromBrowserPage(request.headers) ? refused(403, 'Not from a page') : { kind: 'cancel' };
  return refused(404, 'Not found');
}

/** A name that a stranger made resolve to 127.0.0.1 is not ours (DNS rebinding). */
function isOurHost(host: string | undefined, port: number): boolean {
  return host !== undefined && [`127.0.0.1:${port}`, `localhost:${port}`].includes(host.toLowerCase());
}

/** Any page can make a browser send this GET, but not without one of these headers; other programs send none. */
function isFromBrowserPage(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => /^(origin|referer|sec-fetch-.*)$/.test(name));
}

/** By hand: `new URL` would read `//host/auth/callback` and absolute targets as another host's path. */
function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf('?');
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

function refused(status: 400 | 403 | 404 | 405, text: string): CallbackRoute {
  return { kind: 'refused', status, text };
}
