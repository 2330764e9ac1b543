import * as z from 'zod/mini';
import type { Account } from '../../core/accounts/account.js';
import { definedOnly } from '../../core/defined-only.js';
import { changeAccount } from '../../core/session/change-account.js';
import { PlaceView, placeView } from '../../core/session/places.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { accountRef, accountRefShape } from '../views/account-ref.js';

const OrderResult = z.object({
  ...accountRefShape,
  scope: PlaceView,
  /** Absent when it is neither used first nor kept for last. */
  priority: z.exactOptional(z.enum(['first', 'last'])),
  /** The share of each of its windows that is left alone. */
  reservePercent: z.exactOptional(z.number()),
  changed: z.boolean(),
});
type OrderResult = z.infer<typeof OrderResult>;

interface PreferOptions {
  readonly selector: string;
  readonly clear?: boolean;
}

interface ReserveOptions extends PreferOptions {
  /** Without it the account is kept for last. */
  readonly percent?: number;
}

type Order = Pick<Account, 'priority' | 'reservePercent'>;

/** The order after the command, from the one before. */
function preferred({ clear }: PreferOptions): (before: Order) => Order {
  return ({ priority, reservePercent }) => {
    const cleared = priority === 'first' ? undefined : priority;
    return definedOnly({ priority: clear === true ? cleared : ('first' as const), reservePercent });
  };
}

function reserved({ clear, percent }: ReserveOptions): (before: Order) => Order {
  return ({ priority, reservePercent }) => {
    if (clear === true) return definedOnly({ priority: priority === 'last' ? undefined : priority });
    if (percent === undefined) return definedOnly({ priority: 'last' as const, reservePercent });
    return definedOnly({ priority, reservePercent: percent });
  };
}

async function reorder(
  context: Context,
  command: 'prefer' | 'reserve',
  selector: string,
  orderAfter: (before: Order) => Order,
): Promise<OrderResult> {
  const { account, index, scopeKey, changed } = await changeAccount(context, command, selector, (before) =>
    withOrder(before, orderAfter(before)),
  );
  const { priority, reservePercent } = account;
  return definedOnly({
    ...accountRef(account, index, context.options.mask === true),
    scope: placeView(scopeKey),
    priority,
    reservePercent,
    changed,
  });
}

function withOrder(account: Account, order: Order): Account {
  const { priority, reservePercent, ...rest } = account;
  const isSame = priority === order.priority && reservePercent === order.reservePercent;
  return isSame ? account : { ...rest, ...order };
}

function renderOrder(result: OrderResult, { color, symbols }: Theme): string {
  const { priority, reservePercent, changed } = result;
  const parts = [
    priority === 'first' && 'used before the others',
    priority === 'last' && 'kept for last',
    reservePercent !== undefined && `left alone from ${reservePercent}% on`,
  ].filter(Boolean);
  const order = parts.length === 0 ? 'used like the others' : parts.join(', and ');
  return `${color.green(symbols.ok)} ${titleOf(result)} is ${changed ? 'now' : 'already'} ${order}\n`;
}

export const preferCommand: Command<PreferOptions, OrderResult> = {
  name: 'prefer',
  schema: OrderResult,
  run: (context, options) => reorder(context, 'prefer', options.selector, preferred(options)),
  render: renderOrder,
};

export const reserveCommand: Command<ReserveOptions, OrderResult> = {
  name: 'reserve',
  schema: OrderResult,
  run: (context, options) => reorder(context, 'reserve', options.selector, reserved(options)),
  render: renderOrder,
};
