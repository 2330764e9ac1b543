import * as z from 'zod/mini';
import type { ShownAccount } from '../../core/accounts/account.js';
import { type AccountStanding, accountStates } from '../../core/decision/standing.js';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { QuotaViewSchema, toQuotaView } from '../../core/quota/snapshot.js';
import { lifeOf, lifeShape, shownEmail } from './account-ref.js';

export const AccountView = z.object({
  index: z.number(),
  id: z.string(),
  email: z.exactOptional(z.string()),
  accountId: z.exactOptional(z.string()),
  userId: z.exactOptional(z.string()),
  workspace: z.exactOptional(z.string()),
  /** What tells it apart from another account that would be called the same. */
  distinction: z.exactOptional(z.string()),
  plan: z.exactOptional(z.string()),
  label: z.exactOptional(z.string()),
  enabled: z.boolean(),
  /** The person's own order: used before the others, or kept for last. */
  priority: z.exactOptional(z.enum(['first', 'last'])),
  /** The share of each window that is left alone. */
  reservePercent: z.exactOptional(z.number()),
  active: z.boolean(),
  health: z.object({ score: z.number(), state: z.enum(['healthy', 'degraded', 'unhealthy']) }),
  state: z.enum(accountStates),
  availableAt: z.exactOptional(z.iso.datetime()),
  accessTokenExpiresAt: z.exactOptional(z.iso.datetime()),
  ...lifeShape,
  lastUsedAt: z.exactOptional(z.iso.datetime()),
  quota: z.exactOptional(QuotaViewSchema),
});
export type AccountView = z.infer<typeof AccountView>;

interface ViewOptions {
  readonly mask: boolean;
  readonly now: number;
  /** The machines that keep logins which are kept elsewhere, by the id of the account. */
  readonly keepers?: ReadonlyMap<string, string>;
}

export function accountView(
  account: ShownAccount,
  { index, active, health, state, availableAt, quota }: AccountStanding,
  { mask, now, keepers }: ViewOptions,
): AccountView {
  return definedOnly({
    index,
    id: account.id,
    email: shownEmail(account.email, mask),
    accountId: account.accountId,
    userId: account.userId,
    workspace: account.workspaceName,
    distinction: account.distinction,
    plan: quota?.planType ?? account.planType,
    label: account.label,
    enabled: account.enabled,
    priority: account.priority,
    reservePercent: account.reservePercent,
    active,
    health: { score: health.score, state: health.state },
    state,
    availableAt: toIso(availableAt),
    accessTokenExpiresAt: toIso(account.tokens.expiresAt),
    ...lifeOf(account, keepers?.get(account.id)),
    lastUsedAt: toIso(account.lastUsedAt),
    quota: quota && toQuotaView(quota, 'cache', now),
  });
}
