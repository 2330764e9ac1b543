import { type AskingFailed, obstructionOf, type Probe } from '../asking/usage-endpoint.js';
import { definedOnly } from '../defined-only.js';
import type { AppError } from '../errors.js';
import { describeObstruction, type ObstructionDescription } from '../provider/obstruction.js';
import { type ProviderReason, reasonInDetails } from '../provider-reason.js';

/** Why something could not be done for one account, and what helps. */
export interface Problem extends ProviderReason {
  readonly code: string;
  /** One sentence for a person. */
  readonly message: string;
  /** The next command or action, where there is one. */
  readonly hint?: string;
  /** When it may be tried again, ISO 8601, where that is known. */
  readonly retryAt?: string;
}

export function problemOf({ code, message, hint, details }: AppError): Problem {
  return { ...definedOnly({ code, message, hint }), ...reasonInDetails(details) };
}

export const obstructions = ['region', 'challenge', 'intercepted'];

/** Something stands between this machine and the provider: the same for every account, and said once. */
export function isObstruction({ code }: Pick<Problem, 'code'>): boolean {
  return obstructions.includes(code);
}

/** What came in the provider's place, which would be the same for every account. */
export function failureInTheWay(probe: Probe | AskingFailed | undefined): ObstructionDescription | undefined {
  const obstruction = obstructionOf(probe);
  return obstruction && describeObstruction(obstruction);
}
