import { printable } from '../../core/printable.js';
import { type AccountLine, briefState, type Named, nameCell } from './account-table.js';
import type { RenderTable } from './light-table.js';
import type { ShownQuota } from './quota.js';
import { agesOf, leftCell, type QuotaAges } from './quota-left.js';
import { type Cell, type Column, isSameForAll } from './table-layout.js';
import type { Theme } from './theme.js';
import { formatDuration, formatWhen, type Moment, msOf } from './time.js';

interface ForecastLine extends Named, Pick<AccountLine, 'index' | 'active' | 'state'> {
  readonly availability: 'ready' | 'delayed' | 'unavailable';
  readonly availableAt?: Moment;
  /** Of an account that cannot be used. */
  readonly why?: string;
  readonly riskScore: number;
  readonly riskLevel: 'low' | 'medium' | 'high';
  readonly quota?: ShownQuota;
}

const columns: readonly Column[] = [
  { title: '' },
  { title: '#', align: 'right' },
  { title: 'account', shortenOrder: [4] },
  { title: 'workspace', dropOrder: 4, isNeedless: isSameForAll },
  { title: 'availability', shortTitle: 'when', shortenOrder: [2, 5] },
  { title: 'risk', dropOrder: 3 },
  { title: 'left (resets in)', shortTitle: 'left', shortenOrder: [1, 6] },
];

/** A line per account: whether it can be used, else when, and how much is left. */
export function renderForecastTable(accounts: readonly ForecastLine[], theme: Theme, renderTable: RenderTable): string {
  const ages = agesOf(
    accounts.map(({ quota }) => quota),
    theme,
  );
  const table = renderTable(
    columns,
    accounts.map((account) => cellsOf(account, accounts, ages, theme)),
    theme,
  );
  return table + (ages.line === '' ? '' : theme.color.dim(`   ${ages.line}`));
}

function cellsOf(account: ForecastLine, all: readonly ForecastLine[], ages: QuotaAges, theme: Theme): Cell[] {
  const { color, symbols } = theme;
  const riskPaint = { low: color.green, medium: color.yellow, high: color.red }[account.riskLevel];
  return [
    { text: account.active ? symbols.active : '', paint: color.green },
    { text: String(account.index) },
    nameCell(account, all),
    { text: printable(account.workspace ?? symbols.unknown) },
    availabilityCell(account, theme),
    { text: `${account.riskScore} ${account.riskLevel}`, paint: riskPaint },
    leftCell(account.quota, ages, theme),
  ];
}

/** When it can be used, whatever the width; why it cannot where there is room. */
function availabilityCell({ availability, availableAt, why, state }: ForecastLine, theme: Theme): Cell {
  const { color, now } = theme;
  const paint = { ready: color.green, delayed: color.yellow, unavailable: color.red }[availability];
  if (availableAt !== undefined) {
    const at = msOf(availableAt);
    const wait = formatDuration(at - now);
    const text = `${availability} until ${formatWhen(at, now)}`;
    return { text, shorter: [() => `${availability} ${wait}`, () => `in ${wait}`], paint };
  }
  const because = availability === 'unavailable' && why !== undefined ? `: ${printable(why)}` : '';
  const brief = availability === 'unavailable' ? briefState(state) : availability;
  return { text: availability + because, shorter: [() => availability, () => brief], paint };
}
