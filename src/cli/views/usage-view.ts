import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { bindingQuota } from '../../core/quota/binding-quota.js';
import { QuotaViewSchema, toQuotaView } from '../../core/quota/snapshot.js';
import type { AdditionalLimit, QuotaSnapshot } from '../../core/quota/usage.js';
import { budgetWindow } from '../../core/quota/usage-windows.js';
import { isCurrent } from '../../core/quota/window.js';
import { type AskedAccount, indexAfter } from '../../core/session/asked-accounts.js';
import type { ProbedRoster } from '../../core/session/quota-probing.js';
import type { Context } from '../program/context.js';
import { accountRef, accountRefShape } from './account-ref.js';
import { FailureView, failureOfProbe, failureView } from './probe-failure.js';

const instant = z.exactOptional(z.iso.datetime());
const flag = z.exactOptional(z.boolean());
const text = z.exactOptional(z.string());

/** Everything the usage endpoint says about one account; unknown is absent, amounts are the provider's own strings. */
const messageRange = z.tuple([z.number(), z.number()]);

const CreditsView = z.object({
  hasCredits: z.exactOptional(z.boolean()),
  unlimited: z.exactOptional(z.boolean()),
  balance: z.exactOptional(z.string()),
  /** The server's own estimate, from and to. */
  approxLocalMessages: z.exactOptional(messageRange),
  approxCloudMessages: z.exactOptional(messageRange),
});

export const AccountUsage = z.object({
  ...accountRefShape,
  /** Absent when the account has just been set aside. */
  index: z.exactOptional(z.number()),
  /** The pool it lives in. */
  file: z.string(),
  plan: text,
  /** Absent while nothing is known. */
  quota: z.exactOptional(QuotaViewSchema),
  /** Windows that have reset since they were seen: how full they are now is not known. */
  lapsedWindows: z.exactOptional(z.array(z.object({ id: z.string(), limitName: text, resetAt: instant }))),
  /** The provider named a window that could not be understood. */
  incomplete: z.exactOptional(z.literal(true)),
  /** Whether the provider lets requests pass at the moment. */
  allowed: flag,
  limitReached: flag,
  /** Limits of single models or features, besides the ordinary one. */
  additionalLimits: z.exactOptional(
    z.array(
      z.object({
        limitName: z.string(),
        meteredFeature: z.string(),
        modelSlug: text,
        allowed: flag,
        limitReached: flag,
        windows: QuotaViewSchema.shape.windows,
      }),
    ),
  ),
  credits: z.exactOptional(CreditsView),
  spendControl: z.exactOptional(
    z.object({ reached: flag, limit: text, used: text, remaining: text, resetsAt: instant }),
  ),
  /** Models that the provider speaks of one by one, whether they can be used at the moment. */
  modelUsage: z.exactOptional(
    z.array(z.object({ slug: z.string(), available: flag, availableAt: instant, creditsWouldEnable: flag })),
  ),
  /** Verbatim: what was reached, in the provider's words. */
  reachedType: text,
  resetCredits: z.exactOptional(
    z.object({
      availableCount: z.exactOptional(z.number()),
      /** How many of them would help with what is used up now. */
      applicableCount: z.exactOptional(z.number()),
      credits: z.exactOptional(z.array(z.object({ id: z.string(), status: text, title: text, expiresAt: instant }))),
      /** Why they are not known one by one. */
      failure: z.exactOptional(FailureView),
    }),
  ),
  /** Why the numbers are not from now. */
  failure: z.exactOptional(FailureView),
});
export type AccountUsage = z.infer<typeof AccountUsage>;

export function usageView(context: Context, probed: ProbedRoster, asked: AskedAccount): AccountUsage {
  const { account } = asked;
  const now = context.clock.now();
  const unreadCredits = probed.unreadCredits?.get(account.id);
  const snapshot = probed.roster.state.accounts[account.id]?.quota;
  return definedOnly({
    ...accountRef(account, 0, context.options.mask === true),
    index: indexAfter(probed.roster, asked),
    file: asked.file,
    plan: snapshot?.planType ?? account.planType,
    quota: snapshot && toQuotaView(bindingQuota(snapshot, now), probed.sourceOf(account.id), now),
    ...(snapshot && snapshotView(snapshot, now, unreadCredits && failureView(unreadCredits, now))),
    failure: failureOfProbe(probed.probes.get(account.id), now),
  });
}

type SnapshotView = Omit<AccountUsage, 'id' | 'index' | 'file' | 'plan' | 'quota' | 'failure'>;

function snapshotView(snapshot: QuotaSnapshot, now: number, unreadCredits: FailureView | undefined): SnapshotView {
  const { incomplete, allowed, limitReached, additional, credits, reachedType } = snapshot;
  const lapsed = lapsedWindows(snapshot, now);
  return definedOnly({
    lapsedWindows: lapsed.length === 0 ? undefined : lapsed,
    incomplete,
    allowed,
    limitReached,
    additionalLimits: additional.length === 0 ? undefined : additional.map((each) => limitView(each, snapshot, now)),
    credits,
    spendControl: spendView(snapshot),
    modelUsage: snapshot.modelUsage?.map(({ availableAt, ...usage }) =>
      definedOnly({ ...usage, availableAt: toIso(availableAt) }),
    ),
    reachedType,
    resetCredits: resetCreditsView(snapshot, unreadCredits),
  });
}

function lapsedWindows(snapshot: QuotaSnapshot, now: number): NonNullable<AccountUsage['lapsedWindows']> {
  const budget = snapshot.spendControl && budgetWindow(snapshot.spendControl);
  const own = budget === undefined ? snapshot.windows : [...snapshot.windows, budget];
  const limits = [{ limitName: undefined, windows: own }, ...snapshot.additional];
  return limits.flatMap(({ limitName, windows }) =>
    windows
      .filter((window) => !isCurrent(window, snapshot.observedAt, now))
      .map(({ id, resetsAt }) => definedOnly({ id, limitName, resetAt: toIso(resetsAt) })),
  );
}

function limitView(limit: AdditionalLimit, { observedAt }: QuotaSnapshot, now: number) {
  const { limitName, meteredFeature, modelSlug, allowed, limitReached } = limit;
  const windows = limit.windows
    .filter((window) => isCurrent(window, observedAt, now))
    .map(({ resetsAt, ...window }) => definedOnly({ ...window, resetsAt: toIso(resetsAt) }));
  return definedOnly({ limitName, meteredFeature, modelSlug, allowed, limitReached, windows });
}

function spendView({ spendControl }: QuotaSnapshot): AccountUsage['spendControl'] {
  if (spendControl === undefined) return undefined;
  const { reached, individualLimit: own } = spendControl;
  const resetsAt = own?.resetsAt === undefined ? undefined : toIso(own.resetsAt);
  return definedOnly({ reached, limit: own?.limit, used: own?.used, remaining: own?.remaining, resetsAt });
}

function resetCreditsView(
  { resetCredits }: QuotaSnapshot,
  failure: FailureView | undefined,
): AccountUsage['resetCredits'] {
  if (resetCredits === undefined) return undefined;
  const credits = resetCredits.credits?.map(({ id, status, title, expiresAt }) =>
    definedOnly({ id, status, title, expiresAt: toIso(expiresAt) }),
  );
  const { availableCount, applicableCount } = resetCredits;
  return definedOnly({ availableCount, applicableCount, credits, failure });
}
