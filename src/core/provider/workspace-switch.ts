import * as z from 'zod/mini';
import { readClaims } from '../accounts/jwt-claims.js';
import { definedOnly } from '../defined-only.js';
import type { HttpClient } from '../http/client.js';
import { Secret } from '../secret.js';
import { type BackendAnswer, type BackendCredentials, judgeBackendAnswer } from './backend-call.js';
import type { Provider } from './provider.js';
import { type CallOptions, tokenDeadlineMs } from './provider.js';
import { readServerDate } from './provider-answer.js';

export interface SwitchedToken {
  readonly accessToken: Secret;
  readonly serverDate?: number;
}

const Answer = z.object({ access_token: z.string().check(z.minLength(1)) });

/** Why there is none. */
export type NoWorkspaceToken =
  | Exclude<BackendAnswer, { kind: 'ok' }>
  /** The answer was for yet another workspace. */
  | { readonly kind: 'other-workspace' };

export type WorkspaceToken = ({ readonly kind: 'switched' } & SwitchedToken) | NoWorkspaceToken;

/**
 * An access token for another workspace of the login that `credentials` belong to (official-client.md#workspaces). It
 * spends nothing, so that a lost answer costs nothing.
 */
export async function requestWorkspaceToken(
  http: HttpClient,
  provider: Provider,
  credentials: BackendCredentials,
  workspaceId: string,
  { userAgent, deadlineMs = tokenDeadlineMs }: CallOptions,
): Promise<WorkspaceToken> {
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
  // When a limit ends is of no interest here, hence no clock.
  const judged = judgeBackendAnswer(outcome, 0);
  if (judged.kind !== 'ok' || outcome.kind !== 'answer') return judged.kind === 'ok' ? noToken : judged;
  const answer = Answer.safeParse(judged.body);
  if (!answer.success) return noToken;
  const { access_token } = answer.data;
  const isForAnother = (readClaims(access_token)?.accountId ?? workspaceId) !== workspaceId;
  if (isForAnother) return { kind: 'other-workspace' };
  const serverDate = readServerDate(outcome.headers);
  return { kind: 'switched', accessToken: new Secret(access_token), ...definedOnly({ serverDate }) };
}

const noToken = { kind: 'malformed', status: 200, message: 'it holds no access token' } as const;
