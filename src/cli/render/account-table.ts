import { printable } from '../../core/printable.js';
import type { AccountView } from '../views/account-view.js';
import type { RenderTable } from './light-table.js';
import { agesOf, leftCell, type ShownQuota } from './quota.js';
import { type Cell, type Column, isSameForAll } from './table-layout.js';
import type { Theme } from './theme.js';
import { formatDistance, formatDuration, formatWhen, type Moment, msOf } from './time.js';

/** What the table shows of an account, its times either way: an {@link AccountView} is one. */
export interface AccountLine extends Named, Pick<AccountView, 'index' | 'active' | 'health' | 'state'> {
  readonly plan?: string | undefined;
  readonly availableAt?: Moment | undefined;
  readonly lastUsedAt?: Moment | undefined;
  readonly quota?: ShownQuota | undefined;
}

/**
 * A line per account: who, how healthy, how much quota is left, and whether it can be used now. They are told apart by the
 * name first; what is left and when it can be used again stay to the end.
 */
export function renderAccounts(accounts: readonly AccountLine[], theme: Theme, renderTable: RenderTable): string {
  const { color, now } = theme;
  const ages = agesOf(accounts, theme);
  const columns: Column<AccountLine>[] = [
    ...whoColumns(accounts, 6, theme, ({ active }) => (active ? color.bold : undefined)),
    { title: 'plan', dropOrder: 4, cell: ({ plan }) => knownCell(plan, theme) },
    {
      title: 'health',
      dropOrder: 5,
      isNeedless: (texts) => texts.every((text) => text === '100'),
      cell: (account) => healthCell(account, theme),
    },
    {
      title: 'left (resets in)',
      shortTitle: 'left',
      shortenOrder: [1, 8],
      cell: ({ quota }) => leftCell(quota, ages, theme),
    },
    { title: 'state', shortenOrder: [2, 7], cell: (account) => stateCell(account, theme) },
    {
      title: 'last used',
      dropOrder: 3,
      cell: ({ lastUsedAt: at }) => knownCell(at === undefined ? undefined : formatDistance(msOf(at), now), theme),
    },
  ];
  return renderTable(columns, accounts, theme) + color.dim(ages.line);
}

/** How every table of accounts begins: which one is in use, its number, its name, and with the same order its workspace. */
export function whoColumns<Row extends Named & Pick<AccountLine, 'active' | 'index'>>(
  all: readonly Row[],
  order: number,
  theme: Theme,
  paintOf: (account: Row) => Cell['paint'] = () => undefined,
): Column<Row>[] {
  const { color, symbols } = theme;
  return [
    { title: '', cell: ({ active }) => ({ text: active ? symbols.active : '', paint: color.green }) },
    { title: '#', align: 'right', cell: ({ index }) => ({ text: String(index) }) },
    { title: 'account', shortenOrder: [order], cell: (account) => nameCell(account, all, paintOf(account)) },
    {
      title: 'workspace',
      dropOrder: order,
      isNeedless: isSameForAll,
      cell: ({ workspace }) => knownCell(workspace, theme),
    },
  ];
}

export function knownCell(text: string | undefined, { color, symbols }: Theme): Cell {
  return text === undefined ? { text: symbols.unknown, paint: color.dim } : { text };
}

/** Its label or address, and where that is another account's too, the workspace, whose column may have gone. */
function nameCell(account: Named, all: readonly Named[], paint?: Cell['paint']): Cell {
  const shortest = () => {
    const { label, email, id } = account;
    if (label !== undefined) return printable(label);
    const isShared = all.some((each) => each.id !== id && each.label === undefined && each.email === email);
    return isShared ? titleOf(account) : nameOf(account);
  };
  return { text: nameOf(account), shorter: [shortest], paint };
}

export interface Named {
  readonly id: string;
  readonly email?: string | undefined;
  readonly label?: string | undefined;
  readonly workspace?: string | undefined;
  readonly distinction?: string | undefined;
}

/** What the person calls it: `work <me@example.com>`, and what tells it from a twin; fit for a terminal. */
export function nameOf(account: Named): string {
  return withDetails(account, [account.distinction]);
}

/** With the workspace, which tells two accounts of one email apart: `me@example.com (Studio)`. */
export function titleOf(account: Named): string {
  return withDetails(account, [account.workspace, account.distinction]);
}

function withDetails({ label, email, id }: Named, details: readonly (string | undefined)[]): string {
  const isBoth = label !== undefined && email !== undefined;
  const name = isBoth ? `${label} <${email}>` : (label ?? email ?? id);
  const known = details.filter((detail) => detail !== undefined);
  return printable(known.length === 0 ? name : `${name} (${known.join(', ')})`);
}

const healthColors = { healthy: 'green', degraded: 'yellow', unhealthy: 'red' } as const;

export function healthCell({ health }: Pick<AccountLine, 'health'>, { color }: Theme): Cell {
  return { text: String(health.score), paint: color[healthColors[health.state]] };
}

const stateColors = {
  ready: 'green',
  'on-credits': 'yellow',
  delayed: 'yellow',
  reserved: 'yellow',
  exhausted: 'yellow',
  refused: 'red',
  'sign-in-needed': 'red',
  disabled: 'dim',
  unknown: 'dim',
} as const;

export function stateCell(
  { state, availableAt }: Pick<AccountLine, 'state' | 'availableAt'>,
  { color, now }: Theme,
): Cell {
  const name = state.replaceAll('-', ' ');
  const paint = color[stateColors[state]];
  if (availableAt === undefined) return { text: name, shorter: [() => name, () => briefState(state)], paint };
  const at = msOf(availableAt);
  const wait = formatDuration(at - now);
  return {
    text: `${name} until ${formatWhen(at, now)}`,
    shorter: [() => `${name} ${wait}`, () => `in ${wait}`],
    paint,
  };
}

/** Where there is room for one short word. */
export function briefState(state: AccountLine['state']): string {
  return briefStates[state] ?? state;
}

const briefStates: Partial<Record<AccountLine['state'], string>> = {
  'on-credits': 'credits',
  exhausted: 'used up',
  'sign-in-needed': 'sign in',
};
