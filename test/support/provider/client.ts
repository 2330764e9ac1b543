/** The official client's registration (official-client.md#sign-in). */
export const CLIENT_ID = 'app_EMoamEEZ73f0CkXaXp7hrann';
export const OPENID_SCOPE = 'openid profile email offline_access';
export const CONNECTOR_SCOPE = 'api.connectors.read api.connectors.invoke';
/** The audience of access tokens. */
export const RESOURCE = 'https://api.openai.com/v1';

/** On loopback the port of a native client's redirect is free (RFC 8252 section 7.3), so tests may use any. */
export const LOOPBACK_REDIRECTS = [1455, 1457].flatMap((port) => [
  `http://127.0.0.1:${port}/auth/callback`,
  `http://localhost:${port}/auth/callback`,
]);

export function deviceRedirect(issuer: string): string {
  return `${issuer}/deviceauth/callback`;
}
