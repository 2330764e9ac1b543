import { stripVTControlCharacters } from 'node:util';
import { printable } from '../../core/printable.js';
import { byDuration, percentText } from '../../core/quota/window.js';
import { healthCell, nameOf, stateCell } from '../render/account-table.js';
import { leftBar } from '../render/quota.js';
import { type Cell, type Column, renderTable } from '../render/table.js';
import { isSameForAll } from '../render/table-layout.js';
import type { Theme } from '../render/theme.js';
import { formatDuration } from '../render/time.js';
import type { ShownAccount } from './model.js';

type Window = NonNullable<ShownAccount['quota']>['windows'][number];

/** From this width on there is room for long bars. */
const wide = 110;

/** The table of accounts, its header first. Numbers that are older than `freshMs` show their age. */
export function accountLines(
  accounts: readonly ShownAccount[],
  selectedId: string,
  freshMs: number,
  theme: Theme,
): string[] {
  const { color, symbols } = theme;
  const isSelected = ({ id }: ShownAccount) => id === selectedId;
  const hasAges = accounts.some(({ quota }) => isOld(quota, freshMs, theme));
  const paintMark = (text: string) =>
    text.replace(symbols.selected, color.cyan(symbols.selected)).replace(symbols.active, color.green(symbols.active));
  const columns: Column<ShownAccount>[] = [
    {
      title: '',
      cell: (account) => ({
        text: `${isSelected(account) ? symbols.selected : ' '}${account.active ? symbols.active : ' '}`,
        paint: paintMark,
      }),
    },
    { title: '#', align: 'right', cell: ({ index }) => ({ text: String(index), paint: color.dim }) },
    {
      title: 'account',
      cell: (account) => ({ text: shortName(account, theme), paint: isSelected(account) ? color.bold : undefined }),
    },
    {
      title: 'workspace',
      dropOrder: 3,
      isNeedless: isSameForAll,
      cell: ({ workspace = symbols.unknown }) => ({ text: workspace }),
    },
    { title: 'plan', dropOrder: 2, cell: ({ plan = symbols.unknown }) => ({ text: plan }) },
    { title: 'health', dropOrder: 1, cell: (account) => healthCell(account, theme) },
    ...windowIds(accounts).map((id, position) => ({
      title: `${id} left`,
      shortTitle: id,
      shortenOrder: [4, 6],
      ...(position === 0 ? {} : { dropOrder: 8 - Math.min(position, 2) }),
      cell: (account: ShownAccount) => windowCell(account, id, theme),
    })),
    ...(hasAges
      ? [{ title: 'seen', dropOrder: 4, cell: (account: ShownAccount) => ageCell(account, freshMs, theme) }]
      : []),
    { title: 'state', shortenOrder: [0, 5], cell: (account) => shortState(account, theme) },
  ];
  return renderTable(columns, accounts, theme).trimEnd().split('\n');
}

/** The ordinary windows that any of the accounts has, the shortest first. */
function windowIds(accounts: readonly ShownAccount[]): string[] {
  const windows = accounts.flatMap(({ quota }) => quota?.windows ?? []).filter(isOrdinary);
  return [...new Set([...windows].sort(byDuration).map(({ id }) => id))];
}

function isOrdinary({ limitName }: Window): boolean {
  return limitName === undefined;
}

/** What the person calls it; the whole of it where there is room. */
function shortName(account: ShownAccount, { style }: Theme): string {
  const { label, email, id } = account;
  return style.width < wide ? printable(label ?? email ?? id) : nameOf(account);
}

/** `███░░  60% 2h`: what is left, and when it is full again. */
function windowCell({ quota }: ShownAccount, id: string, theme: Theme): Cell {
  const { color, symbols, style, now } = theme;
  const window = quota?.windows.filter(isOrdinary).find((each) => each.id === id);
  if (window === undefined) return { text: symbols.unknown, paint: color.dim };
  const share = percentText(window.remainingPercent);
  const bar = leftBar(window, theme, style.width < wide ? 5 : 10);
  const shape = stripVTControlCharacters(bar);
  const distance = window.resetsAt === undefined ? '' : formatDuration(Date.parse(window.resetsAt) - now);
  const countdown = style.width < wide ? oneUnit(distance) : distance;
  return {
    text: `${shape} ${share.padStart(4)} ${countdown}`.trimEnd(),
    shorter: [() => `${share.padStart(4)} ${countdown}`.trimEnd(), () => share],
    paint: (text) => text.replace(shape, bar),
  };
}

type Quota = ShownAccount['quota'];

function isOld(quota: Quota, freshMs: number, { now }: Theme): boolean {
  return quota !== undefined && now - Date.parse(quota.observedAt) >= freshMs;
}

/** How old the numbers are, where they are not fresh (P15). */
function ageCell({ quota }: ShownAccount, freshMs: number, theme: Theme): Cell {
  if (quota === undefined || !isOld(quota, freshMs, theme)) return { text: '' };
  const age = formatDuration(theme.now - Date.parse(quota.observedAt));
  return { text: `${oneUnit(age)} ago`, paint: theme.color.yellow };
}

/** `2h 5m` as `2h`. */
function oneUnit(duration: string): string {
  return duration.replace(/ .*/, '');
}

/** As in the other tables, with the wait in one unit. */
function shortState(account: ShownAccount, theme: Theme): Cell {
  const { shorter = [], ...cell } = stateCell(account, theme);
  const { state, availableAt } = account;
  if (availableAt === undefined) return { ...cell, shorter };
  const wait = oneUnit(formatDuration(Date.parse(availableAt) - theme.now));
  const text = `${state.replaceAll('-', ' ')} ${wait}`;
  return { ...cell, text, shorter: [() => text, () => `in ${wait}`] };
}
