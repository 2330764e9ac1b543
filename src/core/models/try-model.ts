import type { Account } from '../accounts/account.js';
import { type AuthorizedAnswer, askAsAccount, type BackendAccess } from '../asking/authorized-call.js';
import { postForStream } from '../provider/backend-call.js';
import { isDecided } from './event-stream.js';
import { judgeModelAnswer, type ModelVerdict } from './model-verdict.js';

/**
 * Asks a model for one word and stops listening at the first sign of it. The one request of this program that spends
 * quota (P16). A limit on the length is not sent, because this endpoint refuses it.
 */
export function tryModel(
  access: BackendAccess,
  account: Account,
  model: string,
): Promise<AuthorizedAnswer<ModelVerdict>> {
  const { http, provider, callOptions, root } = access;
  const question = { path: '/codex/responses', body: smallestTurn(model), isEnough: isDecided };
  return askAsAccount<ModelVerdict>(access, account, async (credentials) =>
    judgeModelAnswer(await postForStream(http, provider, question, credentials, callOptions), root.clock.now()),
  );
}

function smallestTurn(model: string): object {
  return {
    model,
    instructions: 'Answer with the word ok.',
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'ok' }] }],
    store: false,
    stream: true,
  };
}
