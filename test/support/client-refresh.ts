import { readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { CLIENT_ID } from './provider/client.js';
import type { TokenSet } from './provider/grants.js';
import type { RefreshHome } from './refresh-home.js';

/** Refreshes the login of a home as the official client does: through a link, it replaces what the link leads to. */
export async function refreshAsClient({ home, provider }: RefreshHome): Promise<TokenSet> {
  const target = realpathSync(home.authFile);
  const file = JSON.parse(readFileSync(target, 'utf8'));
  const body = {
    client_id: CLIENT_ID,
    grant_type: 'refresh_token',
    refresh_reason: 'proactive_expiry',
    refresh_token: file.tokens.refresh_token,
  };
  const answer = await fetch(`${provider.issuer}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the client was refused: ${answer.status} ${await answer.text()}`);
  const { id_token, access_token, refresh_token } = (await answer.json()) as TokenSet;
  const tokens = { ...file.tokens, id_token, access_token, refresh_token };
  const temporary = `${target}.client`;
  const last_refresh = new Date(provider.scenario.now() + 1).toISOString();
  writeFileSync(temporary, JSON.stringify({ ...file, tokens, last_refresh }, null, 2), { mode: 0o600 });
  renameSync(temporary, target);
  return { id_token, access_token, refresh_token };
}
