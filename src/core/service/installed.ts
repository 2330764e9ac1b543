import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod/mini';
import { jsonIn } from '../json-text.js';
import { listDirectory, readVersion } from '../storage/atomic-file.js';
import { realPath } from '../storage/same-directory.js';
import type { ServiceManager } from './manager.js';

/** What tells the service of a root from those of others. */
export function serviceId(root: string): string {
  return createHash('sha256').update(realPath(root)).digest('hex').slice(0, 12);
}

/** A service as its file describes it. */
export interface InstalledService extends MarkedText {
  readonly id: string;
  readonly file: string;
  readonly text: string;
  /** The part of its program that is gone. */
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

/*
 * One line in a file that describes a service says whose it is, and what the rest of the file was when it was written: so
 * nothing else has to remember what can be taken away again, and what a person has changed is noticed.
 */

/** What a service was made for. */
const Made = z.object({
  root: z.string(),
  /** The Node that runs it, and the script that it runs. */
  node: z.string(),
  script: z.string(),
  /** How many of the directories above the file were made for it. */
  directories: z.number(),
});
type Made = z.infer<typeof Made>;

const pattern = /codex-auth guard \[([0-9a-f]+) ([0-9a-f]{64})\]/;

/** The text with its mark in the place of `@mark@`, which stands in a comment. */
export function withMark(text: string, made: Made): string {
  const facts = Buffer.from(JSON.stringify(made)).toString('hex');
  return text.replace('@mark@', `codex-auth guard [${facts} ${digestOf(text.replace('@mark@', facts))}]`);
}

interface MarkedText {
  readonly made: Made;
  /** Somebody has changed it since it was written. */
  readonly isChanged: boolean;
}

/** What the mark in a text says; undefined for a text that this program has not made. */
export function readMark(text: string): MarkedText | undefined {
  const [mark, facts = '', digest] = pattern.exec(text) ?? [];
  if (mark === undefined) return undefined;
  const made = Made.safeParse(jsonIn(Buffer.from(facts, 'hex').toString())).data;
  return made && { made, isChanged: digestOf(text.replace(mark, facts)) !== digest };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
