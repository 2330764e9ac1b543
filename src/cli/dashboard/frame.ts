import { printable, printableIn, printableLines } from '../../core/printable.js';
import type { Nobody } from '../../core/session/selection.js';
import type { ReportResult } from '../commands/report.js';
import { titleOf } from '../render/account-table.js';
import { capitalized } from '../render/facts.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { cutLine, wrapLine } from '../terminal/wrap-text.js';
import { whoseAccounts } from '../views/scope-view.js';
import { accountLines } from './account-lines.js';
import { footerLines } from './footer-lines.js';
import { intentOf } from './keys.js';
import { type Model, noticesOf, selectedAccount, type View, viewOf, visibleAccounts } from './model.js';
import { detailsLines, flaggedLines, helpLines, outputLines, previewLines } from './page-lines.js';

/** The screen as lines, none wider than it. */
interface Frame {
  readonly header: readonly string[];
  readonly body: readonly string[];
  /** A body that is longer than its room is scrolled by the person; that of a table follows the selection. */
  readonly isPage: boolean;
  readonly footer: readonly string[];
  readonly bodyHeight: number;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Below this height there is no room for blank lines. */
const low = 16;

/** Lays the model out for a screen of this size; `theme` has its width. */
export function layOut(raw: Model, theme: Theme, size: Size): Frame {
  const model = printableModel(raw);
  const { columns, rows } = size;
  const cut = (line: string) => cutLine(line, columns, theme.symbols.ellipsis);
  const blank = rows < low ? [] : [''];
  const view = viewOf(model);
  const isPage = pages.includes(view);
  const headerHeight = rows >= low ? 4 : rows < 8 || isPage ? 1 : 2;
  const header = [...headerLines(model, theme).map(cut).slice(0, headerHeight), ...blank];
  // The last row stays empty, because text that ends there makes terminals scroll; and one is for the body.
  const footer = footerOf(model, theme, { columns, rows: rows - 2 - header.length });
  const bodyHeight = Math.max(1, rows - 1 - header.length - footer.length);
  const lines = bodyLines(model, theme, bodyHeight);
  const indent = view === 'details' ? factIndent : 2;
  const body = isPage
    ? lines.flatMap((line) => wrapLine(line, columns, { indent }))
    : lines.slice(0, bodyHeight).map(cut);
  return { header, body, isPage, footer, bodyHeight };
}

/**
 * The model with its texts made printable. What the commands printed is so already, and has colours; the other texts
 * are coloured here. Keys act on the model itself, whose ids stay as they are.
 */
function printableModel(model: Model): Model {
  const { message, output, question } = model;
  const safe = printableIn({ ...model, message: undefined, output: undefined });
  // A question may have several lines.
  const text = printableLines(question?.text ?? '');
  return { ...safe, message, output, question: safe.question && { ...safe.question, text } };
}

/** The keys, and above them as much of what was said as there is room for. */
function footerOf(model: Model, theme: Theme, { columns, rows }: Size): string[] {
  const broken = (texts: readonly string[]) =>
    texts.flatMap((text) => text.split('\n')).flatMap((line) => wrapLine(line, columns, { indent: 2 }));
  const footer = footerLines(model, theme);
  const keys = broken(footer.keys).slice(-Math.max(1, rows));
  const said = upTo(Math.max(0, rows - keys.length), broken(footer.said), (last) =>
    cutLine(`${last} ${theme.symbols.ellipsis}`, columns, theme.symbols.ellipsis),
  );
  const blank = rows - keys.length - said.length > low / 2 ? [''] : [];
  return [...blank, ...said, ...keys];
}

/** As many lines as there is room for; the last one tells when these are not all. */
function upTo(room: number, lines: readonly string[], marked: (last: string) => string): readonly string[] {
  if (lines.length <= room) return lines;
  return lines.slice(0, room).map((line, place) => (place === room - 1 ? marked(line) : line));
}

/** Where the values of `status` begin. */
const factIndent = 12;

const pages: readonly View[] = ['details', 'help', 'output'];

function bodyLines(model: Model, theme: Theme, height: number): string[] {
  switch (viewOf(model)) {
    case 'list':
      return listLines(model, theme, height);
    case 'flagged':
      return windowOf(flaggedLines(model, theme), model.flaggedCursor, height, theme);
    case 'details':
      return detailsLines(model, theme);
    case 'help':
      return helpLines(theme);
    case 'output':
      return outputLines(model, theme);
  }
}

/** The table, and below it what there is room for about the selected account. */
function listLines(model: Model, theme: Theme, height: number): string[] {
  const { report, cursor } = model;
  if (report === undefined) return [theme.color.dim('reading the accounts')];
  const accounts = visibleAccounts(model);
  const selected = selectedAccount(model);
  if (report.none !== undefined) return emptyLines(report.none, theme);
  if (selected === undefined) return [theme.color.dim('no account contains that')];
  const ttl = report.settings.find(({ name }) => name === 'quotaTtlMs')?.value;
  const freshMs = typeof ttl === 'number' ? ttl : 0;
  const table = accountLines(accounts, selected.id, freshMs, theme);
  const preview = [
    '',
    ...previewLines(model, selected, theme).flatMap((line) => wrapLine(line, theme.style.width, { indent: 2 })),
  ];
  const room = height - table.length;
  if (room >= preview.length) return [...table, ...preview];
  return windowOf(table, cursor, height, theme);
}

function emptyLines({ reason, message, hint }: Nobody, { color, style }: Theme): string[] {
  const why = wrapLine(`${capitalized(message)}.`, style.width);
  const where = reason === 'elsewhere' ? wrapLine(`To see them: ${hint}`, style.width, { indent: 2 }) : [];
  const next =
    reason === 'set-aside' ? `Press ${color.bold('f')} to see them.` : `Press ${color.bold('Enter')} to sign in.`;
  return [...why, ...where, '', next];
}

/** A table of which only some lines fit: its header, the lines around the selected one, and which of them these are. */
function windowOf(table: readonly string[], cursor: number, height: number, { color, symbols }: Theme): string[] {
  const [header = '', ...lines] = table;
  if (table.length <= height) return [...table];
  // Where there is no room for that line, the lines of the table matter more.
  const saysWhere = height > 2;
  const room = Math.max(1, height - (saysWhere ? 2 : 1));
  const start = Math.max(0, Math.min(cursor - Math.floor(room / 2), lines.length - room));
  const shown = lines.slice(start, start + room);
  const where = `${start + 1}${symbols.range}${start + shown.length} of ${lines.length}`;
  return [header, ...shown, ...(saysWhere ? [color.dim(where)] : [])];
}

/** What the dashboard is about and what it recommends: the answer of `decide()`, as every command shows it (P14). */
function headerLines(model: Model, theme: Theme): string[] {
  const { report } = model;
  const { color, symbols } = theme;
  if (report === undefined) return [color.bold('codex-auth')];
  const { accounts, flagged } = report;
  const count = `${accounts.length} account${accounts.length === 1 ? '' : 's'}`;
  const isUnused = accounts.length > 0 && report.activeId === undefined;
  const facts = [
    whoseAccounts(report.scope.place),
    flagged.length === 0 ? count : `${count}, ${flagged.length} set aside`,
    isUnused ? 'none of them is in use' : '',
    model.isReadingQuota ? 'reading quota' : '',
  ];
  const title = [color.bold('codex-auth'), ...facts.filter((fact) => fact !== '').map((fact) => color.dim(fact))];
  const dot = color.dim(` ${symbols.separator} `);
  const notices = noticesOf(model);
  const warning = notices.length === 0 ? [] : [color.yellow(`${symbols.warning} ${notices.join('; ')}`)];
  const advice = adviceLines(model, report, theme).flatMap((line) => wrapLine(line, theme.style.width, { indent: 2 }));
  return [title.join(dot), ...advice.slice(0, 2), ...warning];
}

function adviceLines(model: Model, { forecast, activeId, accounts }: ReportResult, theme: Theme): string[] {
  const { color, symbols, now } = theme;
  if (accounts.length === 0) return [];
  const { recommendation, nextAvailable } = forecast;
  const named = forecast.accounts.find(({ id }) => id === (recommendation ?? nextAvailable)?.id);
  const name = named === undefined ? '' : color.bold(shownName(named, theme));
  if (recommendation !== undefined && recommendation.id === activeId) {
    return [`${color.green(symbols.ok)} ${name} is in use, and the best now: ${recommendation.reason}`];
  }
  if (recommendation !== undefined) {
    const canPress = intentOf(viewOf(model), String(recommendation.index)) === 'select-by-number';
    const key = canPress ? color.dim(` (${recommendation.index}, Enter)`) : '';
    return [`${color.cyan(symbols.arrow)} best now: ${name}${key}: ${recommendation.reason}`];
  }
  const back = nextAvailable && `; ${name} is back ${formatWhen(Date.parse(nextAvailable.availableAt), now)}`;
  return [`${color.yellow(symbols.warning)} no account is ready${back ?? ''}`];
}

/** Below this the recommendation has one line. */
const narrow = 60;

function shownName(account: Parameters<typeof titleOf>[0], { style, symbols }: Theme): string {
  if (style.width >= narrow) return titleOf(account);
  const name = printable(account.label ?? account.email ?? account.id);
  const room = style.width - '> best now: '.length - 1;
  return name.length <= room ? name : `${name.slice(0, room - symbols.ellipsis.length)}${symbols.ellipsis}`;
}
