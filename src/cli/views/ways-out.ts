import * as z from 'zod/mini';
import type { Decision } from '../../core/decision/decide.js';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { printable } from '../../core/printable.js';
import { spendableCredits } from '../../core/quota/reset-credits.js';
import type { ResetCredits } from '../../core/quota/usage.js';
import type { ShownRoster } from '../../core/roster/shown-roster.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { type AccountRef, accountRefShape } from './account-ref.js';

/** What could help where no account is ready, besides waiting. */
export const WayOut = z.object({
  /** The account that would go on with credits; it is used only when that is allowed. */
  onCredits: z.exactOptional(z.object({ ...accountRefShape, balance: z.exactOptional(z.string()) })),
  /** Accounts with reset credits that could fill a used up window, or that expire within two days. */
  resetCredits: z.exactOptional(
    z.array(
      z.object({
        ...accountRefShape,
        count: z.number(),
        /** When the first of them ends, where that is known. */
        expiresAt: z.exactOptional(z.iso.datetime()),
      }),
    ),
  ),
});
export type WayOut = z.infer<typeof WayOut>;

const soonMs = 48 * 3_600_000;

type Named = AccountRef & { readonly state: string };

export function waysOut(
  { state }: Pick<ShownRoster, 'state'>,
  { onCredits }: Decision,
  accounts: readonly Named[],
  now: number,
): WayOut {
  const payer = accounts.find(({ id }) => id === onCredits?.id);
  const resets = accounts.flatMap((account) => {
    const credits = state.accounts[account.id]?.quota?.resetCredits;
    const isUsedUp = account.state === 'exhausted' || account.state === 'on-credits';
    const found = credits && resetsOf(credits, isUsedUp, now);
    return found === undefined ? [] : [{ ...refOf(account), ...found }];
  });
  return definedOnly({
    onCredits: payer && { ...refOf(payer), ...definedOnly({ balance: onCredits?.balance }) },
    resetCredits: resets.length === 0 ? undefined : resets,
  });
}

function resetsOf(credits: ResetCredits, couldHelp: boolean, now: number) {
  const { count, expiresAt } = spendableCredits(credits, now);
  const endsSoon = expiresAt !== undefined && expiresAt - now <= soonMs;
  if (count === 0 || !(couldHelp || endsSoon)) return undefined;
  return definedOnly({ count, expiresAt: toIso(expiresAt) });
}

function refOf({ id, index, email, label, workspace, accountId }: Named): AccountRef {
  return definedOnly({ id, index, email, label, workspace, accountId });
}

export function wayOutText({ onCredits, resetCredits = [] }: WayOut, { now }: Theme, indent = ''): string {
  const lines = resetCredits.map((account) => {
    const { index, count, expiresAt } = account;
    const ends =
      expiresAt === undefined
        ? ''
        : `, ${count === 1 ? 'which' : 'the first of which'} expires ${formatWhen(Date.parse(expiresAt), now)}`;
    return `${index}  ${titleOf(account)} has ${count} reset credit${count === 1 ? '' : 's'}${ends}`;
  });
  if (onCredits !== undefined) {
    const balance = onCredits.balance === undefined ? '' : ` (${printable(onCredits.balance)})`;
    lines.unshift(
      `${onCredits.index}  ${titleOf(onCredits)} would go on with credits${balance}: codex-auth best --allow-credits`,
    );
  }
  return lines
    .map(
      (line) => `${indent}${line}
`,
    )
    .join('');
}
