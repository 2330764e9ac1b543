import * as z from 'zod/mini';
import { readClaims } from '../accounts/jwt-claims.js';
import { definedOnly } from '../defined-only.js';
import type { HttpClient } from '../http/client.js';
import { Secret } from '../secret.js';
import type { BackendCredentials } from './backend-call.js';
import type { Provider } from './provider.js';
import { type CallOptions, tokenDeadlineMs } from './provider.js';
import { parseJson, readServerDate } from './provider-answer.js';

export interface SwitchedToken {
  readonly accessToken: Secret;
  readonly serverDate?: number;
}

const Answer = z.object({ access_token: z.string().check(z.minLength(1)) });

/**
 * An access token for another workspace of the login that `credentials` belong to (CODEX.md §4). It spends nothing, so
 * that a lost answer costs nothing. Undefined when the provider gives none, or one for a different workspace.
 */
export async function requestWorkspaceToken(
  http: HttpClient,
  provider: Provider,
  credentials: BackendCredentials,
  workspaceId: string,
  { userAgent, deadlineMs = tokenDeadlineMs }: CallOptions,
): Promise<SwitchedToken | undefined> {
  const outcome = await http.send({
    method: 'POST',
    url: `${provider.backendUrl}/accounts/switch-workspace-token`,
    headers: definedOnly({
      'user-agent': userAgent,
      authorization: `Bearer ${credentials.accessToken.reveal()}`,
      'chatgpt-account-id': credentials.accountId,
      'content-type': 'application/json',
      accept: 'application/json',
    }),
    body: JSON.stringify({ workspace_id: workspaceId }),
    deadlineMs: Math.min(deadlineMs, tokenDeadlineMs),
  });
  if (outcome.kind !== 'answer' || outcome.status < 200 || outcome.status >= 300) return undefined;
  const answer = Answer.safeParse(parseJson(outcome.body));
  if (!answer.success) return undefined;
  const { access_token } = answer.data;
  const isForAnother = (readClaims(access_token)?.accountId ?? workspaceId) !== workspaceId;
  if (isForAnother) return undefined;
  return { accessToken: new Secret(access_token), ...definedOnly({ serverDate: readServerDate(outcome.headers) }) };
}
