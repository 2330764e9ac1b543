import { rmSync } from 'node:fs';
import type { Account } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { withKnowledge } from '../health/account-state.js';
import type { HealthEvent } from '../health/events.js';
import { applyEvent, type HealthState, shouldFlag } from '../health/state.js';
import { logLineage } from '../lineage/lineage-log.js';
import { flagAccount } from '../logins/flagging.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { type RefreshOutcome, type RefusedRefresh, rotationLost } from '../logins/refresh-outcome.js';
import { withStore } from '../logins/with-store.js';
import { reasonOfRefusal, type TokenRefusal } from '../oauth/token-verdict.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { meaningOf } from '../provider/refusal-codes.js';
import { entriesAbout } from './unanswered.js';

/**
 * Draws the consequence of a refusal. A dead login is flagged at once, in every record that holds it; other
 * refusals count, and enough of them in a row flag it too. A refused client is left to the caller, who alone knows
 * whether it happened to one account or to several: see {@link settleClientRefusals}.
 */
export async function settleRefusal(deps: RefreshDeps, refused: RefusedRefresh): Promise<RefusedRefresh> {
  const { account, refusal } = refused;
  const { severity, code } = refusal;
  const { refreshToken } = account.tokens;
  if (severity === 'client' || refreshToken === undefined) return refused;
  const { root, settings } = deps;
  return withStore(root, {}, (store) => {
    logLineage(root, { event: 'refused', accountId: account.id, before: refreshToken, detail: code });
    const holders = recordsOf(store.scopes()).filter(({ tokens }) => refreshToken.equals(tokens.refreshToken));
    // The account has been signed in again, or got newer tokens, since: the refusal is about a token that it has not.
    if (!holders.some(({ id }) => id === account.id)) return refused;
    const health = countRefusal(store, deps, account, {
      kind: 'refresh-failed',
      severity,
      ...reasonOfRefusal(refusal),
    });
    if (severity !== 'hard' && !shouldFlag(health, settings)) return refused;
    const unanswered = entriesAbout(root, refreshToken);
    const reason = unanswered.length > 0 && isAboutToken(refusal) ? rotationLost : code;
    flagAll(store, holders, refusal, reason);
    for (const { path } of unanswered) rmSync(path, { force: true });
    return { ...refused, flaggedAs: reason };
  });
}

function countRefusal(store: Store, { root, settings }: RefreshDeps, { id }: Account, event: HealthEvent): HealthState {
  let counted: HealthState | undefined;
  store.changeState((state) => {
    const known = state.accounts[id] ?? {};
    counted = applyEvent(known.health, event, root.clock.now(), settings);
    return withKnowledge(state, id, { ...known, health: counted });
  });
  return counted ?? applyEvent(undefined, event, root.clock.now(), settings);
}

function flagAll(store: Store, holders: readonly Account[], { message }: TokenRefusal, reason: string): void {
  const flag = definedOnly({ reason, lastError: message || undefined });
  for (const { id } of holders) flagAccount(store, id, flag);
}

/** A deleted account or a changed email is not explained by an answer that was lost on the way. */
export function isAboutToken({ severity, code }: TokenRefusal): boolean {
  return severity === 'hard' && meaningOf(code) !== 'account-blocked' && !code.endsWith('_changed');
}

/** What the refusals of this program itself (`invalid_client`) in one run mean. */
export type ClientVerdict =
  | { readonly kind: 'none' }
  /** One account alone: it is about that account, which is set aside. */
  | { readonly kind: 'flag'; readonly account: Account; readonly reason: string; readonly lastError?: string }
  /** Several accounts: it is about this program, and condemns none of them. */
  | { readonly kind: 'client-problem'; readonly codes: readonly string[] };

/** Pure; pass every outcome of the run. */
export function settleClientRefusals(outcomes: readonly RefreshOutcome[]): ClientVerdict {
  const refused = outcomes.flatMap((outcome) => {
    return outcome.kind === 'refused' && outcome.refusal.severity === 'client' ? [outcome] : [];
  });
  const [first] = refused;
  if (first === undefined) return { kind: 'none' };
  const { account, refusal } = first;
  if (refused.some((each) => each.account.id !== account.id)) {
    return { kind: 'client-problem', codes: [...new Set(refused.map((each) => each.refusal.code))] };
  }
  return { kind: 'flag', account, reason: refusal.code, ...definedOnly({ lastError: refusal.message || undefined }) };
}
