import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { systemErrorCode } from '../errors.js';
import { describe } from '../storage/file-errors.js';
import { realPath } from '../storage/same-directory.js';

/** How many conversations the official client has on this machine, by when they were last written to. */
export const SessionCounts = z.object({ last5Hours: z.number(), last7Days: z.number(), total: z.number() });
export type SessionCounts = z.infer<typeof SessionCounts>;

const hourMs = 3_600_000;

/** Counts the client's `sessions/<year>/<month>/<day>/rollout-*.jsonl`; nothing in them is read. */
export function countSessions(homeDirectory: string, now: number, leaveOut?: LeftOut): SessionCounts {
  const ages = sessionFiles(join(homeDirectory, 'sessions'), leaveOut).map((path) => now - writtenAt(path));
  const within = (ms: number) => ages.filter((age) => age <= ms).length;
  return { last5Hours: within(5 * hourMs), last7Days: within(7 * 24 * hourMs), total: ages.length };
}

/** A file of a conversation, and when it was last written to, in milliseconds since the epoch. */
export interface SessionFile {
  readonly path: string;
  readonly writtenAt: number;
}

/** All that are not archived, the latest first. */
export function listSessionFiles(homeDirectory: string, leaveOut?: LeftOut): SessionFile[] {
  const paths = sessionFiles(join(homeDirectory, 'sessions'), leaveOut).filter((path) => threadIdIn(path) !== '');
  const files = paths.map((path) => ({ path, writtenAt: writtenAt(path) }));
  return files.sort((a, b) => b.writtenAt - a.writtenAt);
}

/** Client 0.171.0 can compress them. */
const fileName = /^rollout-.*\.jsonl(?:\.zst)?$/;
const idInName = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl(?:\.zst)?$/;

/** The id by which the client knows the conversation in a file; empty for a file of another name. */
export function threadIdIn(path: string): string {
  return idInName.exec(path)?.[1] ?? '';
}

/** Told of a directory that is there and cannot be listed, whose sessions are missing then. */
export type LeftOut = (message: string) => void;

/** Also through links to directories, each once: some lead round in circles. */
function sessionFiles(top: string, leaveOut: LeftOut = () => undefined): string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  const left = [{ directory: top, real: realPath(top) }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { directory, real } = next;
    if (seen.has(real)) continue;
    seen.add(real);
    for (const entry of entriesOf(directory, leaveOut)) {
      const path = join(directory, entry.name);
      if (fileName.test(entry.name)) found.push(path);
      else if (entry.isDirectory()) left.push({ directory: path, real: join(real, entry.name) });
      else if (entry.isSymbolicLink() && isDirectory(path)) left.push({ directory: path, real: realPath(path) });
    }
  }
  return found;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // A link that leads nowhere, or round in a circle by itself.
    return false;
  }
}

function entriesOf(directory: string, leaveOut: LeftOut): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    // Never made, or taken away meanwhile.
    if (systemErrorCode(error) !== 'ENOENT')
      leaveOut(`cannot read ${directory}: ${describe(error)}; the sessions in it are left out`);
    return [];
  }
}

/** A file that has just gone counts as an old one. */
function writtenAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
