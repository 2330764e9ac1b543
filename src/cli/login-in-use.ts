import * as z from 'zod/mini';
import { findSame } from '../core/accounts/identity.js';
import type { Roster } from '../core/accounts/roster.js';
import { unadoptableReasons } from '../core/codex/auth-file.js';
import { definedOnly } from '../core/defined-only.js';
import { readAllScopes } from '../core/storage/scope-files.js';
import { shownEmail } from './account-view.js';
import type { Context } from './context.js';
import { FailureView } from './probe-failure.js';

/** Whose login the official client has. */
export const LoginInUse = z.object({
  holds: z.enum(['account', 'set-aside', 'unknown-login', 'unadoptable', 'nothing']),
  /** The account, when it is one of ours. */
  id: z.exactOptional(z.string()),
  email: z.exactOptional(z.string()),
  /** What is to be done about it; a login that is set aside is explained by a warning. */
  problem: z.exactOptional(FailureView),
});
export type LoginInUse = z.infer<typeof LoginInUse>;

export function loginInUse(context: Context, { authFile: { content }, active }: Roster): LoginInUse {
  const { root, home, options } = context;
  if (content === undefined) return { holds: 'nothing' };
  if (content.kind === 'unadoptable') {
    const message = `${home.authFile} holds ${unadoptableReasons[content.reason]}, and no account of yours`;
    const hint = 'codex-auth switch <account> --replace  (a copy is kept)';
    return { holds: 'unadoptable', problem: { code: content.reason, message, hint } };
  }
  const { identity } = content.login;
  const email = shownEmail(identity.email, options.mask === true);
  if (active !== undefined) return definedOnly({ holds: 'account' as const, id: active.account.id, email });
  const setAside = readAllScopes(root.paths).flatMap(({ flagged }) => flagged.accounts);
  const flagged = findSame(setAside, identity);
  if (flagged !== undefined) return definedOnly({ holds: 'set-aside' as const, id: flagged.id, email });
  const message = `the official client is signed in as ${email ?? 'somebody'}, who is none of these accounts`;
  const hint = 'codex-auth switch <account>  (takes that login in as a new account first)';
  return definedOnly({ holds: 'unknown-login' as const, email, problem: { code: 'unknown-login', message, hint } });
}
