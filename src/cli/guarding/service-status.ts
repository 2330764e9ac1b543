import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { heldLocks } from '../../core/diagnostics/world/storage-facts.js';
import { AppError, systemErrorCode } from '../../core/errors.js';
import { printable } from '../../core/printable.js';
import { readService, staleServices } from '../../core/service/installed.js';
import { lastingTarget } from '../../core/shell/shim.js';
import { readVersion } from '../../core/storage/atomic-file.js';
import { appendLines } from '../../core/storage/bounded-lines.js';
import type { Root } from '../../core/storage/root.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { answerOf, howToLinger, lingers, managers, servicePlace } from './service-place.js';

export const ServiceStatus = z.object({
  action: z.literal('status'),
  manager: managers,
  name: z.string(),
  file: z.string(),
  installed: z.boolean(),
  /** Something else has the name of its file. */
  isForeign: z.exactOptional(z.literal(true)),
  /** Its file was changed by hand. */
  isChanged: z.exactOptional(z.literal(true)),
  /** The part of its program that is not there any more. */
  gone: z.exactOptional(z.string()),
  /** The program that it runs, where that is not this one. */
  otherProgram: z.exactOptional(z.string()),
  /** The service manager knows it and has started it. */
  started: z.boolean(),
  /** Whatever guards this root now, as a service or not. */
  guard: z.exactOptional(z.object({ pid: z.number() })),
  lingers: z.exactOptional(z.boolean()),
  /** Services of roots that are not where they were. */
  stale: z.array(z.object({ path: z.string(), root: z.string() })),
});
export type ServiceStatus = z.infer<typeof ServiceStatus>;

/** Whether the guard of this root is a service, and whether it works. Changes nothing. */
export async function serviceStatus(context: Context): Promise<ServiceStatus> {
  const { manager, id, file } = servicePlace(context);
  const service = readService(manager, id);
  const state = await answerOf(context, manager.status(id));
  const running = heldLocks(context.root).find(({ name, state: lock }) => name === 'guard' && lock === 'alive');
  const stale = staleServices(manager).map(({ file: path, made }) => ({ path, root: made.root }));
  const known = {
    action: 'status' as const,
    manager: manager.kind,
    name: manager.nameOf(id),
    file,
    started: state !== undefined,
    guard: running?.owner === undefined ? undefined : { pid: running.owner.pid },
    stale,
  };
  if (service === undefined) return definedOnly({ ...known, installed: false });
  if (service === 'foreign') return definedOnly({ ...known, installed: false, isForeign: true as const });
  const program = lastingTarget(context.machine.program, context.environment.raw);
  const isOther = service.made.node !== program.node || service.made.script !== program.script;
  return definedOnly({
    ...known,
    installed: true,
    isChanged: service.isChanged ? (true as const) : undefined,
    gone: service.gone,
    otherProgram: isOther && service.gone === undefined ? service.made.script : undefined,
    ...(await lingers(context, manager)),
  });
}

export function renderStatus(status: ServiceStatus, { color, symbols }: Theme): string {
  const [ok, bad] = [color.green(symbols.ok), color.red(symbols.error)];
  const again = 'codex-auth guard --install';
  const { installed, isForeign, isChanged, gone, otherProgram, started, guard, lingers, stale, file, name } = status;
  const lines = [
    installed ? `${ok} Installed: ${file}` : `${bad} Not installed: ${again}`,
    ...(isForeign === true ? [`${bad} ${file} was not made by this program; remove it yourself`] : []),
    ...(isChanged === true ? [color.yellow(`  it was changed by hand; ${again} writes it anew and keeps that`)] : []),
    ...(gone === undefined ? [] : [`${bad} Its program is gone: ${gone}; ${again}`]),
    ...(otherProgram === undefined ? [] : [color.yellow(`  it runs another program: ${otherProgram}; ${again}`)]),
    ...(installed ? [started ? `${ok} ${name} is started` : `${bad} ${name} is not started: ${again}`] : []),
    guard === undefined ? `${bad} Nothing guards this root now` : `${ok} Guarded by pid ${guard.pid}`,
    ...(lingers === false ? [color.dim(howToLinger)] : []),
    ...stale.map(({ path, root }) =>
      color.yellow(`  ${path} is for ${root}, which is gone; codex-auth guard --uninstall`),
    ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

export const ServiceLogs = z.object({
  action: z.literal('logs'),
  file: z.string(),
  /** The newest last. */
  lines: z.array(z.string()),
});
export type ServiceLogs = z.infer<typeof ServiceLogs>;

const maxLogBytes = 1024 * 1024;
const shownLines = 200;

/** Keeps a line that a guard tells as a service. That the line cannot be kept is no reason to stop guarding. */
export function keepLogLine({ paths, processes }: Root, line: string): void {
  try {
    appendLines(paths.guardLog, [printable(line)], { maxBytes: maxLogBytes, processes });
  } catch (error) {
    if (!(error instanceof AppError) && systemErrorCode(error) === undefined) throw error;
  }
}

export function readLog({ paths }: Root): ServiceLogs {
  const version = readVersion(paths.guardLog);
  const lines = version.kind === 'absent' ? [] : version.content.split('\n').filter((line) => line !== '');
  return { action: 'logs', file: paths.guardLog, lines: lines.slice(-shownLines).map(printable) };
}

export function renderLogs({ file, lines }: ServiceLogs): string {
  return lines.length === 0 ? `Nothing yet in ${file}\n` : lines.map((line) => `${line}\n`).join('');
}
