import { quoteProviderText, readProviderCode } from '../provider/provider-text.js';
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
  const message = explainDenial(error, description);
  return { kind: 'denied', error, message, ...(description === '' ? {} : { description }) };
}

function explainDenial(error: string, description: string): string {
  if (description.includes('missing_codex_entitlement')) {
    return 'Codex is not enabled for this workspace; ask its administrator for access, or sign in to another one';
  }
  const reason = description === '' ? error : `${error}: ${description}`;
  return error === 'access_denied'
    ? `the sign-in was declined in the browser (${reason})`
    : `the provider refused the sign-in (${reason})`;
}
