import * as z from 'zod/mini';
import type { Workspace } from '../../core/accounts/workspaces.js';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import type { Roster } from '../../core/logins/roster.js';
import { bindingQuota } from '../../core/quota/binding-quota.js';
import { QuotaViewSchema, toQuotaView, toSnapshot } from '../../core/quota/snapshot.js';
import { indexAfter } from '../../core/session/asked-accounts.js';
import type { CheckAnswer } from '../../core/session/check.js';
import { failureOfCheck } from '../../core/session/check.js';
import { isNetworkFailure } from '../../core/session/failure.js';
import type { Context } from '../program/context.js';
import { formatWhen } from '../render/time.js';
import { accountRef, accountRefShape } from './account-ref.js';
import { FailureView } from './probe-failure.js';

export const CheckedAccount = z.object({
  ...accountRefShape,
  /** Absent when the account has just been set aside. */
  index: z.exactOptional(z.number()),
  active: z.boolean(),
  /** The access token after this check. */
  token: z.object({
    state: z.enum(['valid', 'refreshed', 'adopted', 'unusable']),
    expiresAt: z.exactOptional(z.iso.datetime()),
  }),
  /** When the refresh token last proved good; it is never spent just to test it. */
  refreshProvenAt: z.exactOptional(z.iso.datetime()),
  reachable: z.boolean(),
  quota: z.exactOptional(QuotaViewSchema),
  verdict: z.enum(['fine', 'attention', 'unreachable']),
  problem: z.exactOptional(FailureView),
});
export type CheckedAccount = z.infer<typeof CheckedAccount>;

/** `roster` as it stands after the check. */
export function checkedView(context: Context, roster: Roster, answer: CheckAnswer): CheckedAccount {
  const { asked, account, result, workspace, quota } = answer;
  const now = context.clock.now();
  const problem = failureOfCheck(answer, (at) => formatWhen(at, now));
  const { expiresAt, lastRefresh } = account.tokens;
  return definedOnly({
    ...accountRef({ ...account, ...nameFrom(workspace) }, 0, context.options.mask === true),
    index: indexAfter(roster, asked),
    active: roster.active?.account.id === account.id,
    token: definedOnly({
      state: tokenState(answer, now),
      expiresAt: expiresAt === undefined ? undefined : toIso(expiresAt),
    }),
    refreshProvenAt: lastRefresh === undefined ? undefined : toIso(lastRefresh),
    reachable: result.kind === 'answered' && result.answer.kind === 'ok',
    quota: quota?.kind === 'usage' ? toQuotaView(bindingQuota(toSnapshot(quota.usage), now), 'live', now) : undefined,
    verdict: verdictOf(problem),
    problem,
  });
}

function nameFrom(workspace: Workspace | undefined): { workspaceName?: string } {
  return workspace?.name === undefined ? {} : { workspaceName: workspace.name };
}

function tokenState({ asked, account, result }: CheckAnswer, now: number): CheckedAccount['token']['state'] {
  const { accessToken, expiresAt } = account.tokens;
  const isOver = accessToken === undefined || (expiresAt !== undefined && expiresAt <= now);
  if (isOver || (result.kind === 'answered' && result.answer.kind === 'unauthorized')) return 'unusable';
  if (asked.account.tokens.accessToken?.equals(accessToken) === true) return 'valid';
  return result.kind === 'answered' && result.recovery === 'reloaded' ? 'adopted' : 'refreshed';
}

function verdictOf(problem: FailureView | undefined): CheckedAccount['verdict'] {
  if (problem === undefined) return 'fine';
  return isNetworkFailure(problem) ? 'unreachable' : 'attention';
}
