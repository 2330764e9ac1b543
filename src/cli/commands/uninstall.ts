import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod/mini';
import { flockHelpers } from '../../core/codex/credential-lock.js';
import { heldLocks } from '../../core/diagnostics/world/storage-facts.js';
import { AppError } from '../../core/errors.js';
import { withStore } from '../../core/logins/with-store.js';
import { readableScopes } from '../../core/pools/stored-files.js';
import { printableIn } from '../../core/printable.js';
import { privateHomesOf, refuseWhileRunning, removePrivateHome } from '../../core/running/removal.js';
import { forgetShareKey } from '../../core/sharing/key-store.js';
import { applySetup, type PlannedChange, planUndo, type SetupPlace } from '../../core/shell/setup-plan.js';
import { completionFiles } from '../../core/shell/shell-files.js';
import { foreignThings } from '../../core/storage/adoption.js';
import { withLock } from '../../core/storage/file-lock.js';
import { sweepLeftovers } from '../../core/storage/leftovers.js';
import { assertOwner, type Root } from '../../core/storage/root.js';
import { filesBesides, removeTraces, tracesIn } from '../../core/storage/traces.js';
import { installedService } from '../guarding/service-place.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { writableSetupPlace } from '../setting-up/new-shell.js';
import { askConsent } from '../terminal/ask-consent.js';

const Left = z.object({ path: z.string(), what: z.string() });
type Left = z.infer<typeof Left>;

const UninstallResult = z.object({
  dryRun: z.boolean(),
  /** Files that are gone, or with `--dry-run` would be. */
  removed: z.array(z.string()),
  /** Files of the person's shells that are without our lines now. */
  changed: z.array(z.string()),
  /** How many accounts were stored here, in all scopes. */
  accounts: z.number(),
  accountsRemoved: z.boolean(),
  /** What stays, and what becomes of it. */
  left: z.array(Left),
});
type UninstallResult = z.infer<typeof UninstallResult>;

interface UninstallOptions {
  readonly yes?: true;
  readonly accounts?: true;
  readonly dryRun?: true;
}

interface Removal {
  readonly changes: readonly PlannedChange[];
  readonly files: readonly string[];
  /** Homes of `run`, whose logins go back to their accounts first. */
  readonly homes: readonly string[];
  readonly accounts: number;
}

async function uninstall(context: Context, options: UninstallOptions): Promise<UninstallResult> {
  const place = await writableSetupPlace(context);
  assertOwner(place.root);
  refuseWithService(context);
  const removal = planRemoval(place, options);
  const isDone = options.dryRun !== true && removal.changes.length + removedBy(removal).length > 0;
  if (isDone) {
    assertIdle(place.root);
    refuseWhileRunning(removal.homes);
    if (options.accounts === true) warnOfSharedPool(context);
    await askFirst(context, options, removal);
    await context.uninterrupted(async () => {
      // An entry in a keyring is no file.
      if (options.accounts === true) await forgetShareKey(place.root);
      await remove(context, place, removal);
    });
  }
  return resultOf(context, place, options, removal);
}

/** The database is not asked: it may be gone, and this is not the moment for that. */
function warnOfSharedPool({ root, warn }: Context): void {
  if (!existsSync(root.paths.share)) return;
  warn(
    'this machine is in a shared pool and stays the keeper of its logins there; to let the others take them, before this: codex-auth share leave --give; after it, there: codex-auth share take <account> --force',
  );
}

function planRemoval(place: SetupPlace, { accounts }: UninstallOptions): Removal {
  const { paths } = place.root;
  const traces = tracesIn(paths);
  return {
    changes: planUndo(place),
    homes: privateHomesOf(place.root),
    files: accounts === true ? [...traces.accounts, ...traces.caches] : traces.caches,
    accounts: readableScopes(paths).reduce(
      (sum, { pool, flagged }) => sum + pool.accounts.length + flagged.accounts.length,
      0,
    ),
  };
}

/** Throws where the guard is a service: that would go on starting a program that is gone, for a root that is gone. */
function refuseWithService(context: Context): void {
  const service = installedService(context);
  if (service === undefined) return;
  throw new AppError('not-allowed', `the guard of this root is a service: ${service}`, {
    hint: 'codex-auth guard --uninstall',
    details: { path: service },
  });
}

/** Throws where another process works on the accounts: it would find them gone halfway, or bring something back. */
function assertIdle(root: Root): void {
  // For the lock of the store, which we take ourselves, it is enough to wait.
  const busy = heldLocks(root).find(({ name, state }) => name !== 'store' && state === 'alive');
  if (busy === undefined) return;
  const pid = busy.owner?.pid;
  throw new AppError('lock-busy', `another codex-auth (pid ${pid}) is at work here`, {
    hint: 'wait for it, or end it, then run the command again',
    details: { lock: busy.name, ...(pid === undefined ? {} : { pid }) },
  });
}

async function askFirst(context: Context, { yes, accounts: all }: UninstallOptions, removal: Removal) {
  if (yes === true) return;
  const { changes, files, homes, accounts } = removal;
  const withAccounts = all === true && accounts > 0;
  const what = withAccounts
    ? `remove ${described(accounts)} for good`
    : `change or remove ${changes.length + files.length + homes.length} files`;
  const plan = `This will\n${planText(printableIn(removedBy(removal)), printableIn(changedBy(removal)))}`;
  if (context.io.isInteractive) context.io.noteRendered(plan);
  await askConsent(context, {
    question: withAccounts ? `Remove ${described(accounts)} for good? ${livesOn}` : 'Go ahead?',
    ...{ preset: !withAccounts, otherwise: 'nothing was removed', would: `uninstall would ${what}` },
    hint: `add --yes; to see the files first: codex-auth uninstall${all === true ? ' --accounts' : ''} --dry-run`,
  });
}

const livesOn = 'Their logins live on at the provider.';

function described(accounts: number): string {
  return `${accounts} account${accounts === 1 ? '' : 's'}`;
}

/**
 * The homes of `run` first, whose logins go back. Then the files of the shells, all or none; the locks last, because
 * they are held until then.
 */
async function remove({ home, signal }: Context, place: SetupPlace, { changes, files, homes }: Removal): Promise<void> {
  const { root } = place;
  if (homes.length > 0) {
    await withStore(root, { signal }, async (store) => {
      for (const directory of homes) await removePrivateHome(store, directory, flockHelpers);
    });
  }
  const { paths, clock, processes } = root;
  // A directory in which there are only files of others gets no lock of ours.
  const isForeign = files.length === 0 && foreignThings(paths).length > 0;
  if (isForeign || !existsSync(paths.root)) return applySetup(changes, place);
  await withLock('store', { directory: paths.locks, clock, processes, waitMs: 10_000, signal }, () => {
    // Checked once more: the question may have waited for long.
    assertIdle(root);
    applySetup(changes, place);
    sweepLeftovers(root, home.authFile);
    removeTraces(
      paths,
      files.filter((path) => path !== paths.locks && dirname(path) !== paths.locks),
    );
  });
  removeTraces(paths, [paths.locks]);
}

function removedBy({ changes, files, homes }: Removal): string[] {
  return [...changes.filter(({ after }) => after === undefined).map(({ path }) => path), ...homes, ...files];
}

function changedBy({ changes }: Removal): string[] {
  return changes.filter(({ after }) => after !== undefined).map(({ path }) => path);
}

function resultOf(
  context: Context,
  place: SetupPlace,
  { accounts: all, dryRun }: UninstallOptions,
  removal: Removal,
): UninstallResult {
  const { accounts } = removal;
  const removed = removedBy(removal);
  const { paths } = place.root;
  const kept = all === true ? [] : tracesIn(paths).accounts;
  const what = `${described(accounts)} and the settings; to remove them too: codex-auth uninstall --accounts`;
  return {
    dryRun: dryRun === true,
    removed,
    changed: changedBy(removal),
    accounts,
    accountsRemoved: all === true && accounts > 0 && dryRun !== true,
    left: [
      ...(kept.length > 0 ? [{ path: paths.root, what }] : []),
      ...whatElseStays(context, place, [...removed, ...kept]),
    ],
  };
}

function whatElseStays({ home, machine }: Context, { root, shells }: SetupPlace, ours: readonly string[]): Left[] {
  const all = (paths: readonly string[], what: string) => paths.map((path) => ({ path, what }));
  return [
    ...all(filesBesides(root.paths, ours), 'not made by this program'),
    ...all(completionFiles(shells), 'loads the completion of codex-auth: take that line out'),
    ...all([home.authFile].filter(existsSync), 'the login of the official client'),
    ...all([machine.program.script], 'this program: npm uninstall -g codex-auth'),
  ];
}

function planText(removed: readonly string[], changed: readonly string[]): string {
  const lines = [...changed.map((path) => `take our lines out of ${path}`), ...removed.map((path) => `remove ${path}`)];
  return lines.map((line) => `  ${line}\n`).join('');
}

function renderUninstall(result: UninstallResult, { color, symbols }: Theme): string {
  const { dryRun, removed, changed, accounts, accountsRemoved, left } = result;
  const ok = color.green(symbols.ok);
  const done = [
    ...changed.map((path) => `${ok} Took our lines out of ${path}`),
    ...removed.map((path) => `${ok} Removed ${path}`),
    ...(removed.length + changed.length === 0 ? [`${ok} There is nothing to remove`] : []),
    ...(accountsRemoved ? [`${ok} Removed ${described(accounts)}. ${livesOn}`] : []),
  ];
  const stays = left.map(({ path, what }) => `  ${path}  ${color.dim(what)}`);
  const head =
    dryRun && removed.length + changed.length > 0
      ? `It would\n${planText(removed, changed)}`
      : done.map((line) => `${line}\n`).join('');
  return `${head}\n${color.bold('What stays')}\n${stays.map((line) => `${line}\n`).join('')}`;
}

export const uninstallCommand: Command<UninstallOptions, UninstallResult> = {
  name: 'uninstall',
  schema: UninstallResult,
  run: uninstall,
  render: renderUninstall,
};
