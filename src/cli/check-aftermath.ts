import type { Account } from '../core/accounts/account.js';
import { withAccount } from '../core/accounts/pool.js';
import { healthEventOf } from '../core/asking/usage-endpoint.js';
import { definedOnly } from '../core/defined-only.js';
import { type AccessRefusal, refusalAfter } from '../core/health/access-refusal.js';
import { type AccountState, withKnowledge } from '../core/health/account-state.js';
import type { HealthEvent } from '../core/health/events.js';
import { applyEvent } from '../core/health/state.js';
import { withStore } from '../core/logins/with-store.js';
import { toSnapshot } from '../core/quota/snapshot.js';
import type { CheckAnswer } from './check-view.js';
import type { Context } from './context.js';
import { orWarn } from './quota-probing.js';

/** Remembers health, quota and how the answer was got, and what the provider calls the workspace; nothing about a login that is not stored. */
export async function storeCheck(context: Context, answers: readonly CheckAnswer[]): Promise<void> {
  const stored = answers.filter(({ account }) => account.isUnstored !== true);
  if (stored.length > 0) await orWarn(context, () => storeAnswers(context, stored));
}

async function storeAnswers(context: Context, answers: readonly CheckAnswer[]): Promise<void> {
  await withStore(context.root, { signal: context.signal }, (store) => {
    store.changeState((state) => answers.reduce((known, answer) => learnt(context, known, answer), state));
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

function learnt(context: Context, state: AccountState, answer: CheckAnswer): AccountState {
  const { account, result, quota } = answer;
  const now = context.clock.now();
  const known = state.accounts[account.id] ?? {};
  const event = eventOf(answer);
  const health = event === undefined ? known.health : applyEvent(known.health, event, now, context.settings());
  const recovery =
    result.kind === 'answered' && result.recovery !== undefined ? { kind: result.recovery, at: now } : known.recovery;
  const snapshot = quota?.kind === 'usage' ? toSnapshot(quota.usage) : known.quota;
  const refusal = refusalAfterCheck(known.refusal, answer, now);
  return withKnowledge(state, account.id, definedOnly({ health, recovery, quota: snapshot, refusal }));
}

/** A workspace may be named as switched off, or not at all, in an answer that is good otherwise. */
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

/** What a refresh came to has been remembered where it happened; what is left is whether the backend answered. */
function eventOf({ result, account, quota }: CheckAnswer): HealthEvent | undefined {
  if (result.kind !== 'answered') return undefined;
  const { answer } = result;
  if (answer.kind !== 'ok') return healthEventOf({ kind: 'answer', answer, account });
  return quota === undefined ? { kind: 'success' } : healthEventOf(quota);
}
