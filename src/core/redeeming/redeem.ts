import type { Account } from '../accounts/account.js';
import type { BackendAccess } from '../asking/authorized-call.js';
import { failedAnswer, type ProbeFailure, probeResetCredits, probeUsage } from '../asking/usage-endpoint.js';
import { AppError } from '../errors.js';
import { withoutExhaustion } from '../health/account-state.js';
import { updateAccountState } from '../health/state-store.js';
import type { LockHandle } from '../storage/file-lock.js';
import { consumeCredit, type Definite } from './consume-endpoint.js';
import { type Findings, type Prospect, prospectOf } from './prospect.js';
import {
  forgetRequest,
  keepRequest,
  newRequest,
  type UnsettledRequest,
  unsettledOf,
  withRedeemLock,
} from './unsettled.js';

export type Redemption =
  /** `isRepeat`: the request had been sent before. */
  | (Definite & { readonly request: UnsettledRequest; readonly isRepeat: boolean })
  /** Nobody knows whether the credit is spent; the request is remembered. */
  | { readonly kind: 'unknown'; readonly failure: ProbeFailure; readonly request: UnsettledRequest }
  /** No credit is spent by it. */
  | { readonly kind: 'failed'; readonly failure: ProbeFailure }
  /** The account is not as the person saw it any more, and nothing was sent. */
  | { readonly kind: 'changed'; readonly prospect: Prospect };

interface RedeemDeps {
  readonly access: BackendAccess;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
}

/**
 * Spends one reset credit of an account, the one that the person has agreed to. The request is on disk before it is
 * sent, and stays there under one id until there is a definite answer, whenever a process is killed: so that one
 * agreement spends one credit at most. Throws when storage or locks fail.
 */
export function redeemCredit(deps: RedeemDeps, account: Account, agreed: Prospect): Promise<Redemption> {
  const { access, signal } = deps;
  const { root } = access;
  return withRedeemLock(root, signal, async (lock) => {
    const earlier = unsettledOf(root, account);
    // The process that held the lock before may have spent a credit for the same windows.
    const findings = await lookAt(access, account);
    if ('kind' in findings) return { kind: 'failed', failure: findings };
    const prospect = prospectOf(findings, earlier, root.clock.now());
    const request = requestFor(account, agreed, prospect, root.clock.now());
    if (request === undefined) return { kind: 'changed', prospect };
    signal.throwIfAborted();
    keepRequest(root, lock, request);
    return settle(deps, lock, await send(deps, account, request, earlier !== undefined));
  });
}

async function lookAt(access: BackendAccess, account: Account): Promise<Findings | ProbeFailure> {
  const usage = await probeUsage(access, account);
  if (usage.kind !== 'usage') return usage;
  const listed = await probeResetCredits(access, usage.account);
  return listed.kind === 'credits' ? { quota: usage.usage, credits: listed.credits } : listed;
}

function requestFor(account: Account, agreed: Prospect, found: Prospect, now: number): UnsettledRequest | undefined {
  if (found.kind === 'repeat') return { ...found.request, askedAt: now };
  const isSame = found.kind === 'ready' && agreed.kind === 'ready' && found.credit?.id === agreed.credit?.id;
  return isSame ? newRequest(account, found.credit?.id, now) : undefined;
}

async function send(
  { access }: RedeemDeps,
  account: Account,
  request: UnsettledRequest,
  isRepeat: boolean,
): Promise<
  Exclude<Redemption, { kind: 'changed' }> & { readonly request: UnsettledRequest; readonly isRepeat: boolean }
> {
  const result = await consumeCredit(access, account, request);
  if (result.kind !== 'answered') return { kind: 'failed', failure: result, request, isRepeat };
  const { answer } = result;
  if (answer.kind === 'definite') return { ...answer, request, isRepeat };
  const { mayHaveWorked, ...failed } = answer;
  const failure = failedAnswer(access, failed, result.account);
  // A refusal of the repetition says nothing about what was sent before.
  return { kind: mayHaveWorked || isRepeat ? 'unknown' : 'failed', failure, request, isRepeat };
}

/** What follows from the answer is stored before the request is forgotten: a crash in between asks once more. */
async function settle(
  { access: { root }, warn }: RedeemDeps,
  lock: LockHandle,
  sent: Awaited<ReturnType<typeof send>>,
): Promise<Redemption> {
  if (sent.kind === 'unknown' || (sent.kind === 'failed' && sent.isRepeat)) return sent;
  try {
    const isFull = sent.kind === 'definite' && (sent.code === 'reset' || sent.code === 'already_redeemed');
    if (isFull) await updateAccountState(root, (state) => withoutExhaustion(state, sent.request.account.id));
    forgetRequest(root, lock, sent.request);
  } catch (error) {
    // The command still answers what became of the credit; asked again, the provider will say the same.
    if (!(error instanceof AppError)) throw error;
    warn(`what became of the credit could not be kept: ${error.message}`);
  }
  return sent;
}
