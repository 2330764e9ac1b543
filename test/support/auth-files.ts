import { tokenFor } from './unsigned-tokens.js';

/** What the official client writes after a browser login (official-client.md#login-file), for a made-up person. */
export function authFileOf(changes: { readonly top?: object; readonly tokens?: object } = {}) {
  const person = {
    userId: 'alice',
    accountId: 'home',
    email: 'alice@example.com',
    planType: 'plus',
    iat: 1000,
    exp: 9000,
  };
  return {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: 'sk-made-up',
    tokens: {
      id_token: tokenFor(person),
      access_token: tokenFor(person),
      refresh_token: 'rt-file',
      oauth_provenance: { issuer: 'https://auth.openai.com', client_id: 'app_made_up' },
      login_owner_id: 'owner-1',
      account_id: 'home',
      ...changes.tokens,
    } as Record<string, unknown>,
    last_refresh: '2026-11-21T01:50:18.829288596Z',
    ...changes.top,
  };
}

/** Login files in which nobody is signed in, as other tools and people leave them behind. */
export const emptied: readonly string[] = [
  '',
  ' \n\t',
  '\uFEFF',
  // What a power cut leaves on some file systems.
  '\0\0\0',
  '{"auth_mode":"chatgpt","tokens":{"id_token":null,"access_token":" "}}',
  'null',
  '{}',
  '[]',
  '""',
  '{"OPENAI_API_KEY":null}',
  '{"OPENAI_API_KEY":""}',
  '{"tokens":null}',
  '{"auth_mode":"chatgpt","tokens":{}}',
  '{"auth_mode":"apikey","OPENAI_API_KEY":null}',
  '{"auth_mode":null,"OPENAI_API_KEY":null,"tokens":null,"last_refresh":"2026-11-21T01:50:18Z"}',
  '{"tokens":{"id_token":"","access_token":"","refresh_token":"","account_id":null},"agent_identity":{}}',
];
