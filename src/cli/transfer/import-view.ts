import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import type { DraftStore } from '../../core/pools/draft-store.js';
import { printable } from '../../core/printable.js';
import type { ImportEntry } from '../../core/transfer/import-logins.js';
import { type LoginPlace, loginFormats } from '../../core/transfer/login-file.js';
import { importRefusals } from '../../core/transfer/refusal.js';
import { shownEmail } from '../account-view.js';
import { describePlace, PlaceView, placeView } from '../places.js';
import { titleOf } from '../render/account-table.js';
import { type Cell, type Column, renderTable } from '../render/table.js';
import type { Theme } from '../render/theme.js';

const Place = z.object({
  file: z.string(),
  format: z.exactOptional(z.enum(loginFormats)),
  /** 1-based position in a pool. */
  record: z.exactOptional(z.number()),
});

const outcomes = ['new', 'update', 'same', 'older', 'duplicate', 'refused'] as const;

export const ImportEntryView = z.object({
  ...Place.shape,
  /**
   * `older`: what is stored here is newer and stays. `duplicate`: `duplicateOf` holds a newer copy of the same login, or
   * the same one. `refused`: `reason` and `message` say why.
   */
  outcome: z.enum(outcomes),
  /** Absent for what is new in a plan, and for what is refused. */
  id: z.exactOptional(z.string()),
  /** 1-based position in its pool. */
  index: z.exactOptional(z.number()),
  email: z.exactOptional(z.string()),
  label: z.exactOptional(z.string()),
  workspace: z.exactOptional(z.string()),
  accountId: z.exactOptional(z.string()),
  /** The pool it lives in. */
  scope: z.exactOptional(PlaceView),
  /** It is in the file of accounts that need attention. */
  setAside: z.boolean(),
  /** It had been removed, and comes back. */
  wasRemoved: z.boolean(),
  reason: z.exactOptional(z.string()),
  message: z.exactOptional(z.string()),
  duplicateOf: z.exactOptional(Place),
});
export type ImportEntryView = z.infer<typeof ImportEntryView>;

export const ImportCounts = z.object({
  new: z.number(),
  update: z.number(),
  same: z.number(),
  older: z.number(),
  duplicate: z.number(),
  refused: z.number(),
});
export type ImportCounts = z.infer<typeof ImportCounts>;

export function countEntries(entries: readonly Pick<ImportEntryView, 'outcome'>[]): ImportCounts {
  const count = (wanted: ImportEntryView['outcome']) => entries.filter(({ outcome }) => outcome === wanted).length;
  return {
    new: count('new'),
    update: count('update'),
    same: count('same'),
    older: count('older'),
    duplicate: count('duplicate'),
    refused: count('refused'),
  };
}

interface ViewOptions {
  readonly mask: boolean;
  /** Nothing is stored yet: what is new has no id. */
  readonly isPlan: boolean;
}

export function entryView(entry: ImportEntry, draft: DraftStore, { mask, isPlan }: ViewOptions): ImportEntryView {
  const { place, outcome, account } = entry;
  const scopeKey = 'scopeKey' in entry ? entry.scopeKey : undefined;
  const isStored = account !== undefined && outcome !== 'refused' && !(isPlan && outcome === 'new');
  const position = draft.scope(scopeKey).pool.accounts.findIndex(({ id }) => id === account?.id);
  return definedOnly({
    ...viewOfPlace(place),
    outcome,
    id: isStored ? account.id : undefined,
    index: isStored && 'scopeKey' in entry && position >= 0 ? position + 1 : undefined,
    email: shownEmail(account?.email, mask),
    label: account?.label,
    workspace: account?.workspaceName,
    accountId: account?.accountId,
    scope: 'scopeKey' in entry ? placeView(scopeKey) : undefined,
    setAside: 'isSetAside' in entry && entry.isSetAside,
    wasRemoved: 'wasRemoved' in entry && entry.wasRemoved,
    reason: outcome === 'refused' ? entry.reason : undefined,
    message: outcome === 'refused' ? refusalText(entry) : undefined,
    duplicateOf: outcome === 'duplicate' ? viewOfPlace(entry.of) : undefined,
  });
}

function viewOfPlace({ file, format, record }: LoginPlace): z.infer<typeof Place> {
  return definedOnly({ file, format, record });
}

function refusalText({ reason, detail }: Extract<ImportEntry, { outcome: 'refused' }>): string {
  return `it ${importRefusals[reason]}${detail === undefined ? '' : `: ${detail}`}`;
}

const columns: readonly Column[] = [
  { title: '' },
  { title: 'account', minWidth: 18 },
  { title: 'file', minWidth: 16 },
  { title: 'what', minWidth: 12 },
];

/**
 * A row per login, and below the table, where nothing is cut to fit, what was refused and why. `home` is the pool that new
 * accounts go to; another one is named.
 */
export function renderEntries(entries: readonly ImportEntryView[], home: PlaceView, theme: Theme): string {
  const rows = entries.flatMap((entry) =>
    entry.outcome === 'refused' ? [] : [rowOf(entry.outcome, entry, home, theme)],
  );
  const refused = entries.filter(({ outcome }) => outcome === 'refused').map((entry) => refusedLine(entry, theme));
  return [...(rows.length === 0 ? [] : [renderTable(columns, rows, theme)]), ...refused].join('');
}

type Usable = Exclude<ImportEntryView['outcome'], 'refused'>;

function rowOf(outcome: Usable, entry: ImportEntryView, home: PlaceView, { color, symbols }: Theme): Cell[] {
  const marks: Record<Usable, Cell> = {
    new: { text: '+', paint: color.green },
    update: { text: symbols.arrow, paint: color.green },
    same: { text: '=', paint: color.dim },
    older: { text: '=', paint: color.dim },
    duplicate: { text: '=', paint: color.dim },
  };
  const isNameless = entry.email === undefined && entry.id === undefined;
  return [
    marks[outcome],
    { text: isNameless ? symbols.unknown : titleOf({ ...entry, id: entry.id ?? '' }) },
    { text: nameOfPlace(entry) },
    { text: whatOf(outcome, entry, home) },
  ];
}

function refusedLine({ message = '', email, ...place }: ImportEntryView, { color, symbols }: Theme): string {
  const whose = email === undefined ? '' : ` (${email})`;
  return `${color.red(symbols.error)} ${printable(`${nameOfPlace(place)}${whose}: ${message}`)}\n`;
}

function nameOfPlace({ file, record }: z.infer<typeof Place>): string {
  return record === undefined ? file : `${file}, record ${record}`;
}

function whatOf(outcome: Usable, entry: ImportEntryView, home: PlaceView): string {
  const { duplicateOf, scope, setAside, wasRemoved } = entry;
  const what = {
    new: 'new',
    update: 'newer login',
    same: 'already here',
    older: 'older than what is here, which stays',
    duplicate: `the same account as in ${nameOfPlace(duplicateOf ?? entry)}`,
  }[outcome];
  const facts = [
    what,
    wasRemoved && 'you had removed it',
    setAside && 'set aside',
    scope !== undefined && scope.key !== home.key && `in ${describePlace(scope)}`,
  ];
  return facts.filter(Boolean).join(', ');
}

/** `3 new, 1 update, 2 refused`; what there is none of is left out. */
export function summarize(counts: ImportCounts): string {
  const words: Record<keyof ImportCounts, string> = {
    new: 'new',
    update: counts.update === 1 ? 'update' : 'updates',
    same: 'already here',
    older: 'older than here',
    duplicate: counts.duplicate === 1 ? 'duplicate' : 'duplicates',
    refused: 'refused',
  };
  const parts = outcomes
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${words[outcome]}`);
  return parts.length === 0 ? 'no login found' : parts.join(', ');
}
