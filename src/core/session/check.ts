import type { Account } from '../accounts/account.js';
import { withAccount } from '../accounts/pool.js';
import { parseWorkspaces, type Workspace, workspacesPath } from '../accounts/workspaces.js';
import { type AuthorizedAnswer, type BackendAccess, callAsAccount } from '../asking/authorized-call.js';
import {
  type AskingFailed,
  askOnItsOwn,
  healthEventOf,
  isSilence,
  type Probe,
  probeUsage,
} from '../asking/usage-endpoint.js';
import { definedOnly } from '../defined-only.js';
import { type AccessRefusal, refusalAfter } from '../health/access-refusal.js';
import { type AccountState, withKnowledge } from '../health/account-state.js';
import type { HealthEvent } from '../health/events.js';
import { applyEvent } from '../health/state.js';
import { withStore } from '../logins/with-store.js';
import { askAdministrator, chooseWorkspace } from '../provider/describe-answer.js';
import type { Failure } from '../provider-reason.js';
import { toSnapshot } from '../quota/snapshot.js';
import type { QuotaSnapshot } from '../quota/usage.js';
import { type Roster, readRoster } from '../roster/roster.js';
import { askAll } from './ask-all.js';
import { type AskedAccount, askedAccounts } from './asked-accounts.js';
import { refreshingAccess } from './backend-access.js';
import { describeFailure, failureInTheWay, type ShowTime } from './failure.js';
import { orWarn } from './quota-probing.js';
import { settleRefusedClients } from './refused-clients.js';
import { openRoster } from './selection.js';
import type { Session } from './session.js';

export interface CheckWishes {
  /** One account; without it all that are enabled. */
  readonly selector?: string;
  /** Read the quota as well. */
  readonly live?: boolean;
}

/** What was asked about one account, and what came back. */
export interface CheckAnswer {
  readonly asked: AskedAccount;
  /** The account with the tokens that it has now. */
  readonly account: Account;
  readonly result: AuthorizedAnswer | AskingFailed;
  /** The workspace of this account, when the answer named it. */
  readonly workspace?: Workspace;
  readonly isListed: boolean;
  readonly quota?: Probe | AskingFailed;
}

export interface Checked {
  readonly answers: readonly CheckAnswer[];
  /** The roster after the check: accounts may have been set aside. */
  readonly roster: Roster;
}

/** Refreshes what is due and asks the provider whether each login is let in; remembers what was learnt. */
export async function checkAccounts(session: Session, { selector, live }: CheckWishes): Promise<Checked> {
  const before = openRoster(session, session.writingScope());
  const asked = askedAccounts(session, before, selector);
  const access = await refreshingAccess(session, before);
  const answers = await askAll<AskedAccount, CheckAnswer>(session, asked, {
    title: 'Checking',
    ask: (each) => askAbout(access, each, live === true),
    failed: (each, failure) => ({ asked: each, account: each.account, result: failure, isListed: true }),
    isSilence: (answer) => isSilence(probeOf(answer)),
    inTheWay: (answer) => failureInTheWay(probeOf(answer)),
  });
  await settleRefusedClients(
    session,
    answers.flatMap(({ result }) => (result.kind === 'not-refreshed' ? [result.outcome] : [])),
  );
  await storeCheck(session, answers);
  return { answers, roster: readRoster(session.root, session.home, before.scope) };
}

async function askAbout(access: BackendAccess, asked: AskedAccount, wantsQuota: boolean): Promise<CheckAnswer> {
  const result = await callAsAccount(access, asked.account, workspacesPath);
  const { account } = result;
  const body = result.kind === 'answered' && result.answer.kind === 'ok' ? result.answer.body : undefined;
  const workspaces = body === undefined ? undefined : parseWorkspaces(body);
  const workspace = workspaces?.find(({ id }) => id === account.accountId);
  // A login that names no account is in no list.
  const isListed = workspaces === undefined || workspace !== undefined || account.accountId === undefined;
  const quota =
    wantsQuota && body !== undefined ? await askOnItsOwn(account, () => probeUsage(access, account)) : undefined;
  return definedOnly({ asked, account, result, workspace, isListed, quota });
}

/** The answer in the form that tells whether the provider was reached. */
function probeOf({ account, result }: CheckAnswer): Probe | AskingFailed | undefined {
  if (result.kind !== 'answered') return result;
  return result.answer.kind === 'ok' ? undefined : { kind: 'answer', answer: result.answer, account };
}

/** Remembers what was learnt, down to name and plan of the workspace; nothing about a login that is not stored. */
async function storeCheck(session: Session, answers: readonly CheckAnswer[]): Promise<void> {
  const stored = answers.filter(({ account }) => account.isUnstored !== true);
  if (stored.length > 0) await orWarn(session, () => storeAnswers(session, stored));
}

async function storeAnswers(session: Session, answers: readonly CheckAnswer[]): Promise<void> {
  await withStore(session.root, { signal: session.signal }, (store) => {
    store.changeState((state) => answers.reduce((known, answer) => learnt(session, known, answer), state));
    for (const { key, pool } of store.scopes()) {
      const renamed = answers.flatMap((answer) => renamedAccount(pool.accounts, answer));
      if (renamed.length > 0) store.savePool(key, renamed.reduce(withAccount, pool));
    }
  });
}

function renamedAccount(accounts: readonly Account[], { account, workspace }: CheckAnswer): Account[] {
  const stored = accounts.find(({ id }) => id === account.id);
  if (stored === undefined || workspace === undefined) return [];
  const name = workspace.name ?? stored.workspaceName;
  const plan = workspace.planType ?? stored.planType;
  if (name === stored.workspaceName && plan === stored.planType) return [];
  return [{ ...stored, ...definedOnly({ workspaceName: name, planType: plan }) }];
}

function learnt(session: Session, state: AccountState, answer: CheckAnswer): AccountState {
  const { account, result, quota } = answer;
  const now = session.clock.now();
  const known = state.accounts[account.id] ?? {};
  const event = eventOf(answer);
  const health = event === undefined ? known.health : applyEvent(known.health, event, now, session.settings());
  const recovery =
    result.kind === 'answered' && result.recovery !== undefined ? { kind: result.recovery, at: now } : known.recovery;
  const snapshot = quota?.kind === 'usage' ? toSnapshot(quota.usage) : withPlanOf(known.quota, answer.workspace);
  const refusal = refusalAfterCheck(known.refusal, answer, now);
  return withKnowledge(state, account.id, definedOnly({ health, recovery, quota: snapshot, refusal }));
}

/** The known quota with the plan of this answer, which is newer: the plan is shown with the quota. */
function withPlanOf(known: QuotaSnapshot | undefined, workspace: Workspace | undefined): QuotaSnapshot | undefined {
  const { planType } = workspace ?? {};
  return known === undefined || planType === undefined ? known : { ...known, planType };
}

/** The refusal after a check. Also a good answer can hold one: the workspace is marked as deactivated, or missing. */
function refusalAfterCheck(
  before: AccessRefusal | undefined,
  { result, workspace, isListed, quota }: CheckAnswer,
  now: number,
): AccessRefusal | undefined {
  if (workspace?.isDeactivated === true) return { code: 'workspace-deactivated', at: now, isLasting: true };
  if (!isListed) return { code: 'workspace-gone', at: now, isLasting: true };
  const after = refusalAfter(before, result.kind === 'answered' ? result.answer : undefined, now);
  if (quota?.kind === 'answer') return refusalAfter(after, quota.answer, now);
  return quota?.kind === 'usage' ? undefined : after;
}

/** What the answer of the backend says about the health; a refresh has stored its own outcome already. */
function eventOf({ result, account, quota }: CheckAnswer): HealthEvent | undefined {
  if (result.kind !== 'answered') return undefined;
  const { answer } = result;
  if (answer.kind !== 'ok') return healthEventOf({ kind: 'answer', answer, account });
  return quota === undefined ? { kind: 'success' } : healthEventOf(quota);
}

/** What is wrong with one account; undefined where the provider lets it in. Times in it are ISO 8601 by default. */
export function failureOfCheck(
  { result, workspace, isListed, quota }: CheckAnswer,
  showTime?: ShowTime,
): Failure | undefined {
  if (result.kind !== 'answered') return describeFailure(result, showTime);
  const { answer, account } = result;
  if (answer.kind !== 'ok') return describeFailure({ kind: 'answer', answer, account, isRefreshed: true }, showTime);
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
  return quota === undefined || quota.kind === 'usage' ? undefined : describeFailure(quota, showTime);
}
