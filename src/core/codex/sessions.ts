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

function sessionFiles(directory: string): string[] {
  try {
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => /(^|[\\/])rollout-[^\\/]*\.jsonl$/.test(name)).map((name) => join(directory, name));
  } catch (error) {
    // A count is a courtesy: without the directory, or without the right to look, there is nothing to count.
    if (['ENOENT', 'EACCES', 'EPERM', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}

/** A file that has just gone is an old one. */
function writtenAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
