import * as z from 'zod/mini';
import { unadoptableReasons } from '../../core/codex/auth-file.js';
import { loginPlace } from '../../core/codex/official-login.js';
import { definedOnly } from '../../core/defined-only.js';
import type { Roster } from '../../core/logins/roster.js';
import type { Context } from '../program/context.js';
import { setAsideInUse } from '../switching/flagged-in-use.js';
import { shownEmail } from './account-view.js';
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

export function loginInUse(context: Context, roster: Roster): LoginInUse {
  const { home, options } = context;
  const { active } = roster;
  const { content } = roster.authFile;
  if (content === undefined) return { holds: 'nothing' };
  if (content.kind === 'unadoptable') {
    const message = `${loginPlace(home)} holds ${unadoptableReasons[content.reason]}, and no account of yours`;
    const hint = 'codex-auth switch <account> --replace  (a copy is kept)';
    return { holds: 'unadoptable', problem: { code: content.reason, message, hint } };
  }
  const { identity } = content.login;
  const email = shownEmail(identity.email, options.mask === true);
  if (active !== undefined) return definedOnly({ holds: 'account' as const, id: active.account.id, email });
  const flagged = setAsideInUse(roster);
  if (flagged !== undefined) return definedOnly({ holds: 'set-aside' as const, id: flagged.id, email });
  const message = `the official client is signed in as ${email ?? 'an account'}, which was removed here`;
  const hint = 'codex-auth switch <account>, or bring it back: codex-auth login';
  return definedOnly({ holds: 'unknown-login' as const, email, problem: { code: 'unknown-login', message, hint } });
}
