import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { describeEvent } from '../../core/events/event.js';
import { toIso } from '../../core/instant.js';
import type { LineageEvent } from '../../core/lineage/lineage-log.js';
import { printable } from '../../core/printable.js';
import { percentText, windowTitle } from '../../core/quota/window.js';
import { TrackRecordView } from '../../core/session/pace-reading.js';
import { forgetPast, type Happening, type Past, readPast } from '../../core/session/past.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import { csvOf } from '../render/csv.js';
import { trackRecordText } from '../render/pace.js';
import type { Theme } from '../render/theme.js';
import { formatDistance, formatMoment } from '../render/time.js';
import { askConsent } from '../terminal/ask-consent.js';
import { shownEmail } from '../views/account-ref.js';

const text = z.exactOptional(z.string());

/** Whom something is about; only the id where the account is gone. */
const whomShape = { id: z.string(), email: text, label: text };

const HappeningView = z.object({
  at: z.iso.datetime(),
  kind: z.enum(['event', 'login', 'forecast']),
  /** The name of the event, what became of the login, or how the forecast turned out: `empty`, `lasted`, `open`. */
  what: z.string(),
  accounts: z.array(z.object(whomShape)),
  /** One sentence, without the name. */
  detail: z.string(),
});
type HappeningView = z.infer<typeof HappeningView>;

const WindowCourseView = z.object({
  ...whomShape,
  windowId: z.string(),
  /** What was left in each of the equal parts of the time, in per cent; null where nobody knows. */
  course: z.array(z.nullable(z.number())),
  /** What the provider said, the oldest first. */
  seen: z.array(z.object({ at: z.iso.datetime(), leftPercent: z.number() })),
});
type WindowCourseView = z.infer<typeof WindowCourseView>;

function windowsOf(past: Past, mask: boolean): WindowCourseView[] {
  return past.windows.map(({ accountId, window, course, seen }) => ({
    ...whom(past, accountId, mask),
    windowId: window,
    course: course.map((left) => left ?? null),
    seen: seen.map(({ at, leftPercent }) => ({ at: toIso(at), leftPercent })),
  }));
}

function told(each: Happening, past: Past, mask: boolean): Pick<HappeningView, 'what' | 'accounts' | 'detail'> {
  switch (each.kind) {
    case 'event': {
      const { event } = each;
      const [line = ''] = describeEvent(event, (at) => formatMoment(at, past.to));
      const [first] = event.accounts;
      const detail = line.startsWith(`${first?.name}: `) ? line.slice((first?.name.length ?? 0) + 2) : line;
      return { what: event.name, accounts: event.accounts.map(({ id }) => whom(past, id, mask)), detail };
    }
    case 'login': {
      const { event, accountId, detail } = each.record;
      const why = detail === undefined ? '' : ` (${detail})`;
      return { what: event, accounts: [whom(past, accountId, mask)], detail: `${loginTexts[event]}${why}` };
    }
    case 'forecast': {
      const { foretelling, happened } = each.outcome;
      const what = happened === undefined ? 'open' : happened ? 'empty' : 'lasted';
      const chance = `${Math.round(foretelling.chance * 100)}% that the ${windowTitle({ id: foretelling.window })} would be empty`;
      const outcome = { open: 'not known yet', empty: 'it was', lasted: 'it was not' }[what];
      return { what, accounts: [whom(past, foretelling.account, mask)], detail: `foretold ${chance}: ${outcome}` };
    }
  }
}

const loginTexts: Readonly<Record<LineageEvent, string>> = {
  'signed-in': 'signed in',
  refreshed: 'refreshed',
  'entered-workspace': 'entered through another workspace',
  adopted: 'a newer login of somebody else was taken over',
  'handed-out': 'given to the official client',
  released: 'its refresh token went to another machine',
  received: 'its refresh token came from another machine',
  refused: 'its refresh was refused',
  unknown: 'its refresh got no answer',
};

function whom({ accounts }: Past, id: string, mask: boolean) {
  const { email, label } = accounts.get(id) ?? {};
  return definedOnly({ id, email: shownEmail(email, mask), label });
}

const columns = ['at', 'kind', 'what', 'account_id', 'email', 'window', 'left_pct', 'detail'] as const;

/** What happened and what was seen of each window, by time. */
function happeningCsv({ happenings, windows }: HistoryResult): string {
  const happened = happenings.flatMap(({ at, kind, what, accounts, detail }) =>
    accounts.map(({ id, email }) => [at, kind, what, id, email, undefined, undefined, detail]),
  );
  const seen = windows.flatMap(({ id, email, windowId, seen }) =>
    seen.map(({ at, leftPercent }) => [at, 'quota', 'seen', id, email, windowId, leftPercent, undefined]),
  );
  const rows = [...happened, ...seen].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return csvOf(columns, rows);
}

const HistoryResult = z.object({
  /** The time from which on it is told. */
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  /** The oldest first. */
  happenings: z.array(HappeningView),
  windows: z.array(WindowCourseView),
  /** How all forecasts that are kept have turned out, as in `forecast --score`. */
  trackRecord: TrackRecordView,
  /** With `--clear`: the files that were removed. */
  removed: z.exactOptional(z.array(z.string())),
});
type HistoryResult = z.infer<typeof HistoryResult>;

interface HistoryOptions {
  /** Milliseconds. */
  readonly since?: number;
  readonly clear?: true;
  readonly yes?: true;
}

const usualMs = 7 * 86_400_000;

async function history(context: Context, { since = usualMs, clear, yes }: HistoryOptions): Promise<HistoryResult> {
  if (clear !== true) return viewOf(context, readPast(context, since));
  const past = viewOf(context, readPast(context, 0));
  if (yes !== true) {
    await askConsent(context, {
      question: 'Remove what is known of the past? Forecasts know no pace then.',
      otherwise: 'nothing was removed',
      would: 'history --clear would remove what is known of the past',
    });
  }
  return { ...past, removed: await forgetPast(context) };
}

function viewOf(context: Context, past: Past): HistoryResult {
  const mask = context.options.mask === true;
  return {
    since: toIso(past.from),
    until: toIso(past.to),
    happenings: past.happenings.map((each) => ({ at: toIso(each.at), kind: each.kind, ...told(each, past, mask) })),
    windows: windowsOf(past, mask),
    trackRecord: past.score,
  };
}

export const historyCommand: Command<HistoryOptions, HistoryResult> = {
  name: 'history',
  schema: HistoryResult,
  run: history,
  render: renderPast,
  renderCsv: happeningCsv,
};

/** More than anybody reads; the documents have all. */
const mostShown = 40;

/** A picture of each window over the time, then what happened, the latest last. */
function renderPast({ removed, happenings, windows, trackRecord, since }: HistoryResult, theme: Theme): string {
  const { color, now, symbols } = theme;
  if (removed !== undefined) {
    const done = removed.length === 0 ? ['There is nothing to remove.'] : removed.map((path) => `Removed ${path}`);
    return done.map((line) => `${color.green(symbols.ok)} ${printable(line)}\n`).join('');
  }
  const left = happenings.length - mostShown;
  const lines = happenings.slice(-mostShown).map(({ at, accounts, detail }) => {
    const names = accounts.map((each) => titleOf(each)).join(', ');
    return `${formatMoment(Date.parse(at), now).padStart(16)}  ${printable(`${names}: ${detail}`)}`;
  });
  const earlier = left > 0 ? [color.dim(`${left} more before; --json and --csv have all`)] : [];
  const blocks = [
    windowLines(windows, theme),
    [...earlier, ...lines],
    trackRecord.judged + trackRecord.open === 0 ? [] : [trackRecordText(trackRecord)],
  ].filter((block) => block.length > 0);
  if (blocks.length === 0) return `Nothing is known since ${formatMoment(Date.parse(since), now)}.\n`;
  return blocks.map((block) => `${block.join('\n')}\n`).join('\n');
}

function windowLines(windows: HistoryResult['windows'], theme: Theme): string[] {
  const { now, color } = theme;
  const names = new Set<string>();
  return windows.flatMap((window) => {
    const { id, windowId, course, seen } = window;
    const last = seen.at(-1);
    const title = names.has(id) ? [] : [color.bold(titleOf(window))];
    names.add(id);
    const latest =
      last === undefined
        ? ''
        : `${percentText(last.leftPercent)} left ${color.dim(`seen ${formatDistance(Date.parse(last.at), now)}`)}`;
    return [...title, `  ${printable(windowId).padEnd(4)} ${sparkline(course, theme)} ${latest}`];
  });
}

const steps = { unicode: '▁▂▃▄▅▆▇█', ascii: '_.-=+*%#' } as const;

/** A sign for each part of the time, as high as what was left; a gap where nobody knows. */
function sparkline(course: readonly (number | null)[], { style }: Theme): string {
  const heights = style.hasUnicode ? steps.unicode : steps.ascii;
  return course
    .map((left) =>
      left === null ? ' ' : heights[Math.min(heights.length - 1, Math.floor((left / 100) * heights.length))],
    )
    .join('');
}
