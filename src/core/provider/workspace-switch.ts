import * as z from 'zod/mini';
import type { TokenSet } from '../accounts/account.js';
import type { Identity } from '../accounts/identity.js';
import { readClaims } from '../accounts/jwt-claims.js';
import { parseWorkspaces, workspacesPath } from '../accounts/workspaces.js';
import { definedOnly } from '../defined-only.js';
import { type HttpClient, readServerDate } from '../http/client.js';
import { Secret } from '../secret.js';
import { type BackendAnswer, type BackendCredentials, getBackend, judgeBackendAnswer } from './backend-call.js';
import { type CallOptions, type Provider, tokenDeadlineMs } from './provider.js';

interface SwitchedToken {
  readonly accessToken: Secret;
  readonly serverDate?: number;
}

const Answer = z.object({ access_token: z.string().check(z.minLength(1)) });

/** Why there is no token for the workspace. */
export type NoWorkspaceToken =
  | Exclude<BackendAnswer, { kind: 'ok' }>
  /** The answer was for yet another workspace. */
  | { readonly kind: 'other-workspace' };

type WorkspaceToken = ({ readonly kind: 'switched' } & SwitchedToken) | NoWorkspaceToken;

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

/** A sign-in is not to wait longer for a name. */
const nameDeadlineMs = 3_000;

/**
 * What the workspace of a new login is called, so that two workspaces of one email look different. Best effort: undefined
 * when the backend does not say it in 3 s, because a login is good without it.
 */
export async function findWorkspaceName(
  http: HttpClient,
  provider: Provider,
  { identity: { accountId }, tokens }: { readonly identity: Identity; readonly tokens: TokenSet },
  options: CallOptions,
): Promise<string | undefined> {
  if (tokens.accessToken === undefined || accountId === undefined) return undefined;
  const deadlineMs = Math.min(options.deadlineMs ?? nameDeadlineMs, nameDeadlineMs);
  const credentials = { accessToken: tokens.accessToken, accountId };
  const outcome = await getBackend(http, provider, workspacesPath, credentials, { ...options, deadlineMs });
  // The limit of an answer that says 429 is of no interest here, hence no clock.
  const answer = judgeBackendAnswer(outcome, 0);
  if (answer.kind !== 'ok') return undefined;
  return parseWorkspaces(answer.body)?.find(({ id }) => id === accountId)?.name;
}
