import { existsSync } from 'node:fs';
import { type InstalledService, staleServices } from '../../core/service/installed.js';
import { applyChanges, planChange } from '../../core/shell/file-change.js';
import { keepAside } from '../../core/storage/kept.js';
import { assertOwner } from '../../core/storage/root.js';
import type { Context } from '../context.js';
import { askFirst, commandLines, keptServiceStem, ourService } from './install.js';
import { removeEmptyAbove } from './service-directories.js';
import { type ServicePlace, servicePlace } from './service-place.js';
import { takeSteps } from './service-steps.js';
import type { ServiceChange, ServiceOptions } from './service-view.js';

/** Takes the service of this root away again, and those of roots that are gone. What somebody has changed by hand is kept. */
export async function uninstallService(context: Context, options: ServiceOptions): Promise<ServiceChange> {
  const place = servicePlace(context);
  assertOwner(context.root);
  const own = ourService(place);
  const services = [...(own === undefined ? [] : [own]), ...staleServices(place.manager)];
  const commands = services.flatMap(({ id }) => stepsOf(place, id)).map(({ argv }) => [...argv]);
  const result = {
    action: 'uninstall' as const,
    manager: place.manager.kind,
    name: place.manager.nameOf(place.id),
    files: services.map(({ file }) => ({ path: file, change: 'remove' as const })),
    commands,
    dryRun: options.dryRun === true,
  };
  if (options.dryRun === true || services.length === 0) return result;
  await askFirst(context, options, [...services.map(({ file }) => `remove ${file}`), ...commandLines(result)]);
  return context.uninterrupted(async () => {
    const kept: string[] = [];
    for (const service of services) kept.push(...(await remove(context, place, service)));
    return { ...result, ...(kept[0] === undefined ? {} : { kept: kept[0] }) };
  });
}

function stepsOf({ manager }: ServicePlace, id: string) {
  return [...manager.stop(id), ...manager.forget()];
}

/** Stopped first: what is still there without its service can be taken away by the next try. */
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
