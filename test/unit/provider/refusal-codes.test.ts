import { expect, test } from 'vitest';
import { type CodeMeaning, meaningOf } from '../../../src/core/provider/refusal-codes.js';

const codes: Readonly<Record<CodeMeaning, readonly string[]>> = {
  'login-ended': [
    'app_session_expired',
    'app_session_terminated',
    'session_expired',
    'session_revoked',
    'session_not_found',
    'invalid_session',
    'invalid_refresh_token',
    'expired_refresh_token',
    'refresh_token_expired',
    'refresh_token_reused',
    'refresh_token_invalidated',
    'refresh_token_revoked',
    'refresh_token_not_found',
    'token_expired',
    'token_revoked',
    'token_invalidated',
    'invalid_grant',
    'grant_revoked',
    'login_required',
    'email_changed',
    'account_email_changed',
    'password_changed',
  ],
  'account-blocked': [
    'account_deactivated',
    'account_deleted',
    'account_suspended',
    'account_banned',
    'user_deactivated',
    'user_deleted',
    'deactivated_workspace',
    'workspace_deactivated',
    'organization_disabled',
    'disabled_account',
  ],
  'client-refused': ['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'client_disabled'],
  region: [
    'unsupported_country_region_territory',
    'unsupported_country',
    'unsupported_region',
    'country_not_supported',
  ],
  passing: [
    'temporarily_unavailable',
    'service_unavailable',
    'server_error',
    'rate_limit_exceeded',
    'too_many_requests',
    'request_timeout',
    'refresh_token_rate_limited',
    'slow_down',
    'overloaded',
  ],
};

test.each(Object.entries(codes).flatMap(([meaning, each]) => each.map((code) => [code, meaning] as const)))(
  '%s: %s',
  (code, meaning) => {
    expect(meaningOf(code)).toBe(meaning);
  },
);

test.each([
  undefined,
  'unknown',
  'invalid_request',
  'access_denied',
  'forbidden',
  'refresh_token_missing',
  'refresh_token_in_use',
  'no_seat',
  'invalid_workspace_selected',
  'usage_limit_reached',
])('%s says nothing certain', (code) => {
  expect(meaningOf(code)).toBeUndefined();
});
