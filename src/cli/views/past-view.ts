import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { describeEvent } from '../../core/events/event.js';
import { toIso } from '../../core/instant.js';
import type { LineageEvent } from '../../core/logins/lineage-log.js';
import type { Happening, Past } from '../../core/session/past.js';
import type { HistoryResult } from '../commands/history.js';
import { csvOf } from '../render/csv.js';
import { formatMoment } from '../render/time.js';
import { shownEmail } from './account-view.js';

const text = z.exactOptional(z.string());

/** Whom something is about; only the id where the account is gone. */
const whomShape = { id: z.string(), email: text, label: text };

export const HappeningView = z.object({
  at: z.iso.datetime(),
  kind: z.enum(['event', 'login', 'forecast']),
  /** The name of the event, what became of the login, or how the forecast turned out: `empty`, `lasted`, `open`. */
  what: z.string(),
  accounts: z.array(z.object(whomShape)),
  /** One sentence, without the name. */
  detail: z.string(),
});
type HappeningView = z.infer<typeof HappeningView>;

export const WindowCourseView = z.object({
  ...whomShape,
  windowId: z.string(),
  /** What was left in each of the equal parts of the time, in per cent; null where nobody knows. */
  course: z.array(z.nullable(z.number())),
  /** What the provider said, the oldest first. */
  seen: z.array(z.object({ at: z.iso.datetime(), leftPercent: z.number() })),
});
type WindowCourseView = z.infer<typeof WindowCourseView>;

export function happeningsOf(past: Past, mask: boolean): HappeningView[] {
  return past.happenings.map((each) => ({ at: toIso(each.at), kind: each.kind, ...told(each, past, mask) }));
}

export function windowsOf(past: Past, mask: boolean): WindowCourseView[] {
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
      const chance = `${Math.round(foretelling.chance * 100)}% that the ${foretelling.window} window would be empty`;
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
export function happeningCsv({ happenings, windows }: HistoryResult): string {
  const happened = happenings.flatMap(({ at, kind, what, accounts, detail }) =>
    accounts.map(({ id, email }) => [at, kind, what, id, email, undefined, undefined, detail]),
  );
  const seen = windows.flatMap(({ id, email, windowId, seen }) =>
    seen.map(({ at, leftPercent }) => [at, 'quota', 'seen', id, email, windowId, leftPercent, undefined]),
  );
  const rows = [...happened, ...seen].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return csvOf(columns, rows);
}
