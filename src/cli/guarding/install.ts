import { existsSync, rmdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { type InstalledService, readService, staleServices, withMark } from '../../core/service/installed.js';
import { applyChanges, type FileChange, planChange } from '../../core/shell/file-change.js';
import { assertOurs } from '../../core/storage/adoption.js';
import { makePrivateDirectory } from '../../core/storage/atomic-file.js';
import { keepAside } from '../../core/storage/kept.js';
import { sweepTemporaries } from '../../core/storage/leftovers.js';
import { assertOwner } from '../../core/storage/root.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { askConsent } from '../terminal/ask-consent.js';
import {
  howToLinger,
  lingers,
  managers,
  type ServicePlace,
  serviceFacts,
  servicePlace,
  takeSteps,
} from './service-place.js';

export interface ServiceOptions {
  readonly yes?: true;
  readonly dryRun?: true;
}

export const ServiceChange = z.object({
  action: z.enum(['install', 'uninstall']),
  manager: managers,
  /** What the service manager calls the service of this root. */
  name: z.string(),
  /** Nothing where all is as it should be. */
  files: z.array(
    z.object({
      path: z.string(),
      change: z.enum(['create', 'change', 'remove']),
      text: z.exactOptional(z.string()),
    }),
  ),
  /** What the service manager is told, each a program with its arguments. */
  commands: z.array(z.array(z.string())),
  dryRun: z.boolean(),
  /** Where a file is now that somebody had changed by hand. */
  kept: z.exactOptional(z.string()),
  /** Whether it goes on when the person is logged out; absent where nobody can tell. */
  lingers: z.exactOptional(z.boolean()),
});
export type ServiceChange = z.infer<typeof ServiceChange>;

/** What `kept/` calls a file that somebody had changed by hand. */
const keptServiceStem = 'guard-service';

/** Makes the guard of this root a service of the person's own, and starts it. A second call changes nothing. */
export async function installService(context: Context, options: ServiceOptions): Promise<ServiceChange> {
  const { root } = context;
  const place = servicePlace(context);
  assertOurs(root);
  const { id, file, manager } = place;
  const before = ourService(place);
  const facts = serviceFacts(context, id);
  const directories = before?.made.directories ?? missingAbove(file);
  const { node, script } = facts;
  const text = withMark(manager.text(facts), { root: facts.root, node, script, directories });
  const change = planChange({ path: file, change: () => Buffer.from(text).toString('latin1'), mode: 0o600 }, root);
  const steps = manager.start(id);
  const result = {
    action: 'install' as const,
    manager: manager.kind,
    name: manager.nameOf(id),
    files:
      change === undefined ? [] : [{ path: file, change: before === undefined ? 'create' : 'change', text } as const],
    commands: steps.map(({ argv }) => [...argv]),
    dryRun: options.dryRun === true,
  };
  if (options.dryRun === true) return result;
  await askFirst(context, options, [`write ${file}`, '', ...indentedLines(text), '', ...commandLines(result)]);
  return context.uninterrupted(async () => {
    makePrivateDirectory(root.paths.root);
    const kept = before?.isChanged === true ? keepAside(root, keptServiceStem, before.text) : undefined;
    if (change !== undefined) applyChanges([change], root);
    await startOrUndo(context, place, change, directories);
    return { ...result, ...(kept === undefined ? {} : { kept }), ...(await lingers(context, manager)) };
  });
}

/** Throws `storage-conflict` where something else has the name of our file. */
function ourService({ manager, id, file }: ServicePlace) {
  const service = readService(manager, id);
  if (service !== 'foreign') return service;
  throw new AppError('storage-conflict', `${file} was not made by this program, or its first lines were changed`, {
    hint: `look at it, and remove it yourself: ${file}`,
    details: { path: file },
  });
}

function missingAbove(path: string): number {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? 0 : 1 + missingAbove(parent);
}

/** Starts the service. Where that fails, puts its file back as it was before. */
async function startOrUndo(
  context: Context,
  { manager, id, file }: ServicePlace,
  change: FileChange | undefined,
  directories: number,
): Promise<void> {
  try {
    await takeSteps(context, manager.start(id));
  } catch (error) {
    if (change !== undefined && change.before === undefined) await takeSteps(context, manager.stop(id));
    if (change !== undefined) applyChanges([{ ...change, before: change.after, after: change.before }], context.root);
    await takeSteps(context, manager.forget());
    if (change?.before === undefined) removeEmptyAbove(file, directories);
    throw error;
  }
}

function commandLines({ commands }: Pick<ServiceChange, 'commands'>): string[] {
  return commands.map((argv) => `run ${argv.join(' ')}`);
}

/** Shows what is about to be done. Throws `confirmation-needed` where nobody can answer, `declined` for a no. */
async function askFirst(context: Context, { yes }: ServiceOptions, lines: readonly string[]): Promise<void> {
  const { io } = context;
  if (yes === true) return;
  if (io.isInteractive) io.note('This will', ...lines.map((line) => `  ${line}`));
  await askConsent(context, {
    ...{ question: 'Go ahead?', preset: true, otherwise: 'nothing was changed' },
    would: 'this changes which programs your system starts',
    hint: 'add --yes; to see first what would be done: --dry-run',
  });
}

/** Takes the service of this root away again, and those of roots that are gone. What somebody has changed by hand is kept. */
export async function uninstallService(context: Context, options: ServiceOptions): Promise<ServiceChange> {
  const place = servicePlace(context);
  assertOwner(context.root);
  const own = ourService(place);
  const services = [...(own === undefined ? [] : [own]), ...staleServices(place.manager)];
  const { manager } = place;
  const steps = services.flatMap(({ id }) => [...manager.stop(id), ...manager.forget()]);
  const result = {
    action: 'uninstall' as const,
    manager: manager.kind,
    name: manager.nameOf(place.id),
    files: services.map(({ file }) => ({ path: file, change: 'remove' as const })),
    commands: steps.map(({ argv }) => [...argv]),
    dryRun: options.dryRun === true,
  };
  if (options.dryRun === true) return result;
  // Removes what an installation has left that was killed.
  sweepTemporaries(manager.directory, context.root.processes, { file: basename(place.file) });
  if (services.length === 0) return result;
  await askFirst(context, options, [...services.map(({ file }) => `remove ${file}`), ...commandLines(result)]);
  return context.uninterrupted(async () => {
    const kept: string[] = [];
    for (const service of services) kept.push(...(await remove(context, place, service)));
    return { ...result, ...(kept[0] === undefined ? {} : { kept: kept[0] }) };
  });
}

/** The service is stopped before its file is removed: a next try can still remove a file without a running service. */
async function remove(context: Context, { manager }: ServicePlace, service: InstalledService): Promise<string[]> {
  const { root } = context;
  const { id, file, text, isChanged, made } = service;
  const kept = isChanged && existsSync(root.paths.root) ? [keepAside(root, keptServiceStem, text)] : [];
  await takeSteps(context, manager.stop(id));
  const change = planChange({ path: file, change: () => undefined }, root);
  if (change !== undefined) applyChanges([change], root);
  removeEmptyAbove(file, made.directories);
  await takeSteps(context, manager.forget());
  return kept;
}

/** Takes away as many directories above a file as were made for it, as long as nothing else is in them. */
function removeEmptyAbove(file: string, count: number): void {
  let directory = dirname(file);
  for (let left = count; left > 0; left -= 1) {
    try {
      rmdirSync(directory);
    } catch {
      // Something else is in it by now, and in all above it.
      return;
    }
    directory = dirname(directory);
  }
}

export function renderChange(result: ServiceChange, { color, symbols }: Theme): string {
  const { action, files, commands, dryRun, name, kept, lingers } = result;
  const ok = color.green(symbols.ok);
  if (dryRun) return dryRunText(result);
  if (action === 'uninstall' && files.length === 0) return `${ok} No service is installed\n`;
  const verbs = { create: 'Wrote', change: 'Changed', remove: 'Removed' } as const;
  const lines = [
    ...files.map(({ path, change }) => `${ok} ${verbs[change]} ${path}`),
    ...(action === 'install' ? [`${ok} ${name} runs${files.length === 0 ? ', as before' : ''}`] : []),
    ...(kept === undefined ? [] : [`  what was changed in it by hand is kept: ${kept}`]),
    ...(lingers === false ? [color.dim(howToLinger)] : []),
  ];
  return commands.length === 0 ? '' : lines.map((line) => `${line}\n`).join('');
}

function dryRunText({ files, commands }: ServiceChange): string {
  if (files.length + commands.length === 0) return 'There is nothing to do\n';
  const shown = files.flatMap(({ path, change, text = '' }) => [
    `${change} ${path}`,
    ...(text === '' ? [] : indentedLines(text)),
  ]);
  const told = commands.map((argv) => `run ${argv.join(' ')}`);
  return `It would\n${[...shown, ...told].map((line) => `  ${line}\n`).join('')}`;
}

function indentedLines(text: string): string[] {
  return text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => `  ${line}`);
}
