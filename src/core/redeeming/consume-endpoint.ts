import type { Account } from '../accounts/account.js';
import { type AuthorizedAnswer, askAsAccount, type BackendAccess } from '../asking/authorized-call.js';
import type { HttpOutcome } from '../http/client.js';
import { isJsonObject } from '../json-object.js';
import { jsonIn } from '../json-text.js';
import { judgeBackendAnswer, postOnce } from '../provider/backend-call.js';
import type { FailedAnswer } from '../provider/describe-answer.js';
import { readProviderError } from '../provider/provider-error.js';
import type { UnsettledRequest } from './unsettled.js';

const consumePath = '/wham/rate-limit-reset-credits/consume';

/** What became of a request to spend a credit, in the provider's words. Only the first has spent one. */
const definiteCodes = ['reset', 'nothing_to_reset', 'no_credit', 'already_redeemed'] as const;
export type RedemptionCode = (typeof definiteCodes)[number];

export interface Definite {
  readonly kind: 'definite';
  readonly code: RedemptionCode;
  /** As the provider names them; empty where it names none. */
  readonly windowsReset: readonly string[];
}

/** The verdict on an answer. */
export type Consumption =
  | Definite
  /** `mayHaveWorked`: nobody knows whether the credit is spent. Else it is not, as far as this request goes. */
  | (FailedAnswer & { readonly mayHaveWorked: boolean });

/**
 * Asks the provider to spend a credit (official-client.md#reset-credits). The caller has the request on disk: the same
 * one may be sent again as often as there is no definite answer, and spends one credit at most.
 */
export function consumeCredit(
  access: BackendAccess,
  account: Account,
  { requestId, creditId }: Pick<UnsettledRequest, 'requestId' | 'creditId'>,
): Promise<AuthorizedAnswer<Consumption>> {
  const { http, provider, callOptions, root } = access;
  const body = { redeem_request_id: requestId, ...(creditId === undefined ? {} : { credit_id: creditId }) };
  return askAsAccount<Consumption>(access, account, async (credentials) =>
    judgeConsumption(
      await postOnce(http, provider, { path: consumePath, body }, credentials, callOptions),
      root.clock.now(),
    ),
  ) as Promise<AuthorizedAnswer<Consumption>>;
}

/** Pure. Any answer but the provider's four counts as no answer, and the request stays open. */
export function judgeConsumption(outcome: HttpOutcome, now: number): Consumption {
  const definite = outcome.kind === 'answer' ? definiteIn(outcome) : undefined;
  if (definite !== undefined) return definite;
  const answer = judgeBackendAnswer(outcome, now);
  if (answer.kind === 'ok') return { kind: 'malformed', status: 200, message: noKnownCode, mayHaveWorked: true };
  return { ...answer, mayHaveWorked: outcome.kind !== 'unsent' && mayHaveWorked(answer) };
}

const noKnownCode = 'it does not say what became of the credit';

function definiteIn({ status, body }: Extract<HttpOutcome, { kind: 'answer' }>): Consumption | undefined {
  // A gateway in front of the provider answers with these too, and knows nothing of credits.
  if (status >= 500) return undefined;
  const json = jsonIn(body);
  const said = status < 300 && isJsonObject(json) ? json['code'] : readProviderError(body)?.providerCode;
  const code = definiteCodes.find((each) => each === said);
  return code === undefined ? undefined : { kind: 'definite', code, windowsReset: windowsIn(json) };
}

const mostWindows = 20;

function windowsIn(json: unknown): string[] {
  const list = isJsonObject(json) ? json['windows_reset'] : undefined;
  const names = Array.isArray(list) ? list.filter((each) => typeof each === 'string' && each.length <= 100) : [];
  return names.slice(0, mostWindows);
}

/** Refusals that may be about another sending of the same request: a conflict, or one that is still being worked on. */
const openRefusals = [408, 409, 425];

function mayHaveWorked(answer: FailedAnswer): boolean {
  switch (answer.kind) {
    case 'unauthorized':
    case 'forbidden':
    case 'closed':
    case 'rate-limited':
      return false;
    case 'refused':
      return answer.status === undefined || openRefusals.includes(answer.status);
    default:
      return true;
  }
}
