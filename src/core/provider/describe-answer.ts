import type { ErrorCode } from '../errors.js';
import { proxyHint } from '../http/proxy-description.js';
import { type ProviderReason, reasonIn, withReason } from '../provider-reason.js';
import type { BackendAnswer } from './backend-call.js';
import { describeObstruction } from './obstruction.js';
import { meaningOf } from './refusal-codes.js';

export type FailedAnswer = Exclude<BackendAnswer, { kind: 'ok' }>;

/** An answer, or none, that says nothing about the account: of the network, the provider's state, or something in between. */
export type PassingAnswer = Exclude<FailedAnswer, { kind: 'unauthorized' | 'forbidden' | 'closed' | 'refused' }>;

export function isPassing(answer: FailedAnswer): answer is PassingAnswer {
  return !['unauthorized', 'forbidden', 'closed', 'refused'].includes(answer.kind);
}

export interface AnswerDescription<Code extends string = string> extends ProviderReason {
  readonly code: Code;
  /** One sentence for a person. */
  readonly message: string;
  /** The next command or action, where there is one. */
  readonly hint?: string;
}

interface Telling {
  /** How a time is shown. */
  readonly showTime?: (at: number) => string;
}

/** What an answer means; without a hint for a refused access token, because only the caller knows what helps. */
export function describeAnswer(answer: FailedAnswer, telling: Telling = {}): AnswerDescription {
  return isPassing(answer) ? describePassing(answer, telling) : describeRefusal(answer);
}

type Refusal = Exclude<FailedAnswer, PassingAnswer>;

function describeRefusal(answer: Refusal): AnswerDescription {
  const { kind, status, requestId, providerCode } = answer;
  const tell = (code: string, sentence: string, hint?: string): AnswerDescription => ({
    code,
    message: withReason(sentence, answer, status, requestId && `request ${requestId}`),
    ...(hint === undefined ? {} : { hint }),
    ...reasonIn(answer),
  });
  if (meaningOf(providerCode) === 'account-blocked') {
    return /workspace|organization|\borg/.test(providerCode ?? '')
      ? tell('workspace-deactivated', 'its workspace has been deactivated', askAdministrator)
      : tell('account-blocked', 'the provider has closed or blocked the account', askProvider);
  }
  if (/^invalid_workspace|workspace_(?:not_found|mismatch)$/.test(providerCode ?? '')) {
    return tell('workspace-gone', 'this login may not use its workspace', chooseWorkspace);
  }
  switch (kind) {
    case 'unauthorized':
      return tell('unauthorized', 'the access token is refused');
    case 'forbidden':
      return tell('forbidden', 'the provider forbids it');
    case 'closed':
      return tell('workspace-closed', 'its workspace lets nobody in', askAdministrator);
    case 'refused':
      return tell('refused', 'the provider refuses the request');
  }
}

export const askAdministrator = 'ask its administrator, or sign in and choose another workspace: codex-auth login';
export const chooseWorkspace = 'codex-auth login, and choose a workspace that is yours';
const askProvider = 'ask the provider or whoever runs the account; once it is back: codex-auth verify-flagged';

/** The same for an answer that says nothing about the account. */
export function describePassing(
  answer: PassingAnswer,
  { showTime }: Telling = {},
): AnswerDescription<ErrorCode | 'malformed'> {
  switch (answer.kind) {
    case 'obstructed':
      return describeObstruction(answer);
    case 'rate-limited': {
      const isTimed = answer.resetsAt !== undefined && showTime !== undefined;
      const until = isTimed ? ` until ${showTime(answer.resetsAt)}` : '';
      return { code: 'rate-limited', message: withReason(`rate limited${until}`, answer), ...reasonIn(answer) };
    }
    case 'server': {
      const { status, requestId } = answer;
      const request = requestId && `request ${requestId}`;
      const message = withReason('the provider has a problem', answer, status, request);
      return { code: 'provider-error', message, hint: 'try again in a minute', ...reasonIn(answer) };
    }
    case 'malformed':
      return {
        code: 'malformed',
        message: `the provider's answer (${answer.status}) cannot be read: ${answer.message}`,
      };
    case 'offline':
      return { code: 'offline', message: answer.message, hint: 'check the network and the proxy' };
    case 'proxy':
      return { code: 'proxy', message: answer.message, hint: proxyHint };
    case 'timeout':
      return { code: 'timeout', message: answer.message, hint: 'try again, or give it longer with --timeout' };
  }
}
