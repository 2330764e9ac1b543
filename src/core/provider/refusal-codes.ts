/**
 * What a code of the provider is about.
 * `login-ended`: this login, which only a new sign-in replaces. `account-blocked`: the account or its workspace, and
 * another login would not help. `client-refused`: this program. `region`: the place that the request came from.
 * `passing`: the provider's own state, which says nothing about anybody.
 */
export type CodeMeaning = 'login-ended' | 'account-blocked' | 'client-refused' | 'region' | 'passing';

const over = '(?:expired|ended|terminated|revoked|invalidated|invalid|not_found|deleted|logged_out)';
const gone = '(?:deleted|deactivated|disabled|suspended|banned|blocked|closed|terminated|removed)';
const whose = '(?:account|user|workspace|organization|org|member)';

/** Looked at in this order. Codes that are in none of them say nothing certain. */
const meanings: readonly (readonly [CodeMeaning, RegExp])[] = [
  [
    'region',
    /^(?:unsupported_(?:country|region|territory|location)|(?:country|region|location)_(?:not|un)_?supported)/,
  ],
  [
    'passing',
    /(?:^|_)(?:rate_limit|rate_limited|too_many|temporarily|unavailable|overloaded|timeout|try_again|in_progress)/,
  ],
  ['passing', /^(?:server_error|internal_error|internal_server_error|slow_down|service_busy)$/],
  ['client-refused', /^(?:(?:invalid|unauthorized|disabled|unknown)_client|client_(?:disabled|outdated|version_.+))$/],
  ['client-refused', /^(?:unsupported_grant_type|unsupported_client_version|upgrade_required)$/],
  ['account-blocked', new RegExp(`^(?:${whose}_(?:is_)?${gone}|${gone}_${whose})$`)],
  // A token that is missing or busy is not at its end.
  ['login-ended', /^refresh_token_(?!missing|required|in_use|locked|conflict)/],
  ['login-ended', new RegExp(`^(?:app_|user_|auth_|login_)?session_${over}$`)],
  ['login-ended', /^(?:invalid|expired|revoked|unknown|reused)_(?:refresh_token|session)$/],
  ['login-ended', new RegExp(`^(?:auth_|login_|grant_)?token_(?:${over}|reused)$|^(?:grant|login)_${over}$`)],
  ['login-ended', /^(?:invalid_grant|(?:(?:account|user)_)?(?:email|password)_changed)$/],
  ['login-ended', /^(?:login|interaction|reauth(?:entication|orization)?)_required$/],
];

export function meaningOf(code: string | undefined): CodeMeaning | undefined {
  if (code === undefined) return undefined;
  return meanings.find(([, pattern]) => pattern.test(code))?.[0];
}
