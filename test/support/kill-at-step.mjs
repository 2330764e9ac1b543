/**
 * Preload (`node --import …/kill-at-step.mjs`) that ends the process right before its n-th change to the file system,
 * so that a test can enumerate every instant of a crash: run with n = 1, 2, … until a run ends by itself.
 *
 *   KILL_AT_UNDER   only changes below this path count; several are separated like PATH
 *   KILL_AT_STEP    n; unset: only count
 *   KILL_AT_SIGNAL  SIGKILL unless set; with SIGSTOP the step happens after the process was continued
 *   KILL_AT_LOG     where to write {total, steps} when the process ends by itself
 *
 * A write is two steps when it kills: before it, and after half of its bytes.
 */
import { writeFileSync } from 'node:fs';
import { delimiter, resolve, sep } from 'node:path';
import { watchChanges } from './file-system-steps.mjs';

const target = Number(process.env.KILL_AT_STEP ?? 0);
const signal = process.env.KILL_AT_SIGNAL ?? 'SIGKILL';
const roots = (process.env.KILL_AT_UNDER ?? '')
  .split(delimiter)
  .filter(Boolean)
  .map((root) => resolve(root));
const log = process.env.KILL_AT_LOG;

const steps = [];

watchChanges({
  isWatched: (path) => roots.some((root) => path === root || path.startsWith(root + sep)),
  hasHalves: signal === 'SIGKILL',
  onStep(description, half) {
    steps.push(description);
    if (steps.length !== target) return;
    half?.();
    process.kill(process.pid, signal);
  },
});

process.on('exit', () => {
  if (log !== undefined) writeFileSync(log, JSON.stringify({ total: steps.length, steps }));
});
