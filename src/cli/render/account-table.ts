import type { AccountView } from '../account-view.js';
import { type Cell, type Column, renderTable } from './table.js';
import type { Theme } from './theme.js';
import { formatDistance, formatWhen } from './time.js';

const columns: readonly Column[] = [
  { title: '' },
  { title: '#', align: 'right' },
  { title: 'account', minWidth: 16 },
  { title: 'workspace', minWidth: 8, dropOrder: 3 },
  { title: 'plan', dropOrder: 2 },
  { title: 'health', dropOrder: 4 },
  { title: 'left', dropOrder: 5, minWidth: 12 },
  { title: 'state' },
  { title: 'last used', dropOrder: 1 },
];

/** A line per account: who, how healthy, how much quota is left, and whether it can be used now. */
export function renderAccounts(accounts: readonly AccountView[], theme: Theme): string {
  return renderTable(
    columns,
    accounts.map((account) => cellsOf(account, theme)),
    theme,
  );
}

function cellsOf(account: AccountView, theme: Theme): Cell[] {
  const { color, symbols, now } = theme;
  const unknown: Cell = { text: symbols.unknown, paint: color.dim };
  const textOr = (text: string | undefined): Cell => (text === undefined ? unknown : { text });
  return [
    account.active ? { text: symbols.active, paint: color.green } : { text: '' },
    { text: String(account.index) },
    { text: nameOf(account), ...(account.active ? { paint: color.bold } : {}) },
    textOr(account.workspace),
    textOr(account.plan),
    healthCell(account, theme),
    account.quota === undefined ? unknown : { text: quotaText(account, theme) },
    stateCell(account, theme),
    account.lastUsedAt === undefined ? unknown : { text: formatDistance(Date.parse(account.lastUsedAt), now) },
  ];
}

export function nameOf({ label, email, id }: Pick<AccountView, 'label' | 'email' | 'id'>): string {
  if (label === undefined) return email ?? id;
  return email === undefined ? label : `${label} <${email}>`;
}

function healthCell({ health }: AccountView, { color }: Theme): Cell {
  const paint = { healthy: color.green, degraded: color.yellow, unhealthy: color.red }[health.state];
  return { text: String(health.score), paint };
}

/** `5h 80% · 7d 41%`: what is left of each window that is known. */
function quotaText({ quota }: AccountView, { symbols }: Theme): string {
  const windows = quota?.windows ?? [];
  if (windows.length === 0) return symbols.unknown;
  return windows
    .map(({ id, remainingPercent }) => `${id} ${Math.floor(remainingPercent)}%`)
    .join(` ${symbols.separator} `);
}

function stateCell({ state, availableAt }: AccountView, { color, now }: Theme): Cell {
  const until = availableAt === undefined ? '' : ` until ${formatWhen(Date.parse(availableAt), now)}`;
  const paint = {
    ready: color.green,
    delayed: color.yellow,
    exhausted: color.yellow,
    'sign-in-needed': color.red,
    disabled: color.dim,
    unknown: color.dim,
  }[state];
  return { text: state.replaceAll('-', ' ') + until, paint };
}
