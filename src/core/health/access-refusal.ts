import { definedOnly } from '../defined-only.js';
import { isJsonObject } from '../json-object.js';
import { isNumber, isText } from '../json-values.js';
import { printable } from '../printable.js';
import type { BackendAnswer } from '../provider/backend-call.js';
import { meaningOf } from '../provider/refusal-codes.js';

/** That the provider turned an account away, and when. {@link standingRefusal} tells whether that still holds. */
export interface AccessRefusal {
  /** The provider's own code (`deactivated_workspace`, …) where it gave one, else what kind of refusal it was. */
  readonly code: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The refusal is about the account or its workspace: other tokens would not help. */
  readonly isLasting?: true;
}

/** Whether a stored value is one. */
export function isAccessRefusal(value: unknown): value is AccessRefusal {
  if (!isJsonObject(value)) return false;
  const { code, at, isLasting } = value;
  return isText(code) && isNumber(at) && (isLasting === undefined || isLasting === true);
}

/** What the provider's refusals of an account mean; a code that is not here is quoted. */
const meanings: ReadonlyMap<string, string> = new Map(
  Object.entries({
    deactivated_workspace: 'its workspace has been deactivated',
    'workspace-deactivated': 'its workspace has been deactivated',
    workspace_deactivated: 'its workspace has been deactivated',
    'workspace-gone': 'its login may no longer use its workspace',
    workspace_deleted: 'its workspace has been deleted',
    account_deactivated: 'the provider has deactivated this account',
    account_deleted: 'the provider has deleted this account',
    invalid_workspace_selected: 'its login may not use this workspace',
    token_revoked: 'its login has been revoked',
    token_expired: 'its access token was refused',
    token_invalidated: 'its access token was refused',
    invalid_token: 'its access token was refused',
    unauthorized: 'its login was refused',
    closed: 'its workspace lets nobody in (402)',
  }),
);

export function refusalText(code: string): string {
  return meanings.get(code) ?? `the provider refuses it (${printable(code)})`;
}

/** Whether a code is about the account or its workspace, by the words in it; all other codes are about the tokens. */
function isLastingRefusal(code: string): boolean {
  return (
    meaningOf(code) === 'account-blocked' ||
    /workspace|account|entitle|organi[sz]ation|deactivated|suspended|banned|not_included|subscription|payment/.test(
      code,
    )
  );
}

/** The refusal if it still holds: one that is about the tokens ends when newer tokens are received. */
export function standingRefusal(
  refusal: AccessRefusal | undefined,
  { lastRefresh = 0 }: { readonly lastRefresh?: number },
): AccessRefusal | undefined {
  return refusal?.isLasting === true || (refusal !== undefined && refusal.at >= lastRefresh) ? refusal : undefined;
}

/** What an answer says about the access of the account: a refusal, `cleared` by a good answer, or nothing. */
export function refusalIn(answer: BackendAnswer, now: number): AccessRefusal | 'cleared' | undefined {
  if (answer.kind === 'ok') return 'cleared';
  const { kind } = answer;
  if (kind !== 'unauthorized' && kind !== 'closed' && kind !== 'forbidden' && kind !== 'refused') return undefined;
  const { providerCode } = answer;
  const isLasting = kind === 'closed' || (providerCode !== undefined && isLastingRefusal(providerCode));
  const isOfLogin = kind === 'unauthorized' || meaningOf(providerCode) === 'login-ended';
  // Any other 4xx may be about the request, or come from something on the way.
  if (!isOfLogin && !isLasting) return undefined;
  return definedOnly({ code: providerCode ?? kind, at: now, isLasting: isLasting ? (true as const) : undefined });
}

/** The refusal to remember after an answer. */
export function refusalAfter(
  before: AccessRefusal | undefined,
  answer: BackendAnswer | undefined,
  now: number,
): AccessRefusal | undefined {
  const said = answer === undefined ? undefined : refusalIn(answer, now);
  return said === 'cleared' ? undefined : (said ?? before);
}
