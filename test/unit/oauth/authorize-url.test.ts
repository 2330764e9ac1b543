import { expect, test } from 'vitest';
import { buildAuthorizeUrl, challengeOf, createPkce, createState } from '../../../src/core/oauth/authorize-url.js';
import { resolveProvider } from '../../../src/core/provider/provider.js';

const request = {
  redirectUri: 'http://127.0.0.1:1455/auth/callback',
  codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  state: 'Zm9v',
};

test('the address has the parameters of the official client, in its order and encoding', () => {
  expect(buildAuthorizeUrl(resolveProvider({}), request)).toBe(
    'https://auth.openai.com/oauth/authorize?response_type=code&client_id=app_EMoamEEZ73f0CkXaXp7hrann' +
      '&redirect_uri=http%3A%2F%2F127.0.0.1%3A1455%2Fauth%2Fcallback' +
      '&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&state=Zm9v' +
      '&scope=openid+profile+email+offline_access+api.connectors.read+api.connectors.invoke' +
      '&id_token_add_organizations=true&codex_cli_simplified_flow=true&originator=codex_cli_rs',
  );
});

test('a hint follows; an empty one is left out', () => {
  const url = buildAuthorizeUrl(resolveProvider({}), { ...request, loginHint: 'a+b@example.com' });
  expect(url.endsWith('&originator=codex_cli_rs&login_hint=a%2Bb%40example.com')).toBe(true);
  const empty = buildAuthorizeUrl(resolveProvider({}), { ...request, loginHint: '' });
  expect(empty.endsWith('&originator=codex_cli_rs')).toBe(true);
});

test('the challenge is the one of RFC 7636 appendix B', () => {
  expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(request.codeChallenge);
});

test('each login has its own verifier of 86 characters, its challenge, and a state of 43', () => {
  const [one, other] = [createPkce(), createPkce()];
  expect(one.verifier.reveal()).toMatch(/^[A-Za-z0-9_-]{86}$/);
  expect(one.challenge).toBe(challengeOf(one.verifier.reveal()));
  expect(one.verifier.equals(other.verifier)).toBe(false);
  expect(createState()).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(createState()).not.toBe(createState());
});
