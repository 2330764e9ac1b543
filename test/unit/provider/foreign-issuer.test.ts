import { describe, expect, it } from 'vitest';
import { areOfDifferentIssuers, foreignIssuerOfFile } from '../../../src/core/provider/foreign-issuer.js';
import { resolveProvider } from '../../../src/core/provider/provider.js';
import { Secret } from '../../../src/core/secret.js';
import { tokenFor } from '../../support/unsigned-tokens.js';

const openai = 'https://auth.openai.com';
const other = 'https://login.example.com';

/** A copy of a login: what its tokens say, and where it is known to come from. */
function copy({ iss, address, refreshToken = 'rt' }: { iss?: string; address?: string; refreshToken?: string }) {
  const accessToken = new Secret(tokenFor({ issuer: iss, iat: 1 }));
  return {
    tokens: { generation: 0, accessToken, refreshToken: new Secret(refreshToken) },
    ...(address === undefined ? {} : { provenance: { issuer: address, clientId: 'app' } }),
  };
}

describe('two copies of a login', () => {
  it.each([
    ['say the same', { iss: openai }, { iss: `${openai}/` }, false],
    ['say different things', { iss: openai }, { iss: other }, true],
    ['of which one says nothing', { iss: openai }, {}, false],
    ['name the provider by its former address', { iss: 'https://auth0.openai.com/' }, { iss: openai }, false],
    [
      'agree in the address at least, as behind a proxy',
      { iss: openai, address: other },
      { iss: 'x', address: other },
      false,
    ],
    ['agree in the tokens at least', { iss: openai, address: other }, { iss: openai, address: openai }, false],
    ['agree in nothing', { iss: openai, address: openai }, { iss: other, address: other }, true],
  ])('that %s', (_, one, another, expected) => {
    expect(areOfDifferentIssuers(copy(one), copy({ ...another, refreshToken: 'rt-2' }))).toBe(expected);
    expect(areOfDifferentIssuers(copy({ ...another, refreshToken: 'rt-2' }), copy(one))).toBe(expected);
  });

  it('with one refresh token are one login, whatever they say', () => {
    expect(areOfDifferentIssuers(copy({ iss: openai }), copy({ iss: other }))).toBe(false);
  });
});

it.each([
  [{ iss: openai }, undefined],
  [{ iss: 'https://auth0.openai.com/' }, undefined],
  [{}, undefined],
  [{ iss: other }, other],
  [{ iss: other, address: openai }, undefined],
  [{ iss: openai, address: other }, other],
])('a file that says %j is of %s', (says, expected) => {
  expect(foreignIssuerOfFile(copy(says), resolveProvider({}))).toBe(expected);
});
