import * as z from 'zod/mini';
import type { AuthFileLogin } from '../../core/codex/auth-file.js';
import { readAuthFile } from '../../core/codex/auth-file-state.js';
import { AppError } from '../../core/errors.js';
import { readEntries } from '../../core/logins/journal.js';
import { withJournal } from '../../core/logins/journal-overlay.js';
import { logLineage } from '../../core/logins/lineage-log.js';
import { keyOf } from '../../core/logins/roster.js';
import { withStore } from '../../core/logins/with-store.js';
import { draftStore } from '../../core/pools/draft-store.js';
import { readAllScopes } from '../../core/pools/scope-files.js';
import { printableIn } from '../../core/printable.js';
import type { Scope } from '../../core/project/scope.js';
import { resolveProvider } from '../../core/provider/provider.js';
import { assertOurs } from '../../core/storage/adoption.js';
import { sweepLeftovers } from '../../core/storage/leftovers.js';
import { type ImportEntry, type ImportTarget, importLogins } from '../../core/transfer/import-logins.js';
import type { LoginFormat, PlacedLogin } from '../../core/transfer/login-file.js';
import { type LoginSource, listSources, readLogins } from '../../core/transfer/read-logins.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { PlaceView, placeView } from '../places.js';
import { startProgress } from '../progress.js';
import { createTheme, type Theme } from '../render/theme.js';
import { chooseLoginScope } from '../sign-in/questions.js';
import {
  countEntries,
  entryView,
  ImportCounts,
  ImportEntryView,
  renderEntries,
  summarize,
} from '../transfer/import-view.js';
import { isImported, warnAfterImport } from '../transfer/import-warnings.js';

const ImportResult = z.object({
  dryRun: z.boolean(),
  /** The person has seen the plan and agreed to it. */
  agreed: z.boolean(),
  /** The pool that new accounts go to. */
  scope: PlaceView,
  counts: ImportCounts,
  /** In the order of the files. */
  entries: z.array(ImportEntryView),
});
type ImportResult = z.infer<typeof ImportResult>;

export interface ImportOptions {
  readonly paths: readonly string[];
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly format: 'auto' | LoginFormat;
}

async function importFiles(context: Context, options: ImportOptions): Promise<ImportResult> {
  const dryRun = options.dryRun === true;
  if (!dryRun) assertOurs(context.root);
  const scope = context.writingScope();
  const found = await findLogins(context, options);
  const plan = planImport(context, found.logins, scope);
  const { counts, entries } = plan;
  if (dryRun || !plan.changesAnything) {
    return { dryRun, agreed: false, scope: placeView(keyOf(scope)), counts, entries };
  }
  const agreed = options.yes !== true;
  if (agreed) await askForConsent(context, plan, scope);
  const { scope: target, unasked } = counts.new > 0 ? await chooseLoginScope(context, agreed) : { scope };
  const done = await applyImport(context, found, target);
  if (unasked !== undefined) {
    const move = 'codex-auth move <account> --to global';
    context.warn(`new accounts are kept for the project ${unasked} only; to have one everywhere: ${move}`);
  }
  return { dryRun, agreed, scope: placeView(keyOf(target)), ...done };
}

interface Found {
  readonly sources: readonly LoginSource[];
  readonly logins: readonly PlacedLogin[];
}

/** Reads one file after the other: a folder may hold many, and Ctrl-C ends it between two. */
async function findLogins(context: Context, { paths, format }: ImportOptions): Promise<Found> {
  const sources = await listSources(paths, context.machine.cwd);
  const progress = startProgress(context, 'Reading', sources.length);
  const logins: PlacedLogin[] = [];
  try {
    for (const source of sources) {
      if (context.signal.aborted) throw new AppError('interrupted', 'nothing was imported');
      logins.push(...(await readLogins(source, format === 'auto' ? undefined : format)));
      progress.step();
    }
  } finally {
    progress.stop();
  }
  return { sources, logins };
}

interface Plan {
  readonly counts: ImportCounts;
  readonly entries: ImportEntryView[];
  readonly changesAnything: boolean;
}

/** What importing would come to, from what can be read without a lock; writes nothing. */
function planImport(context: Context, logins: readonly PlacedLogin[], scope: Scope): Plan {
  const { root, options } = context;
  const journal = readEntries(root.paths.journal);
  const records = readAllScopes(root.paths).map(({ pool, flagged, ...rest }) => ({
    ...rest,
    pool: { ...pool, accounts: pool.accounts.map((account) => withJournal(account, journal)) },
    flagged: { ...flagged, accounts: flagged.accounts.map((account) => withJournal(account, journal)) },
  }));
  const draft = draftStore(root, records);
  const entries = importLogins(draft, logins, targetOf(context, scope));
  const views = entries.map((entry) => entryView(entry, draft, { mask: options.mask === true, isPlan: true }));
  return { counts: countEntries(views), entries: views, changesAnything: draft.saves > 0 };
}

function targetOf(context: Context, scope: Scope): ImportTarget {
  return { scopeKey: keyOf(scope), provider: resolveProvider(context.environment), inUse: loginInUse(context) };
}

function loginInUse({ home }: Context): AuthFileLogin | undefined {
  const { content } = readAuthFile(home);
  return content?.kind === 'login' ? content.login : undefined;
}

async function askForConsent(context: Context, plan: Plan, scope: Scope): Promise<void> {
  const { io, options, clock } = context;
  const { counts, entries } = plan;
  if (options.json !== true) {
    io.noteRendered(
      renderEntries(printableIn(entries), placeView(keyOf(scope)), createTheme(io.noteStyle, clock.now())),
    );
  }
  const what = summarize(counts);
  if (!io.isInteractive) {
    throw new AppError('confirmation-needed', `nothing was imported yet: ${what}`, {
      hint: 'add --yes to import, or --dry-run to see the plan only',
      details: { counts, entries },
    });
  }
  await (await context.prompter()).consent(`Import these logins? (${what})`, true, 'nothing was imported');
}

/**
 * Plans once more on what is stored now, and writes each changed file once: killed at any instant, a pool holds its whole
 * part of the import or none of it, and the same command finishes it.
 */
async function applyImport(context: Context, { logins, sources }: Found, scope: Scope) {
  const { root, signal, home, options } = context;
  sweepLeftovers(root, home.authFile);
  const target = targetOf(context, scope);
  const { draft, entries } = await withStore(root, { signal }, (store) => {
    const draft = draftStore(root, store.scopes());
    const entries = importLogins(draft, logins, target);
    draft.commit(store);
    for (const entry of entries) logImport(context, entry);
    return { draft, entries };
  });
  warnAfterImport(context, entries, sources, target);
  const views = entries.map((entry) => entryView(entry, draft, { mask: options.mask === true, isPlan: false }));
  return { counts: countEntries(views), entries: views };
}

function logImport({ root }: Context, entry: ImportEntry): void {
  if (!isImported(entry)) return;
  const { account, before, after } = entry;
  logLineage(root, { event: 'adopted', accountId: account.id, before, after, detail: 'import' });
}

function renderImport(result: ImportResult, theme: Theme): string {
  const { dryRun, agreed, counts, entries, scope } = result;
  const { color, symbols } = theme;
  if (entries.length === 0) return 'Nothing to import: no .json file there.\n';
  // The person has just read the plan.
  const table = agreed ? '' : `${renderEntries(entries, scope, theme)}\n`;
  if (dryRun) return `${table}${summarize(counts)}; nothing was changed.\n`;
  const changed = counts.new + counts.update;
  if (changed === 0) return `${table}Nothing to import: ${summarize(counts)}.\n`;
  return `${table}${color.green(symbols.ok)} Imported: ${summarize(counts)}.\n`;
}

export const importCommand: Command<ImportOptions, ImportResult> = {
  name: 'import',
  schema: ImportResult,
  run: importFiles,
  render: renderImport,
  exitCode: ({ counts }) => (counts.refused > 0 ? 1 : 0),
};
