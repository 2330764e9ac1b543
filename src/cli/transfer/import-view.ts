import { sep } from 'node:path';
import * as z from 'zod/mini';
import { type Account, describeAccount, isAccessOnly } from '../../core/accounts/account.js';
import { isSameAccount } from '../../core/accounts/identity.js';
import { isNewer } from '../../core/accounts/lineage.js';
import type { AuthFileLogin } from '../../core/codex/auth-file.js';
import { definedOnly } from '../../core/defined-only.js';
import { printable } from '../../core/printable.js';
import { describePlace, PlaceView, placeView } from '../../core/session/places.js';
import { resolveTarget } from '../../core/storage/atomic-file.js';
import type { DraftStore } from '../../core/transfer/draft-store.js';
import type { ImportEntry, ImportTarget } from '../../core/transfer/import-logins.js';
import type { LoginSource } from '../../core/transfer/list-sources.js';
import { type LoginFormat, type LoginPlace, loginFormats } from '../../core/transfer/login-file.js';
import { importRefusals, passingReasons } from '../../core/transfer/refusal.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import { type Column, renderTable } from '../render/table.js';
import type { Theme } from '../render/theme.js';
import { shownEmail } from '../views/account-ref.js';

const Place = z.object({
  file: z.string(),
  format: z.exactOptional(z.enum(loginFormats)),
  /** 1-based position in a list, or the line in a file of lines. */
  record: z.exactOptional(z.number()),
  /** The name it is kept under, in a file that keeps logins by name. */
  member: z.exactOptional(z.string()),
});

const outcomes = ['new', 'update', 'same', 'older', 'duplicate', 'passed', 'refused'] as const;

export const ImportEntryView = z.object({
  ...Place.shape,
  /**
   * `older`: what is stored here is newer and stays. `duplicate`: `duplicateOf` holds a newer copy of the same login, or
   * the same one. `passed`: it is nothing for this program, and no fault. `reason` and `message` say why for the last two.
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
  /** It was in use where it comes from, and becomes the choice of a pool that had none. */
  isChosen: z.boolean(),
  /** Whether it is enabled: the person may have switched it off where it comes from, or here. */
  enabled: z.exactOptional(z.boolean()),
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
  passed: z.number(),
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
    passed: count('passed'),
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
  const position = account && draft.positionOf({ id: account.id, scopeKey, isSetAside: false });
  return definedOnly({
    ...viewOfPlace(place),
    outcome,
    id: isStored ? account.id : undefined,
    index: isStored && 'scopeKey' in entry && position !== undefined ? position + 1 : undefined,
    email: shownEmail(account?.email, mask),
    label: account?.label,
    workspace: account?.workspaceName,
    accountId: account?.accountId,
    scope: 'scopeKey' in entry ? placeView(scopeKey) : undefined,
    setAside: 'isSetAside' in entry && entry.isSetAside,
    wasRemoved: 'wasRemoved' in entry && entry.wasRemoved,
    isChosen: 'isChosen' in entry && entry.isChosen,
    enabled: account?.enabled,
    reason: outcome === 'refused' || outcome === 'passed' ? entry.reason : undefined,
    message: messageOf(entry),
    duplicateOf: outcome === 'duplicate' ? viewOfPlace(entry.of) : undefined,
  });
}

function viewOfPlace({ file, format, record, member }: LoginPlace): z.infer<typeof Place> {
  return definedOnly({ file, format, record, member });
}

function messageOf(entry: ImportEntry): string | undefined {
  if (entry.outcome === 'passed') return `it ${passingReasons[entry.reason]}`;
  if (entry.outcome !== 'refused') return undefined;
  const { reason, detail } = entry;
  return `it ${importRefusals[reason]}${detail === undefined ? '' : `: ${detail}`}`;
}

/**
 * A row per login, and below the table, where nothing is cut to fit, what was passed over or refused and why. `home` is
 * the pool that new accounts go to; another one is named.
 */
export function renderEntries(entries: readonly ImportEntryView[], home: PlaceView, theme: Theme): string {
  const rows = entries.filter(isTaken);
  const others = entries.filter((entry) => !isTaken(entry)).map((entry) => reasonLine(entry, theme));
  const table = rows.length === 0 ? [] : [renderTable(columnsFor(home, theme), rows, theme)];
  return [...table, ...others].join('');
}

type Usable = Exclude<ImportEntryView['outcome'], 'passed' | 'refused'>;

type TakenEntry = ImportEntryView & { readonly outcome: Usable };

function isTaken(entry: ImportEntryView): entry is TakenEntry {
  return entry.outcome !== 'passed' && entry.outcome !== 'refused';
}

function columnsFor(home: PlaceView, { color, symbols }: Theme): Column<TakenEntry>[] {
  const marks: Record<Usable, string> = {
    ...{ new: '+', update: symbols.arrow },
    ...{ same: '=', older: '=', duplicate: '=' },
  };
  const isTakenOver = (outcome: Usable) => outcome === 'new' || outcome === 'update';
  return [
    {
      title: '',
      text: ({ outcome }) => marks[outcome],
      paint: ({ outcome }) => (isTakenOver(outcome) ? color.green : color.dim),
    },
    {
      title: 'account',
      minWidth: 18,
      text({ id, ...entry }) {
        const isNameless = entry.email === undefined && id === undefined;
        return isNameless ? symbols.unknown : titleOf({ ...entry, id: id ?? '' });
      },
    },
    { title: 'file', minWidth: 16, text: nameOfPlace },
    { title: 'what', minWidth: 12, text: (entry) => whatOf(entry, home) },
  ];
}

/** What kind of file it is, where that says what the reason is about. */
const formatNames: Record<LoginFormat, string> = {
  codex: 'auth.json',
  flat: 'token file',
  pool: 'account pool',
  opencode: 'tokens of opencode or pi',
  record: 'login record',
};

function reasonLine({ message = '', email, outcome, ...place }: ImportEntryView, { color, symbols }: Theme): string {
  const facts = [place.format === undefined ? undefined : formatNames[place.format], email].filter(
    (fact) => fact !== undefined,
  );
  const what = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
  const text = printable(`${nameOfPlace(place)}${what}: ${message}`);
  return outcome === 'refused' ? `${color.red(symbols.error)} ${text}\n` : `${color.dim(`- ${text}`)}\n`;
}

function nameOfPlace({ file, record, member }: z.infer<typeof Place>): string {
  const part = record === undefined ? member : `record ${record}`;
  return part === undefined ? file : `${file}, ${part}`;
}

function whatOf(entry: TakenEntry, home: PlaceView): string {
  const { outcome, duplicateOf, scope, setAside, wasRemoved, enabled, isChosen } = entry;
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
    outcome === 'new' && enabled === false && 'disabled',
    isChosen && 'in use there',
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
    passed: 'passed over',
    refused: 'refused',
  };
  const parts = outcomes
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${words[outcome]}`);
  return parts.length === 0 ? 'no login found' : parts.join(', ');
}

type ImportedEntry = Extract<ImportEntry, { outcome: 'new' | 'update' | 'same' | 'older' }>;

/** Whether its tokens are here because of this import. */
export function isImported(entry: ImportEntry): entry is ImportedEntry {
  return entry.outcome === 'new' || entry.outcome === 'update';
}

/** What the person should know or do about logins that have just been taken over. */
export function warnAfterImport(
  context: Context,
  entries: readonly ImportEntry[],
  sources: readonly LoginSource[],
  { inUse }: ImportTarget,
): void {
  const imported = entries.filter(isImported);
  const outside = sources.filter((source) => !isOurs(context, source)).map(({ name }) => name);
  const passing = imported.filter(({ account }) => isAccessOnly(account.tokens));
  if (imported.some((entry) => outside.includes(entry.place.file) && !passing.includes(entry))) {
    context.warn(
      'the files still hold the logins that were imported. Two holders of one login will collide, and the one that comes second is signed out: stop using them there',
    );
  }
  if (passing.length > 0) {
    const which =
      passing.length === 1
        ? '1 of these logins has no refresh token and ends with its access token'
        : `${passing.length} of these logins have no refresh token and end with their access tokens`;
    context.warn(`${which}: codex-auth list says when`);
  }
  if (imported.some(({ isSetAside }) => isSetAside)) {
    context.warn('some of these accounts are set aside: codex-auth verify-flagged brings back those that work');
  }
  const ahead = inUse && imported.find(({ account }) => isAhead(account, inUse));
  if (ahead === undefined) return;
  const { account } = ahead;
  context.warn(
    `the official client still has an older login of ${describeAccount(account)}: codex-auth switch ${account.id}`,
  );
}

/** Whether an account has another login than the official client has for it, and a newer one. */
function isAhead(account: Account, { identity, tokens }: AuthFileLogin): boolean {
  if (!isSameAccount(account, identity) || account.tokens.refreshToken?.equals(tokens.refreshToken) === true)
    return false;
  return isNewer({ source: 'pool', tokens: account.tokens }, { source: 'auth-file', tokens });
}

/** Whether a file is the live `auth.json` or one of this program: these are no second holders of a login. */
function isOurs({ home, root }: Context, { path }: LoginSource): boolean {
  return path === resolveTarget(home.authFile) || path.startsWith(resolveTarget(root.paths.root) + sep);
}
