import * as z from 'zod/mini';
import type { Account } from '../../core/accounts/account.js';
import { definedOnly } from '../../core/defined-only.js';
import { reasonIn } from '../../core/provider-reason.js';
import type { Trial, TriedAccount } from '../../core/session/model-trials.js';
import type { Context } from '../program/context.js';
import { accountRef, accountRefShape } from './account-ref.js';
import { FailureView, failureView, providerReasonShape } from './probe-failure.js';

export const TrialView = z.object({
  model: z.string(),
  /** `available`: it answered. `unsupported`: this account does not have it. Anything else says nothing about the model. */
  verdict: z.enum([
    'available',
    'unsupported',
    'failed',
    'refused',
    'forbidden',
    'closed',
    'rate-limited',
    'provider-error',
    'malformed',
    'timeout',
  ]),
  /** Milliseconds until its first word, or until it was clear that there is none. */
  latencyMs: z.number(),
  /** Why it is not available. */
  message: z.exactOptional(z.string()),
  ...providerReasonShape,
});
export type TrialView = z.infer<typeof TrialView>;

export const TriedAccountView = z.object({
  ...accountRefShape,
  /** The pool it lives in. */
  file: z.string(),
  trials: z.array(TrialView),
  /** Why models were not tried with this account. */
  failure: z.exactOptional(FailureView),
});
export type TriedAccountView = z.infer<typeof TriedAccountView>;

export function triedAccountView(context: Context, tried: TriedAccount): TriedAccountView {
  const { asked, account, trials, obstacle } = tried;
  const now = context.clock.now();
  return definedOnly({
    ...accountRef(account, asked.index, context.options.mask === true),
    file: asked.file,
    trials: trials.map((trial) => trialView(trial, account, now)),
    failure: obstacle && failureView(obstacle, now),
  });
}

function trialView({ model, verdict, latencyMs }: Trial, account: Account, now: number): TrialView {
  switch (verdict.kind) {
    case 'available':
      return { model, verdict: 'available', latencyMs };
    case 'unsupported':
    case 'failed':
      return { model, verdict: verdict.kind, latencyMs, message: verdict.message, ...reasonIn(verdict) };
    default: {
      const view = failureView({ kind: 'answer', answer: verdict, account }, now);
      const kind = verdict.kind === 'server' ? 'provider-error' : verdict.kind;
      return { model, verdict: kind, latencyMs, message: view.message, ...reasonIn(view) };
    }
  }
}
