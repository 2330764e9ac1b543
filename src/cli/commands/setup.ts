import { basename, delimiter } from 'node:path';
import * as z from 'zod/mini';
import { readBindings } from '../../core/bindings/registry.js';
import { writeShimBindings } from '../../core/bindings/shim-bindings.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { withStore } from '../../core/logins/with-store.js';
import { printableIn } from '../../core/printable.js';
import { blockLines, markedBlock } from '../../core/shell/marked-block.js';
import { findNamesake } from '../../core/shell/on-path.js';
import { pathBlock } from '../../core/shell/path-block.js';
import type { SegmentPlace } from '../../core/shell/segment-block.js';
import { applySetup, type PlannedChange, planSetup, planUndo, type SetupPlace } from '../../core/shell/setup-plan.js';
import { type ShellName, shellNames, usedShells } from '../../core/shell/shell-files.js';
import { lastingTarget } from '../../core/shell/shim.js';
import { findOfficialClient, readWiring } from '../../core/shell/wiring.js';
import { assertOurs } from '../../core/storage/adoption.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { reachesUs, writableSetupPlace } from '../setting-up/new-shell.js';
import { askConsent } from '../terminal/ask-consent.js';

const ChangeView = z.object({
  path: z.string(),
  change: z.enum(['create', 'change', 'remove']),
  /** `segment-file`: of tmux or Starship. */
  part: z.enum(['shim', 'shell-file', 'segment-file']),
  /** Of all but the shim: the lines that come, or with `--undo` go. */
  lines: z.array(z.string()),
});
type ChangeView = z.infer<typeof ChangeView>;

const SetupResult = z.object({
  action: z.enum(['setup', 'undo', 'print']),
  dryRun: z.boolean(),
  /** What was done, or with `--dry-run` would be; nothing where all is as it should be. */
  changes: z.array(ChangeView),
  /** The directory that goes first on PATH. */
  directory: z.string(),
  /** The shells this was about. */
  shells: z.array(z.enum(shellNames)),
  /** With `--print`: the lines. */
  lines: z.exactOptional(z.array(z.string())),
  /** Whether `codex auth` reaches this program already in the shell that called it. */
  reached: z.boolean(),
  /** The shells of which a new one was tried, and whether `codex auth` reaches this program there. */
  tried: z.array(z.object({ shell: z.enum(shellNames), reached: z.boolean() })),
  /** The command that replaces the calling shell by a new one, in which `codex auth` reaches this program. */
  next: z.exactOptional(z.string()),
});
type SetupResult = z.infer<typeof SetupResult>;

export interface SetupOptions {
  readonly yes?: true;
  readonly shell?: readonly ShellName[];
  readonly dryRun?: true;
  readonly undo?: true;
  readonly print?: ShellName;
  readonly segment?: readonly SegmentPlace[];
}

async function setup(context: Context, options: SetupOptions): Promise<SetupResult> {
  const place = await writableSetupPlace(context);
  const shells = shellsOf(place, options);
  if (options.print !== undefined) {
    const lines = blockLines(markedBlock(pathBlock(options.print, place.root.paths.bin))) ?? [];
    return { ...resultOf(place, options, shells, []), lines };
  }
  warnAboutNamesake(context, place);
  assertOurs(place.root);
  const changes =
    options.undo === true ? planUndo(place, options.shell) : planAnew(context, place, shells, options.segment);
  if (options.dryRun === true) return resultOf(place, options, shells, changes);
  if (changes.length > 0) {
    await askFirst(context, options, changes);
    applySetup(changes, place);
    if (options.undo !== true) await tellShim(context);
  }
  const result = resultOf(place, options, shells, changes);
  return options.undo === true ? result : { ...result, tried: await tryNewShells(context, place, shells) };
}

/** Tells the shim which directories are bound: they may have been bound before there was a shim. */
async function tellShim({ root, signal }: Context): Promise<void> {
  const bindings = readBindings(root);
  if (bindings.length > 0) await withStore(root, { signal }, () => writeShimBindings(root, readBindings(root)));
}

/** Tries a new shell of each kind: the person's own lines in its files can undo ours. */
async function tryNewShells({ environment }: Context, { root }: SetupPlace, shells: readonly ShellName[]) {
  // A new terminal does not have the directory on PATH already.
  const directories = (environment.raw['PATH'] ?? '').split(delimiter).filter((each) => each !== root.paths.bin);
  const variables = { ...environment.raw, PATH: directories.join(delimiter) };
  const tried = shells.map(async (shell) => ({ shell, reached: await reachesUs(shell, variables) }));
  return (await Promise.all(tried)).flatMap(({ shell, reached }) =>
    reached === undefined ? [] : [{ shell, reached }],
  );
}

/** Other tools of this kind install a program of our name. */
function warnAboutNamesake({ machine, warn }: Context, { shells }: SetupPlace): void {
  const namesake = findNamesake(machine.program.script, shells.environment);
  if (namesake === undefined) return;
  const way = namesake.package === undefined ? 'remove it' : `npm uninstall --global ${namesake.package}`;
  warn(`"codex-auth" is another program, ${namesake.path}; type "codex auth" for this one, or ${way}`);
}

function shellsOf({ shells: places }: SetupPlace, { shell, undo, print, segment }: SetupOptions): readonly ShellName[] {
  if (print !== undefined) return [print];
  if (undo === true) return shell ?? shellNames;
  const named = [...(shell ?? usedShells(places)), ...shellNames.filter((each) => segment?.some((at) => at === each))];
  const shells = [...new Set(named)];
  if (shells.length > 0) return shells;
  throw new AppError('usage', 'cannot tell which shell you use', {
    hint: `name it: codex-auth setup --shell <${shellNames.join('|')}>`,
  });
}

function planAnew(
  context: Context,
  place: SetupPlace,
  shells: readonly ShellName[],
  segments: readonly SegmentPlace[] | undefined,
): PlannedChange[] {
  const target = lastingTarget(context.machine.program, place.shells.environment);
  if (/[\\/]_npx[\\/]/.test(target.script)) {
    // `npx` keeps what it fetched in a cache, and forgets it one day.
    context.warn('this program runs from the cache of npx, which does not last: install it with npm install --global');
  }
  if (findOfficialClient(place.shells.environment) === undefined) {
    context.warn('the official client is not on PATH; until it is, only "codex auth" works');
  }
  return planSetup(place, shells, target, segments);
}

async function askFirst(context: Context, { yes, undo }: SetupOptions, changes: readonly PlannedChange[]) {
  const command = undo === true ? 'setup --undo' : 'setup';
  if (yes === true) return;
  const views = changes.map(changeView);
  const { io } = context;
  if (io.isInteractive) io.noteRendered(`This will\n${planText(printableIn(views), undo === true)}`);
  await askConsent(context, {
    ...{ question: 'Go ahead?', preset: true, otherwise: 'nothing was changed' },
    would: `${command} would change ${changes.length} file${changes.length === 1 ? '' : 's'}`,
    hint: `add --yes; to see them first: codex-auth ${command} --dry-run`,
    details: { changes: views },
  });
}

function resultOf(
  place: SetupPlace,
  { undo, print, dryRun }: SetupOptions,
  shells: readonly ShellName[],
  changes: readonly PlannedChange[],
): SetupResult {
  const { environment, isWindows } = place.shells;
  const reached = readWiring(place).kind === 'shim';
  const action: SetupResult['action'] = print !== undefined ? 'print' : undo === true ? 'undo' : 'setup';
  const isToFollow = !reached && action === 'setup' && !isWindows;
  return definedOnly({
    action,
    dryRun: dryRun === true,
    changes: changes.map(changeView),
    directory: place.root.paths.bin,
    shells: [...shells],
    reached,
    tried: [],
    next: isToFollow ? startOf(shells, environment['SHELL']) : undefined,
  });
}

/**
 * The command that starts a shell with the new lines: the person's own again, else the first of those that have them.
 */
function startOf([first, ...others]: readonly ShellName[], own: string | undefined): string | undefined {
  if (first === undefined || own === undefined) return undefined;
  const isSetUp = [first, ...others].some((shell) => shell === basename(own) || programOf[shell] === basename(own));
  return isSetUp ? `exec ${own}` : programOf[first];
}

const programOf: Readonly<Record<ShellName, string>> = { bash: 'bash', zsh: 'zsh', fish: 'fish', powershell: 'pwsh' };

function changeView({ path, before, after, part, lines }: PlannedChange): ChangeView {
  const change = before === undefined ? 'create' : after === undefined ? 'remove' : 'change';
  return { path, change, part, lines: [...lines] };
}

/** What a plan would do, file by file; lines that several files get are shown once. */
function planText(changes: readonly ChangeView[], isUndo: boolean): string {
  const shown = new Set<string>();
  const lines = changes.flatMap((each) => [
    `  ${each.change} ${each.path}`,
    ...linesOnce(each, shown).map((line) => `      ${isUndo ? '-' : '+'} ${line}`),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

function linesOnce({ lines }: ChangeView, shown: Set<string>): readonly string[] {
  const [mark, ...rest] = lines;
  const text = rest.join('\n');
  if (mark !== undefined && shown.has(text)) return [mark, '(and the same lines as above)'];
  shown.add(text);
  return lines;
}

function renderSetup(result: SetupResult, theme: Theme): string {
  const { color, symbols } = theme;
  const { action, changes, dryRun, lines } = result;
  if (lines !== undefined) return lines.map((line) => `${line}\n`).join('');
  const isUndo = action === 'undo';
  if (dryRun && changes.length > 0) return `It would\n${planText(changes, isUndo)}`;
  const ok = color.green(symbols.ok);
  if (changes.length === 0) {
    const nothing = isUndo ? 'There is nothing to undo' : 'Everything is in place';
    return `${ok} ${nothing}; nothing was changed.\n${isUndo ? '' : whatFollows(result, theme)}`;
  }
  const done = changes.map(({ change, path }) => `${ok} ${pastTense[change]} ${path}\n`);
  return [...done, isUndo ? undoneText : whatFollows(result, theme)].join('');
}

const pastTense = { create: 'Created', change: 'Changed', remove: 'Removed' } as const;

const undoneText =
  '  From the next terminal on, type codex-auth: "codex auth logout" of the official client ends a login.\n';

function whatFollows({ reached, next, tried, shells }: SetupResult, { color, symbols }: Theme): string {
  const missed = tried.filter((each) => !each.reached).map(({ shell }) => shell);
  if (missed.length > 0) {
    const what = `"codex auth" does not reach this program in a new ${missed.join(' or ')}`;
    return `${color.red(symbols.error)} ${what}: an alias of that name, or files that undo our lines, end before them, or do not come to an end\n  ${symbols.arrow} codex-auth help codex-auth-reaches-the-official-client\n`;
  }
  const [shell] = shells;
  const offer = `  To complete command lines with Tab as well: codex-auth completion ${shell} --help\n`;
  const completion = shell === undefined ? '' : offer;
  if (reached) return completion;
  const isOwn = next?.startsWith('exec ') !== false;
  const where = isOwn ? 'terminal' : next;
  const start = next === undefined ? '' : isOwn ? `; in this one, first: ${next}` : `; to start one: ${next}`;
  return `  "codex auth" reaches this program in every new ${where}${start}\n${completion}`;
}

export const setupCommand: Command<SetupOptions, SetupResult> = {
  name: 'setup',
  schema: SetupResult,
  run: setup,
  render: renderSetup,
  exitCode: ({ tried }) => (tried.every(({ reached }) => reached) ? 0 : 1),
};
