import { describe, expect, test } from 'vitest';
import { resolveProvider, userAgent } from '../../../src/core/provider/provider.js';

test('without overrides the provider is the official one', () => {
  expect(resolveProvider({})).toEqual({
    issuer: 'https://auth.openai.com',
    clientId: 'app_EMoamEEZ73f0CkXaXp7hrann',
    backendUrl: 'https://chatgpt.com/backend-api',
    originator: 'codex_cli_rs',
    isOverridden: false,
    overrides: [],
  });
});

test('empty values and the official address are no override', () => {
  const provider = resolveProvider({ issuer: 'https://AUTH.openai.com/', backendUrl: ' ' });
  expect(provider).toMatchObject({ issuer: 'https://auth.openai.com', isOverridden: false, overrides: [] });
});

describe('an override', () => {
  test.each([
    ['https://login.corp.example', 'https://login.corp.example'],
    ['https://login.corp.example:8443/auth//', 'https://login.corp.example:8443/auth'],
    ['http://127.0.0.1:9000/', 'http://127.0.0.1:9000'],
    ['http://127.9.9.9:9000', 'http://127.9.9.9:9000'],
    ['http://[::1]:9000', 'http://[::1]:9000'],
    ['http://localhost:9000/x', 'http://localhost:9000/x'],
  ])('%s is taken without trailing slash', (issuer, expected) => {
    expect(resolveProvider({ issuer })).toMatchObject({
      issuer: expected,
      isOverridden: true,
      overrides: ['CODEX_AUTH_ISSUER'],
    });
  });

  test.each([
    'http://login.corp.example',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://128.0.0.1',
    'http://0.0.0.0',
    'https://me:hunter2@login.corp.example',
    'https://login.corp.example/?key=hunter2',
    'https://login.corp.example/?',
    'https://login.corp.example/#hunter2',
    'ftp://login.corp.example',
    'file:///hunter2',
    'hunter2',
  ])('%s is refused by the name of its variable, without quoting it', (backendUrl) => {
    const attempt = () => resolveProvider({ backendUrl });
    expect(attempt).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(attempt).toThrow(/^CODEX_AUTH_BACKEND_URL /);
    expect(attempt).not.toThrow(/hunter2|corp/);
  });

  test('of both names both variables', () => {
    const both = { issuer: 'http://localhost:1', backendUrl: 'http://localhost:2/backend-api' };
    expect(resolveProvider(both).overrides).toEqual(['CODEX_AUTH_ISSUER', 'CODEX_AUTH_BACKEND_URL']);
  });
});

test('the user agent says who is calling', () => {
  expect(userAgent('1.2.3', 'linux', 'x64')).toBe('codex-auth/1.2.3 (linux; x64)');
});
