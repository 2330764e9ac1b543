import { printable } from '../../core/printable.js';
import type { AccountView } from '../views/account-view.js';
import type { RenderTable } from './light-table.js';
import { agesOf, leftCells, type ShownQuota } from './quota.js';
import { type Cells, type Column, isSameForAll, type Paint } from './table-layout.js';
import type { Theme } from './theme.js';
import { formatDistance, formatDuration, formatWhen, type Moment, msOf } from './time.js';

/** What the table shows of an account, its times as text or in milliseconds: an {@link AccountView} is one. */
export interface AccountLine extends Named, Pick<AccountView, 'index' | 'active' | 'health' | 'state'> {
  readonly plan?: string | undefined;
  readonly availableAt?: Moment | undefined;
  readonly lastUsedAt?: Moment | undefined;
  readonly quota?: ShownQuota | undefined;
}

/**
 * A line per account: who, how healthy, how much quota is left, and whether it can be used now. Where the terminal is
 * narrow, the name, what is left and the state stay to the end.
 */
export function renderAccounts(accounts: readonly AccountLine[], theme: Theme, renderTable: RenderTable): string {
  const { color, now } = theme;
  const ages = agesOf(accounts, theme);
  const columns: Column<AccountLine>[] = [
    ...whoColumns(accounts, 6, theme, ({ active }) => (active ? color.bold : undefined)),
    { title: 'plan', dropOrder: 4, ...whatIsKnown(({ plan }: AccountLine) => plan, theme) },
    {
      title: 'health',
      dropOrder: 5,
      isNeedless: (texts) => texts.every((text) => text === '100'),
      ...healthCells(theme),
    },
    { title: 'left (resets in)', shortTitle: 'left', shortenOrder: [1, 8], ...leftCells(ages, theme) },
    { title: 'state', shortenOrder: [2, 7], ...stateCells(theme) },
    {
      title: 'last used',
      dropOrder: 3,
      ...whatIsKnown(
        ({ lastUsedAt: at }: AccountLine) => (at === undefined ? at : formatDistance(msOf(at), now)),
        theme,
      ),
    },
  ];
  return renderTable(columns, accounts, theme) + color.dim(ages.line);
}

/**
 * The first columns of every table of accounts: which one is in use, its number, its name and its workspace. At `order`
 * the name gets shorter and the workspace goes.
 */
export function whoColumns<Row extends Named & Pick<AccountLine, 'active' | 'index'>>(
  all: readonly Row[],
  order: number,
  theme: Theme,
  paint: (account: Row) => Paint | undefined = () => undefined,
): Column<Row>[] {
  const { color, symbols } = theme;
  return [
    { title: '', text: ({ active }) => (active ? symbols.active : ''), paint: () => color.green },
    { title: '#', align: 'right', text: ({ index }) => String(index) },
    {
      title: 'account',
      shortenOrder: [order],
      text: fullName,
      shorter: [(account) => shortNameOf(account, all)],
      paint,
    },
    {
      title: 'workspace',
      dropOrder: order,
      isNeedless: isSameForAll,
      ...whatIsKnown(({ workspace }: Row) => workspace, theme),
    },
  ];
}

/** The cells of a text that may be absent: then there is the sign of the unknown. */
export function whatIsKnown<Row>(of: (row: Row) => string | undefined, { color, symbols }: Theme): Cells<Row> {
  return {
    text: (row) => of(row) ?? symbols.unknown,
    paint: (row) => (of(row) === undefined ? color.dim : undefined),
  };
}

/** The label or address. For an address of several accounts also the workspace, whose column may have gone. */
function shortNameOf(account: Named, all: readonly Named[]): string {
  const { label, email, id } = account;
  if (label !== undefined) return printable(label);
  const isShared = all.some((each) => each.id !== id && each.label === undefined && each.email === email);
  return isShared ? titleOf(account) : nameOf(account);
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
  return printable(fullName(account));
}

/** The same for a cell, before it is printable: the table makes each column printable as a whole. */
function fullName(account: Named): string {
  const { label, email, id, distinction } = account;
  if (distinction !== undefined || (label !== undefined && email !== undefined))
    return withDetails(account, [distinction]);
  return label ?? email ?? id;
}

/** With the workspace, which tells two accounts of one email apart: `me@example.com (Studio)`. */
export function titleOf(account: Named): string {
  return printable(withDetails(account, [account.workspace, account.distinction]));
}

function withDetails({ label, email, id }: Named, details: readonly (string | undefined)[]): string {
  const isBoth = label !== undefined && email !== undefined;
  const name = isBoth ? `${label} <${email}>` : (label ?? email ?? id);
  const known = details.filter((detail) => detail !== undefined);
  return known.length === 0 ? name : `${name} (${known.join(', ')})`;
}

const healthColors = { healthy: 'green', degraded: 'yellow', unhealthy: 'red' } as const;

export function healthCells({ color }: Theme): Cells<Pick<AccountLine, 'health'>> {
  return { text: ({ health }) => String(health.score), paint: ({ health }) => color[healthColors[health.state]] };
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

type StateLine = Pick<AccountLine, 'state' | 'availableAt'>;

export function stateCells({ color, now }: Theme): Required<Cells<StateLine>> {
  const waitFor = (at: Moment) => formatDuration(msOf(at) - now);
  return {
    text: ({ state, availableAt: at }) =>
      at === undefined ? wordsOf(state) : `${wordsOf(state)} until ${formatWhen(msOf(at), now)}`,
    shorter: [
      ({ state, availableAt: at }) => (at === undefined ? wordsOf(state) : `${wordsOf(state)} ${waitFor(at)}`),
      ({ state, availableAt: at }) => (at === undefined ? briefState(state) : `in ${waitFor(at)}`),
    ],
    paint: ({ state }) => color[stateColors[state]],
  };
}

function wordsOf(state: AccountLine['state']): string {
  return state.replaceAll('-', ' ');
}

/** The state as one short word. */
export function briefState(state: AccountLine['state']): string {
  return briefStates[state] ?? state;
}

const briefStates: Partial<Record<AccountLine['state'], string>> = {
  'on-credits': 'credits',
  exhausted: 'used up',
  'sign-in-needed': 'sign in',
};
