import { definedOnly } from './defined-only.js';
import type { AppError } from './errors.js';

/** What the provider gave as its reason: the code a plain word, the message one short printable line. */
export interface ProviderReason {
  readonly providerCode?: string;
  readonly providerMessage?: string;
}

/** Only the reason in a value that says more, for a message, a document or a file. */
export function reasonIn(value: ProviderReason | undefined): ProviderReason {
  return definedOnly({ providerCode: value?.providerCode, providerMessage: value?.providerMessage });
}

/** The same in the details of an error, which hold anything. */
function reasonInDetails(details: Readonly<Record<string, unknown>> = {}): ProviderReason {
  const { providerCode: code, providerMessage: message } = details;
  return definedOnly({
    providerCode: typeof code === 'string' ? code : undefined,
    providerMessage: typeof message === 'string' ? message : undefined,
  });
}

/**
 * A sentence with the reason behind it, as far as there is one: `the provider refuses it (token_revoked, 401): its words`.
 * `facts` stand between the code and the words.
 */
export function withReason(
  sentence: string,
  { providerCode, providerMessage }: ProviderReason,
  ...facts: readonly (string | number | undefined)[]
): string {
  const known = [providerCode, ...facts].filter((fact) => fact !== undefined);
  const brackets = known.length === 0 ? '' : ` (${known.join(', ')})`;
  return `${sentence}${brackets}${providerMessage === undefined ? '' : `: ${providerMessage}`}`;
}

/** Why something could not be done for one account, and what helps. */
export interface Failure extends ProviderReason {
  readonly code: string;
  /** One sentence for a person. */
  readonly message: string;
  /** The next command or action, where there is one. */
  readonly hint?: string;
  /** When it may be tried again, ISO 8601, where that is known. */
  readonly retryAt?: string;
}

export function failureOf({ code, message, hint, details }: AppError): Failure {
  return { ...definedOnly({ code, message, hint }), ...reasonInDetails(details) };
}
