/**
 * A guard of a hundred accounts with nothing due: `npx tsx bench/guard.ts`, 15 seconds. Ends with 1 where a round, or a
 * day of sleep, takes more processor time than its mark.
 */
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../test/support/cli.js';
import { virtualClock } from '../test/support/virtual-clock.js';
import { homeWith } from './many-accounts.js';

/** Milliseconds of processor time. */
const marks = { round: 20, sleepingDay: 300 };
const wakings = 200;
const minuteMs = 60_000;

const directory = mkdtempSync(join(tmpdir(), 'codex-auth-guard-'));
const cpuMs = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1_000;

try {
  const home = await homeWith(100, directory);
  let before = process.cpuUsage();
  let woken = 0;
  let waking = 0;
  let day: number | undefined;
  const clock = virtualClock({
    start: Date.now(),
    lengthMs: 9 * 24 * 60 * minuteMs,
    forgetsSleeps: true,
    onSleep(sinceStartMs) {
      if (woken < wakings) {
        if (woken === 0) before = process.cpuUsage();
        woken += 1;
        // The pool gets another time: most sleeps are followed by a round, once the system has told the guard of that.
        const time = new Date(Date.now() - woken * 1_000);
        utimesSync(home.poolFile, time, time);
        if (woken < wakings) return;
        waking = cpuMs(process.cpuUsage(before));
        before = process.cpuUsage();
      } else if (day === undefined && sinceStartMs > 30 * 60 * minuteMs) day = cpuMs(process.cpuUsage(before));
    },
  });
  const { stdout } = await runCli(home, ['guard', '--json'], { clock, signal: clock.signal });
  const { rounds } = JSON.parse(stdout).data;
  const round = waking / (rounds - 1);
  const sleeping = day ?? Number.POSITIVE_INFINITY;
  process.stdout.write(`a round with nothing due: ${round.toFixed(1)} ms (mark ${marks.round}), by ${rounds} of them
a day of sleep, 1,440 looks at the clock: ${sleeping.toFixed(0)} ms (mark ${marks.sleepingDay})\n`);
  if (round > marks.round || sleeping > marks.sleepingDay) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
