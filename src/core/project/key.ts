import { createHash } from 'node:crypto';
import { posix, sep, win32 } from 'node:path';

/**
 * The name of a project's directory below `projects/`: a readable part and 12 hex digits of SHA-256 over the absolute
 * `root`. Pools of existing installations are found by it, so it may never change: a run of foreign characters becomes
 * one `-`, and a dash left at the end by the cut at 40 stays. Paths that differ only in case are one on Windows.
 */
export function projectKey(root: string, windows = sep === '\\'): string {
  const path = windows ? root.replaceAll('\\', '/').toLowerCase() : root;
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 12);
  return `${readableName((windows ? win32 : posix).basename(path))}-${digest}`;
}

function readableName(basename: string): string {
  const name = basename.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^-+|-+$/g, '');
  return name.slice(0, 40) || 'project';
}
