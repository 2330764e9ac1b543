import { printable } from '../../core/printable.js';
import type { AccountView } from '../views/account-view.js';
import type { RenderTable } from './light-table.js';
import { agesOf, leftCell, type QuotaAges, type ShownQuota } from './quota.js';
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

/** Told apart by the name first; what is left and when it can be used again stay to the end. */
const columns: readonly Column[] = [
  { title: '' },
  { title: '#', align: 'right' },
  { title: 'account', shortenOrder: [6] },
  { title: 'workspace', dropOrder: 6, isNeedless: isSameForAll },
  { title: 'plan', dropOrder: 4 },
  { title: 'health', dropOrder: 5, isNeedless: (texts) => texts.every((text) => text === fullHealth) },
  { title: 'left (resets in)', shortTitle: 'left', shortenOrder: [1, 8] },
  { title: 'state', shortenOrder: [2, 7] },
  { title: 'last used', dropOrder: 3 },
];

const fullHealth = '100';

/** A line per account: who, how healthy, how much quota is left, and whether it can be used now. */
export function renderAccounts(accounts: readonly AccountLine[], theme: Theme, renderTable: RenderTable): string {
  const ages = agesOf(
    accounts.map(({ quota }) => quota),
    theme,
  );
  const table = renderTable(
    columns,
    accounts.map((account) => cellsOf(account, accounts, ages, theme)),
    theme,
  );
  return table + theme.color.dim(ages.line);
}

function cellsOf(account: AccountLine, all: readonly AccountLine[], ages: QuotaAges, theme: Theme): Cell[] {
  const { color, symbols, now } = theme;
  const unknown: Cell = { text: symbols.unknown, paint: color.dim };
  const textOr = (text: string | undefined): Cell => (text === undefined ? unknown : { text });
  return [
    account.active ? { text: symbols.active, paint: color.green } : { text: '' },
    { text: String(account.index) },
    nameCell(account, all, account.active ? color.bold : undefined),
    textOr(account.workspace),
    textOr(account.plan),
    healthCell(account, theme),
    leftCell(account.quota, ages, theme),
    stateCell(account, theme),
    account.lastUsedAt === undefined ? unknown : { text: formatDistance(msOf(account.lastUsedAt), now) },
  ];
}

/** Its label or address, and where that is another account's too, the workspace, whose column may have gone. */
export function nameCell(account: Named, all: readonly Named[], paint?: Cell['paint']): Cell {
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
