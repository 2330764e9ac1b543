import * as z from 'zod/mini';
import { type Account, describeAccount } from '../../core/accounts/account.js';
import { readAuthFile } from '../../core/codex/auth-file-state.js';
import { homeOf } from '../../core/environment.js';
import { AppError } from '../../core/errors.js';
import { readEntries } from '../../core/lineage/journal.js';
import { withJournal } from '../../core/lineage/journal-overlay.js';
import { logLineage } from '../../core/lineage/lineage-log.js';
import { giveAllBack, withOwnTokens } from '../../core/logins/give-back-tokens.js';
import { withStore } from '../../core/logins/with-store.js';
import { readAllScopes } from '../../core/pools/scope-files.js';
import { recordsOf } from '../../core/pools/scope-records.js';
import { printableIn } from '../../core/printable.js';
import type { Scope } from '../../core/project/scope.js';
import { resolveProvider } from '../../core/provider/provider.js';
import { keyOf } from '../../core/roster/roster.js';
import { noteChange } from '../../core/session/change-account.js';
import { PlaceView, placeView } from '../../core/session/places.js';
import { shellWord } from '../../core/shell/shell-word.js';
import { assertOurs } from '../../core/storage/adoption.js';
import { sweepLeftovers } from '../../core/storage/leftovers.js';
import { discoverSources } from '../../core/transfer/discover.js';
import { draftStore } from '../../core/transfer/draft-store.js';
import { type ImportEntry, type ImportTarget, importLogins } from '../../core/transfer/import-logins.js';
import { type LoginSource, listSources } from '../../core/transfer/list-sources.js';
import type { LoginFormat, PlacedLogin } from '../../core/transfer/login-file.js';
import {
  largestSourceBytes,
  parseSource,
  placeLogins,
  type ReadSource,
  readSource,
} from '../../core/transfer/read-logins.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { createTheme, type Theme } from '../render/theme.js';
import { chooseLoginScope } from '../sign-in/questions.js';
import { askConsent } from '../terminal/ask-consent.js';
import { readStandardInput } from '../terminal/given-input.js';
import {
  countEntries,
  entryView,
  ImportCounts,
  ImportEntryView,
  isImported,
  renderEntries,
  summarize,
  warnAfterImport,
} from '../transfer/import-view.js';
import { type OpeningOptions, openingKeys } from '../transfer/sealing-key.js';

const ImportResult = z.object({
  dryRun: z.boolean(),
  /** The person has seen the plan and agreed to it. */
  agreed: z.boolean(),
  /** The pool that new accounts go to. */
  scope: PlaceView,
  counts: ImportCounts,
  /** In the order of the files. */
  entries: z.array(ImportEntryView),
  /** Of --discover: the files to name to import what is new or newer. */
  discovered: z.exactOptional(z.array(z.string())),
});
type ImportResult = z.infer<typeof ImportResult>;

export interface ImportOptions extends OpeningOptions {
  readonly paths: readonly string[];
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  /** Look where other tools keep their logins, and show what could be taken. */
  readonly discover?: boolean;
  readonly format: 'auto' | LoginFormat;
}

async function importFiles(context: Context, options: ImportOptions): Promise<ImportResult> {
  assertNamed(options);
  const dryRun = options.dryRun === true || options.discover === true;
  if (!dryRun) assertOurs(context.root);
  const scope = context.writingScope();
  const found = await findLogins(context, options);
  const plan = planImport(context, found.logins, scope);
  const { counts, entries } = plan;
  if (dryRun || !plan.changesAnything) {
    const wanted = entries.filter(({ outcome }) => outcome === 'new' || outcome === 'update');
    const discovered = options.discover === true ? { discovered: [...new Set(wanted.map(({ file }) => file))] } : {};
    return { dryRun, agreed: false, scope: placeView(keyOf(scope)), counts, entries, ...discovered };
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

function assertNamed({ paths, discover, yes }: ImportOptions): void {
  if (discover === true && (paths.length > 0 || yes === true)) {
    const what = paths.length > 0 ? 'takes no paths' : 'changes nothing';
    throw new AppError('usage', `--discover ${what}: it looks where other tools keep their logins`, {
      hint: 'codex-auth import --discover',
    });
  }
  if (discover === true || paths.length > 0) return;
  throw new AppError('usage', 'no file is named', {
    hint: 'codex-auth import --discover, or name a file or directory',
  });
}

/** Reads one file after the other: a folder may hold many, and Ctrl-C ends it between two. */
async function findLogins(context: Context, options: ImportOptions) {
  const { machine, environment, home } = context;
  const sources =
    options.discover === true
      ? await discoverSources({
          home: homeOf(environment) ?? '',
          codexHome: home.directory,
          variables: machine.variables,
        })
      : await namedSources(context, options.paths);
  const progress = context.progress('Reading', sources.length);
  const keys = openingKeys(context, options);
  const reading = {
    format: options.format === 'auto' ? undefined : options.format,
    openingKey() {
      // `keys` may ask a question, which the line of progress must not write over.
      progress.stop();
      return keys();
    },
  };
  const read: ReadSource[] = [];
  try {
    for (const source of sources) {
      if (context.signal.aborted) throw new AppError('interrupted', 'nothing was imported');
      read.push(
        source.name === '-'
          ? await parseSource(source, await readStandardInput(context, inputRules), reading)
          : await readSource(source, reading),
      );
      progress.step();
    }
  } finally {
    progress.stop();
  }
  const logins = placeLogins(read);
  // `--discover` asks where there are logins: whatever else is in the files is left out.
  return { sources, logins: options.discover === true ? logins.filter(({ login }) => login.kind === 'login') : logins };
}

const inputRules = {
  otherwise: 'codex-auth import - < accounts.json',
  mostBytes: largestSourceBytes,
  tooLong: 'standard input is longer than any file with logins',
  hint: 'name the file instead',
  interrupted: 'nothing was imported',
};

/** `-` is standard input, and no file. */
async function namedSources({ machine }: Context, paths: readonly string[]): Promise<LoginSource[]> {
  const files = await listSources(
    paths.filter((path) => path !== '-'),
    machine.cwd,
    'logins',
  );
  return paths.includes('-') ? [{ name: '-', path: '-' }, ...files] : files;
}

/** What importing would come to, from what can be read without a lock; writes nothing. */
function planImport(context: Context, logins: readonly PlacedLogin[], scope: Scope) {
  const { root, options } = context;
  const journal = readEntries(root.paths.journal);
  const stored = readAllScopes(root.paths);
  const all = recordsOf(stored);
  const asWritten = <A extends Account>(account: A) => withOwnTokens(withJournal(account, journal), all);
  const records = stored.map(({ pool, flagged, ...rest }) => ({
    ...rest,
    pool: { ...pool, accounts: pool.accounts.map(asWritten) },
    flagged: { ...flagged, accounts: flagged.accounts.map(asWritten) },
  }));
  const draft = draftStore(root, records);
  const entries = importLogins(draft, logins, targetOf(context, scope));
  const views = entries.map((entry) => entryView(entry, draft, { mask: options.mask === true, isPlan: true }));
  return { counts: countEntries(views), entries: views, changesAnything: draft.saves > 0 };
}

function targetOf(context: Context, scope: Scope): ImportTarget {
  const { content } = readAuthFile(context.home);
  const inUse = content?.kind === 'login' ? content.login : undefined;
  return { scopeKey: keyOf(scope), provider: resolveProvider(context.environment), inUse };
}

async function askForConsent(context: Context, plan: ReturnType<typeof planImport>, scope: Scope): Promise<void> {
  const { io, options, clock } = context;
  const { counts, entries } = plan;
  if (options.json !== true) {
    io.noteRendered(
      renderEntries(printableIn(entries), placeView(keyOf(scope)), createTheme(io.noteStyle, clock.now())),
    );
  }
  const what = summarize(counts);
  await askConsent(context, {
    question: `Import these logins? (${what})`,
    ...{ preset: true, otherwise: 'nothing was imported', would: `nothing was imported yet: ${what}` },
    hint: 'add --yes to import, or --dry-run to see the plan only',
    details: { counts, entries },
  });
}

/**
 * Plans once more on what is stored now, and writes each changed file once: killed at any instant, a pool holds its whole
 * part of the import or none of it, and the same command finishes it.
 */
async function applyImport(
  context: Context,
  { logins, sources }: Awaited<ReturnType<typeof findLogins>>,
  scope: Scope,
) {
  const { root, signal, home, options } = context;
  sweepLeftovers(root, home.authFile);
  const target = targetOf(context, scope);
  const { draft, entries } = await withStore(root, { signal }, (store) => {
    for (const account of giveAllBack(store)) {
      context.warn(`${describeAccount(account)} held tokens of another account, which have gone back to it`);
    }
    const before = store.scopes();
    const draft = draftStore(root, before);
    const entries = importLogins(draft, logins, target);
    draft.commit(store);
    noteChange(context, store, 'import', before);
    logImport(context, entries);
    return { draft, entries };
  });
  warnAfterImport(context, entries, sources, target);
  const views = entries.map((entry) => entryView(entry, draft, { mask: options.mask === true, isPlan: false }));
  return { counts: countEntries(views), entries: views };
}

const mostLogged = 300;

function logImport({ root }: Context, entries: readonly ImportEntry[]): void {
  const facts = entries.filter(isImported).map(({ account, before, after }) => {
    return { event: 'adopted' as const, accountId: account.id, before, after, detail: 'import' };
  });
  // The log is short: thousands of new accounts must not push out which tokens have been spent.
  logLineage(root, ...facts.slice(0, mostLogged));
}

function renderImport(result: ImportResult, theme: Theme): string {
  const { dryRun, agreed, counts, entries, scope, discovered } = result;
  const { color, symbols } = theme;
  if (discovered !== undefined) return renderDiscovered(entries, scope, discovered, theme);
  if (entries.length === 0) return 'Nothing to import: no .json file there.\n';
  // The person has just read the plan.
  const table = agreed ? '' : `${renderEntries(entries, scope, theme)}\n`;
  if (dryRun) return `${table}${summarize(counts)}; nothing was changed.\n`;
  const changed = counts.new + counts.update;
  if (changed === 0) return `${table}Nothing to import: ${summarize(counts)}.\n`;
  return `${table}${color.green(symbols.ok)} Imported: ${summarize(counts)}.\n`;
}

function renderDiscovered(
  entries: readonly ImportEntryView[],
  scope: PlaceView,
  discovered: readonly string[],
  theme: Theme,
): string {
  if (entries.length === 0) return 'No logins were found where other tools keep theirs.\n';
  const table = renderEntries(entries, scope, theme);
  if (discovered.length === 0) return `${table}\nAll of them are here already.\n`;
  return `${table}\nTo take them over:\n  codex-auth import ${discovered.map(shellWord).join(' ')}\n`;
}

export const importCommand: Command<ImportOptions, ImportResult> = {
  name: 'import',
  schema: ImportResult,
  run: importFiles,
  render: renderImport,
  exitCode: ({ counts }) => (counts.refused > 0 ? 1 : 0),
};
