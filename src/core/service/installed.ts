import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { listDirectory, readVersion } from '../storage/atomic-file.js';
import { realPath } from '../storage/same-directory.js';
import type { ServiceManager } from './manager.js';
import { type MarkedText, readMark } from './service-mark.js';

/** What tells the service of a root from those of others. */
export function serviceId(root: string): string {
  return createHash('sha256').update(realPath(root)).digest('hex').slice(0, 12);
}

/** A service as its file describes it. */
export interface InstalledService extends MarkedText {
  readonly id: string;
  readonly file: string;
  readonly text: string;
  /** Of its program, the part that is gone. */
  readonly gone?: string;
}

/** The file of this service: `foreign` where this program has not made it. Throws `storage-unreadable`. */
export function readService(manager: ServiceManager, id: string): InstalledService | 'foreign' | undefined {
  const file = manager.fileOf(id);
  const version = readVersion(file);
  if (version.kind === 'absent') return undefined;
  const marked = readMark(version.content);
  if (marked === undefined) return 'foreign';
  const gone = [marked.made.node, marked.made.script].find((path) => !existsSync(path));
  return { ...marked, id, file, text: version.content, ...(gone === undefined ? {} : { gone }) };
}

/** Services of roots that are not where they were when these were installed. */
export function staleServices(manager: ServiceManager): InstalledService[] {
  return listDirectory(manager.directory).flatMap((name) => {
    const id = manager.idIn(basename(name));
    const service = id === undefined ? undefined : readService(manager, id);
    if (service === undefined || service === 'foreign') return [];
    const isThere = existsSync(service.made.root) && serviceId(service.made.root) === id;
    return isThere ? [] : [{ ...service, file: join(manager.directory, name) }];
  });
}
