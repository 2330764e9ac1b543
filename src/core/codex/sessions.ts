import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { systemErrorCode } from '../errors.js';

/** How many conversations the official client has on this machine, by when they were last written to. */
export const SessionCounts = z.object({ last5Hours: z.number(), last7Days: z.number(), total: z.number() });
export type SessionCounts = z.infer<typeof SessionCounts>;

const hourMs = 3_600_000;

/** Counts the client's `sessions/<year>/<month>/<day>/rollout-*.jsonl`; nothing in them is read. */
export function countSessions(homeDirectory: string, now: number): SessionCounts {
  const ages = sessionFiles(join(homeDirectory, 'sessions')).map((path) => now - writtenAt(path));
  const within = (ms: number) => ages.filter((age) => age <= ms).length;
  return { last5Hours: within(5 * hourMs), last7Days: within(7 * 24 * hourMs), total: ages.length };
}

/** A file of a conversation, and when it was last written to, in milliseconds since the epoch. */
export interface SessionFile {
  readonly path: string;
  readonly writtenAt: number;
}

/** All that are not archived, the latest first. */
export function listSessionFiles(homeDirectory: string): SessionFile[] {
  const paths = sessionFiles(join(homeDirectory, 'sessions')).filter((path) => threadIdIn(path) !== '');
  const files = paths.map((path) => ({ path, writtenAt: writtenAt(path) }));
  return files.sort((a, b) => b.writtenAt - a.writtenAt);
}

/** Client 0.171.0 can compress them. */
const fileName = /(?:^|[\\/])rollout-[^\\/]*\.jsonl(?:\.zst)?$/;
const idInName = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl(?:\.zst)?$/;

/** The id by which the client knows the conversation in a file; empty for a file of another name. */
export function threadIdIn(path: string): string {
  return idInName.exec(path)?.[1] ?? '';
}

function sessionFiles(directory: string): string[] {
  try {
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => fileName.test(name)).map((name) => join(directory, name));
  } catch (error) {
    // Without the directory, or without the right to look, there is nothing to list.
    if (['ENOENT', 'EACCES', 'EPERM', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}

/** A file that has just gone counts as an old one. */
function writtenAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
