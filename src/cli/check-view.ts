import * as z from 'zod/mini';
import type { Account } from '../core/accounts/account.js';
import type { Workspace } from '../core/accounts/workspaces.js';
import type { AuthorizedAnswer } from '../core/asking/authorized-call.js';
import type { AskingFailed, Probe } from '../core/asking/usage-endpoint.js';
import { definedOnly } from '../core/defined-only.js';
import type { Roster } from '../core/logins/roster.js';
import { askAdministrator, chooseWorkspace } from '../core/provider/describe-answer.js';
import { bindingQuota } from '../core/quota/binding-quota.js';
import { QuotaViewSchema, toQuotaView, toSnapshot } from '../core/quota/snapshot.js';
import { accountRef, accountRefShape } from './account-ref.js';
import { type AskedAccount, indexAfter } from './asked-accounts.js';
import type { Context } from './context.js';
import { failureOfProbe, failureView } from './failed-probe.js';
import { FailureView, isNetworkFailure } from './probe-failure.js';
import { toIso } from './render/time.js';

/** What was asked about one account, and what came back. */
export interface CheckAnswer {
  readonly asked: AskedAccount;
  /** With the tokens that it has now. */
  readonly account: Account;
  readonly result: AuthorizedAnswer | AskingFailed;
  /** The workspace of this account, when the answer named it. */
  readonly workspace?: Workspace;
  readonly isListed: boolean;
  readonly quota?: Probe | AskingFailed;
}

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
  const problem = problemOf(answer, now);
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

function problemOf({ result, workspace, isListed, quota }: CheckAnswer, now: number): FailureView | undefined {
  if (result.kind !== 'answered') return failureView(result, now);
  const { answer, account } = result;
  if (answer.kind !== 'ok') return failureView({ kind: 'answer', answer, account, isRefreshed: true }, now);
  if (!isListed) {
    return {
      code: 'workspace-gone',
      message: 'this login may no longer use its workspace',
      hint: chooseWorkspace,
    };
  }
  if (workspace?.isDeactivated === true) {
    return { code: 'workspace-deactivated', message: 'its workspace has been deactivated', hint: askAdministrator };
  }
  return failureOfProbe(quota, now);
}
