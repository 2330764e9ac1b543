import { definedOnly } from './defined-only.js';
import type { AppError } from './errors.js';
import { type ProviderReason, reasonInDetails } from './provider-reason.js';

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
