import { printable } from '../../core/printable.js';
import { percentText } from '../../core/quota/window.js';
import type { AccountView } from '../account-view.js';
import { quotaAge, type ShownQuota, saysAnything, windowLeft, windowsLeft } from './quota.js';
import { type Cell, type Column, renderTable } from './table.js';
import type { Theme } from './theme.js';
import { formatDistance, formatDuration, formatWhen, type Moment, msOf } from './time.js';

/** What the table shows of an account, its times either way: an {@link AccountView} is one. */
export interface AccountLine extends Named, Pick<AccountView, 'index' | 'active' | 'health' | 'state'> {
  readonly plan?: string | undefined;
  readonly availableAt?: Moment | undefined;
  readonly lastUsedAt?: Moment | undefined;
  readonly quota?: ShownQuota | undefined;
}

const columnsFor = (theme: Theme): readonly Column[] => [
  { title: '' },
  { title: '#', align: 'right' },
  { title: 'account', minWidth: theme.style.width < narrow ? 12 : 18 },
  { title: 'workspace', minWidth: 9, dropOrder: 4 },
  { title: 'plan', dropOrder: 2 },
  { title: 'health', dropOrder: 3 },
  { title: 'left (resets in)', shortTitle: 'left', dropOrder: 5 },
  { title: 'state' },
  { title: 'last used', dropOrder: 1 },
];

/** Below these there is no room for words beside the numbers, and below the other for one number only. */
const narrow = 70;
const narrowest = 50;

/** A line per account: who, how healthy, how much quota is left, and whether it can be used now. */
export function renderAccounts(accounts: readonly AccountLine[], theme: Theme): string {
  return renderTable(
    columnsFor(theme),
    accounts.map((account) => cellsOf(account, theme)),
    theme,
  );
}

function cellsOf(account: AccountLine, theme: Theme): Cell[] {
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
    leftCell(account, theme) ?? unknown,
    stateCell(account, theme),
    account.lastUsedAt === undefined ? unknown : { text: formatDistance(msOf(account.lastUsedAt), now) },
  ];
}

interface Named {
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

/** `5h 80% (2h 5m) · 7d 41% (3d 4h) · seen 2m ago` */
function leftCell({ quota }: AccountLine, theme: Theme): Cell | undefined {
  if (quota === undefined || !saysAnything(quota)) return undefined;
  let text = quota.unlimited === true ? `unlimited ${theme.symbols.separator} ` : '';
  for (const window of quota.windows) {
    const { resetsAt } = window;
    const reset = resetsAt === undefined ? '' : ` (${formatDuration(msOf(resetsAt) - theme.now)})`;
    text += `${windowLeft(window)}${reset} ${theme.symbols.separator} `;
  }
  return { text: text + quotaAge(quota, theme), short: () => shortLeft(quota, theme) };
}

/** `5h 80% · 7d 41% · seen 2m ago`, `5h 80% · 7d 41% · 2m ago`, or the share that binds: `41% 2m ago`. */
function shortLeft(quota: ShownQuota, theme: Theme): string {
  const { style, symbols } = theme;
  const distance = formatDistance(msOf(quota.observedAt), theme.now);
  if (style.width < narrowest) {
    const { usableNowPercent: usable } = quota;
    if (quota.unlimited === true) return `unlimited ${distance}`;
    return usable === undefined ? symbols.unknown : `${percentText(usable)} ${distance}`;
  }
  const age = style.width < narrow ? distance : quotaAge(quota, theme);
  return `${windowsLeft(quota, theme)} ${symbols.separator} ${age}`;
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
  if (availableAt === undefined) return { text: name, paint };
  const at = msOf(availableAt);
  return { text: `${name} until ${formatWhen(at, now)}`, short: () => `${name} ${formatDuration(at - now)}`, paint };
}
