import type { TokenSet } from '../accounts/account.js';
import { identityOfTokens } from '../accounts/token-identity.js';
import { definedOnly } from '../defined-only.js';
import { endByOurClock } from '../logins/journal-answer.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { areTokensOf } from '../logins/rotation.js';
import { requestWorkspaceToken } from '../provider/workspace-switch.js';
import { accountOfFile, type TokenFile } from './token-file.js';

/** The tokens for one file; without an access token when there is none for its workspace. */
export interface FileTokens {
  readonly file: TokenFile;
  readonly tokens: Partial<TokenSet>;
}

type SwitchDeps = Pick<RefreshDeps, 'http' | 'provider' | 'callOptions' | 'root'>;

/**
 * What a file gets from a login that has just been renewed. Access and id token belong to one workspace; a file of
 * another workspace of the same login gets the refresh token, and an access token of its own, which costs nothing
 * (official-client.md#workspaces).
 */
export async function tokensForFile(deps: SwitchDeps, file: TokenFile, renewed: TokenSet): Promise<FileTokens> {
  const { generation: _, ...tokens } = renewed;
  if (areTokensOf(accountOfFile(file), tokens)) return { file, tokens };
  const { refreshToken, lastRefresh } = tokens;
  return { file, tokens: definedOnly({ refreshToken, lastRefresh, ...(await enter(deps, file, renewed)) }) };
}

async function enter(
  { http, provider, callOptions, root }: SwitchDeps,
  { login }: TokenFile,
  renewed: TokenSet,
): Promise<Partial<TokenSet>> {
  const { accessToken } = renewed;
  const workspaceId = login.identity.accountId;
  if (workspaceId === undefined || accessToken === undefined) return {};
  const credentials = { accessToken, ...definedOnly({ accountId: identityOfTokens(renewed).accountId }) };
  const switched = await requestWorkspaceToken(http, provider, credentials, workspaceId, callOptions);
  if (switched.kind !== 'switched') return {};
  const expiresAt = endByOurClock(switched.accessToken.reveal(), root.clock.now(), switched.serverDate);
  return { accessToken: switched.accessToken, ...definedOnly({ expiresAt }) };
}
