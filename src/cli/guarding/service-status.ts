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
import type { ServiceLogs, ServiceStatus } from './guard-view.js';
import { answerOf, lingers, servicePlace } from './service-place.js';

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

const maxLogBytes = 1024 * 1024;
const shownLines = 200;

/** Keeps a line of what a guard tells that nobody sits before. That it cannot be kept is no reason to stop guarding. */
export function keepLogLine({ paths, processes }: Root, line: string): void {
  try {
    appendLines(paths.guardLog, [printable(line)], { maxBytes: maxLogBytes, processes });
  } catch (error) {
    if (!(error instanceof AppError) && systemErrorCode(error) === undefined) throw error;
  }
}

/** What it told last. */
export function readLog({ paths }: Root): ServiceLogs {
  const version = readVersion(paths.guardLog);
  const lines = version.kind === 'absent' ? [] : version.content.split('\n').filter((line) => line !== '');
  return { action: 'logs', file: paths.guardLog, lines: lines.slice(-shownLines).map(printable) };
}
