import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { toIso } from '../../core/instant.js';
import type { ExchangeReport, LoginChange } from '../../core/sharing/exchange-report.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { AccountRef } from '../views/account-ref.js';
import { accountNames } from './named-accounts.js';

export const exchangeChanges = [
  'received',
  'renewed',
  'pushed',
  'removed',
  'withdrawn',
  'handed-over',
  'taken',
  'superseded',
] as const satisfies readonly LoginChange[];

export const ExchangeView = z.object({
  at: z.iso.datetime(),
  /** What became of which account; none where nothing was new. */
  changed: z.array(
    z.object({
      /** Absent where the account is not here any more. */
      account: z.exactOptional(AccountRef),
      what: z.enum(exchangeChanges),
    }),
  ),
  /** What the person should know, and what to do about it. */
  notices: z.array(z.object({ kind: z.string(), message: z.string(), hint: z.exactOptional(z.string()) })),
});
export type ExchangeView = z.infer<typeof ExchangeView>;

/** Throws what has kept the exchange from being whole. */
export function exchangeView({ at, changed, notices, problem }: ExchangeReport, context: Context): ExchangeView {
  if (problem !== undefined || at === undefined) throw problem ?? new AppError('internal', 'there was no exchange');
  const names = accountNames(context);
  return {
    at: toIso(at),
    changed: changed.map(({ accountId, what }) => definedOnly({ account: names(accountId), what })),
    notices: notices.map(({ kind, message, hint }) => definedOnly({ kind, message, hint })),
  };
}

const sentences: Readonly<Record<LoginChange, string>> = {
  received: 'came from the shared pool',
  renewed: 'has a newer access token',
  pushed: 'is in the shared pool with its newest tokens',
  removed: 'was removed on another machine',
  withdrawn: 'is shared no more',
  'handed-over': 'was handed over; it cannot be renewed here any more',
  taken: 'is kept here now',
  superseded: 'was taken over by another machine; what was still here is in kept',
};

export function renderExchange({ changed, notices }: ExchangeView, { color, symbols }: Theme): string {
  const lines = changed.map(({ account, what }) => {
    const name = account === undefined ? 'an account' : titleOf(account);
    return `${color.green(symbols.ok)} ${name} ${sentences[what]}\n`;
  });
  const said = notices.map(({ message, hint }) => {
    return `${color.yellow(symbols.warning)} ${message}\n${hint === undefined ? '' : `    ${symbols.arrow} ${hint}\n`}`;
  });
  return [...lines, ...said].join('');
}
