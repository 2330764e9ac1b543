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
