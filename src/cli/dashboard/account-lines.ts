import { stripVTControlCharacters } from 'node:util';
import { printable } from '../../core/printable.js';
import { byDuration, percentText } from '../../core/quota/window.js';
import { healthCells, nameOf, stateCells } from '../render/account-table.js';
import { leftBar } from '../render/quota.js';
import { type Column, renderTable } from '../render/table.js';
import { type Cells, isSameForAll } from '../render/table-layout.js';
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
      text: (account) => `${isSelected(account) ? symbols.selected : ' '}${account.active ? symbols.active : ' '}`,
      paint: () => paintMark,
    },
    { title: '#', align: 'right', text: ({ index }) => String(index), paint: () => color.dim },
    {
      title: 'account',
      text: (account) => shortName(account, theme),
      paint: (account) => (isSelected(account) ? color.bold : undefined),
    },
    {
      title: 'workspace',
      dropOrder: 3,
      isNeedless: isSameForAll,
      text: ({ workspace = symbols.unknown }) => workspace,
    },
    { title: 'plan', dropOrder: 2, text: ({ plan = symbols.unknown }) => plan },
    { title: 'health', dropOrder: 1, ...healthCells(theme) },
    ...windowIds(accounts).map((id, position) => ({
      title: `${id} left`,
      shortTitle: id,
      shortenOrder: [4, 6],
      ...(position === 0 ? {} : { dropOrder: 8 - Math.min(position, 2) }),
      ...windowCells(id, theme),
    })),
    ...(hasAges ? [{ title: 'seen', dropOrder: 4, ...ageCells(freshMs, theme) }] : []),
    { title: 'state', shortenOrder: [0, 5], ...shortStateCells(theme) },
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

/** The label or address of an account; where there is room, its full name. */
function shortName(account: ShownAccount, { style }: Theme): string {
  const { label, email, id } = account;
  return style.width < wide ? printable(label ?? email ?? id) : nameOf(account);
}

/** `███░░  60% 2h`: what is left, and when it is full again. */
function windowCells(id: string, theme: Theme): Cells<ShownAccount> {
  const { color, symbols, style } = theme;
  const windowOf = ({ quota }: ShownAccount) => quota?.windows.filter(isOrdinary).find((each) => each.id === id);
  const textWhereKnown = (textOf: (window: Window) => string) => (account: ShownAccount) => {
    const window = windowOf(account);
    if (window !== undefined) return textOf(window);
    return account.quota?.unlimited === true ? 'unlimited' : symbols.unknown;
  };
  const barOf = (window: Window) => leftBar(window, theme, style.width < wide ? 5 : 10);
  const shapeOf = (window: Window) => stripVTControlCharacters(barOf(window));
  const shareOf = (window: Window) => percentText(window.remainingPercent);
  const untilFull = (window: Window) => `${shareOf(window).padStart(4)} ${countdownOf(window, theme)}`;
  return {
    text: textWhereKnown((window) => `${shapeOf(window)} ${untilFull(window)}`.trimEnd()),
    shorter: [textWhereKnown((window) => untilFull(window).trimEnd()), textWhereKnown(shareOf)],
    paint(account) {
      const window = windowOf(account);
      return window === undefined ? color.dim : (text) => text.replace(shapeOf(window), barOf(window));
    },
  };
}

function countdownOf({ resetsAt }: Window, { style, now }: Theme): string {
  const distance = resetsAt === undefined ? '' : formatDuration(Date.parse(resetsAt) - now);
  return style.width < wide ? oneUnit(distance) : distance;
}

type Quota = ShownAccount['quota'];

function isOld(quota: Quota, freshMs: number, { now }: Theme): boolean {
  return quota !== undefined && now - Date.parse(quota.observedAt) >= freshMs;
}

/** How old the numbers are, where they are not fresh (P15). */
function ageCells(freshMs: number, theme: Theme): Cells<ShownAccount> {
  const ageOf = ({ observedAt }: NonNullable<Quota>) => formatDuration(theme.now - Date.parse(observedAt));
  return {
    text: ({ quota }) => (quota !== undefined && isOld(quota, freshMs, theme) ? `${oneUnit(ageOf(quota))} ago` : ''),
    paint: () => theme.color.yellow,
  };
}

/** `2h 5m` as `2h`. */
function oneUnit(duration: string): string {
  return duration.replace(/ .*/, '');
}

/** As in the other tables, with the wait in one unit. */
function shortStateCells(theme: Theme): Cells<ShownAccount> {
  const { text, shorter, paint } = stateCells(theme);
  const waitFor = (at: string) => oneUnit(formatDuration(Date.parse(at) - theme.now));
  const short = (account: ShownAccount) => {
    const { state, availableAt: at } = account;
    return at === undefined ? text(account) : `${state.replaceAll('-', ' ')} ${waitFor(at)}`;
  };
  const shortest = (account: ShownAccount) => {
    const { availableAt: at } = account;
    return at === undefined ? (shorter[1]?.(account) ?? short(account)) : `in ${waitFor(at)}`;
  };
  return { text: short, shorter: [short, shortest], paint };
}
