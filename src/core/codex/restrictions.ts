import { type Account, describeAccount } from '../accounts/account.js';
import { AppError } from '../errors.js';
import type { CodexConfig, ConfigProblem } from './config.js';

/** Why the official client would delete a login instead of using it (official-client.md#restrictions). */
export interface Restriction {
  /** `<file> …`, as a clause without a period. */
  readonly rule: string;
  readonly setting: 'forced_login_method' | 'forced_chatgpt_workspace_id';
  readonly path: string;
}

/** The rule of the client's configuration that a ChatGPT login of this account breaks. Pure. */
export function restrictionOn(config: CodexConfig, account: Pick<Account, 'accountId'>): Restriction | undefined {
  const { forcedLoginMethod: method, forcedWorkspaces: workspaces } = config;
  if (method.value === 'api') {
    return { setting: 'forced_login_method', path: method.path, rule: `${method.path} allows API keys only` };
  }
  const { value: allowed, path } = workspaces;
  if (allowed.length === 0 || allowed.includes(account.accountId ?? '')) return undefined;
  const rule = `${path} allows only ${allowed.length === 1 ? 'workspace' : 'workspaces'} ${allowed.join(', ')}`;
  return { setting: 'forced_chatgpt_workspace_id', path, rule };
}

/**
 * Throws `not-allowed` before the client is handed a login that it would answer with "Logging out."; also where nobody
 * can tell, because the restrictions are in a file that is no TOML: the client does not start before it is corrected,
 * and may log out then.
 */
export function refuseRestricted(config: CodexConfig, account: Account): void {
  if (config.problem?.hidesRestrictions === true) refuseUnknown(config.problem);
  const restriction = restrictionOn(config, account);
  if (restriction === undefined) return;
  const { rule, setting, path } = restriction;
  const consequence = `the official client would delete the login of ${describeAccount(account)}`;
  throw new AppError('not-allowed', `${rule}, so that ${consequence}`, {
    hint: `change ${setting} in ${path}, or choose another account: codex-auth list`,
    details: { setting, path },
  });
}

function refuseUnknown({ path, message }: ConfigProblem): never {
  throw new AppError('not-allowed', `${path} ${message}, so that nobody can tell which logins it allows`, {
    hint: `correct ${path}, without which the official client does not start either, then run the command again`,
    details: { path },
  });
}
