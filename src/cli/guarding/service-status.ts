import { definedOnly } from '../../core/defined-only.js';
import { heldLocks } from '../../core/diagnostics/world/storage-facts.js';
import { readService, staleServices } from '../../core/service/installed.js';
import { lastingTarget } from '../../core/shell/shim.js';
import type { Context } from '../context.js';
import { lingers } from './linger.js';
import { servicePlace } from './service-place.js';
import { answerOf } from './service-steps.js';
import type { ServiceStatus } from './service-view.js';

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
