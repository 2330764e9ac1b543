import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../../src/core/duration.js';
import { mustReplace, whyDue, whyFileDue } from '../../../src/core/renewal/policy.js';
import { Secret } from '../../../src/core/secret.js';

const now = Date.UTC(2026, 10, 21, 12);
const day = 86_400_000;
const policy = { beforeMs: 3 * day, force: false };
const forced = { ...policy, force: true };
const secret = new Secret('x');
const tokens = (expiresAt: number | undefined, more: object = {}) => ({
  refreshToken: secret,
  accessToken: secret,
  idToken: secret,
  generation: 1,
  ...(expiresAt === undefined ? {} : { expiresAt }),
  ...more,
});

describe('an account is due', () => {
  test.each([
    ['when its token ends in time', tokens(now + 2 * day), policy, 'ends-soon'],
    ['at the very moment', tokens(now + 3 * day), policy, 'ends-soon'],
    ['when its token has ended', tokens(now - day), policy, 'ends-soon'],
    ['never before', tokens(now + 3 * day + 1), policy, undefined],
    ['not when nobody knows the end', tokens(undefined), policy, undefined],
    ['without an access token', tokens(now + 9 * day, { accessToken: undefined }), policy, 'no-access-token'],
    ['without an id token', tokens(now + 9 * day, { idToken: undefined }), policy, 'no-id-token'],
    ['when it is forced', tokens(now + 9 * day), forced, 'forced'],
  ])('%s', (_when, given, rules, reason) => {
    expect(whyDue(given, rules, now)).toBe(reason);
  });
});

describe('a token file is due', () => {
  const login = (expiresAt: number | undefined, statedExpiry: number | undefined) => ({
    identity: {},
    tokens: tokens(expiresAt),
    isDisabled: false,
    ...(statedExpiry === undefined ? {} : { statedExpiry }),
  });
  test.each([
    ['when its token ends in time', now + day, now + 9 * day, 'ends-soon'],
    ['when it says so itself', now + 9 * day, now + day, 'ends-soon'],
    ['when it does not say', now + 9 * day, undefined, 'no-stated-end'],
    ['not when both are far', now + 9 * day, now + 9 * day, undefined],
    ['by its own word for an opaque token', undefined, now + day, 'ends-soon'],
  ])('%s', (_when, expiresAt, stated, reason) => {
    expect(whyFileDue(login(expiresAt, stated), policy, now)).toBe(reason);
  });
});

test('a token that lives is replaced where something else is missing', () => {
  expect((['forced', 'no-id-token', 'no-stated-end'] as const).every(mustReplace)).toBe(true);
  expect((['ends-soon', 'no-access-token', 'outdated'] as const).some(mustReplace)).toBe(false);
});

test.each([
  ['3d', 3 * day],
  ['12h', day / 2],
  ['30m', 1_800_000],
  ['90s', 90_000],
  ['1d12h', 1.5 * day],
  ['2H', 7_200_000],
  ['0d', 0],
  ['', undefined],
  ['3', undefined],
  ['3 d', undefined],
  ['d', undefined],
  ['-3d', undefined],
  ['12h1d', undefined],
  ['1.5d', undefined],
  ['3w', undefined],
])('%j is a time of %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
