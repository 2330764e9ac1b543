import type { TokenSet } from '../accounts/account.js';
import type { Identity } from '../accounts/identity.js';
import { parseWorkspaces, workspacesPath } from '../accounts/workspaces.js';
import type { HttpClient } from '../http/client.js';
import { getBackend, judgeBackendAnswer } from './backend-call.js';
import type { CallOptions, Provider } from './provider.js';

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
