import { join } from 'node:path';
import { inParallel } from '../parallel.js';
import { startProvider } from '../provider/start.js';
import { runSchedule, type ScheduleOptions, type ScheduleResult } from './run.js';

export interface Schedules extends Pick<ScheduleOptions, 'directory' | 'apart'> {
  readonly firstSeed: number;
  readonly count: number;
  /** Called with each as it ends. */
  readonly onEnd?: (result: ScheduleResult) => void;
}

/** Schedules that run at once have a stand-in each, so that the answers of a schedule follow from its seed. */
const atOnce = 6;

export async function runSchedules({
  directory,
  apart,
  firstSeed,
  count,
  onEnd,
}: Schedules): Promise<ScheduleResult[]> {
  const providers = await Promise.all(Array.from({ length: atOnce }, () => startProvider()));
  const free = [...providers];
  const seeds = Array.from({ length: count }, (_, index) => firstSeed + index);
  try {
    return await inParallel(atOnce, seeds, async (seed) => {
      const provider = free.pop();
      if (provider === undefined) throw new Error('unreachable');
      provider.reset();
      const result = await runSchedule({ provider, directory: join(directory, String(seed)), seed, apart });
      free.push(provider);
      onEnd?.(result);
      return result;
    });
  } finally {
    await Promise.all(providers.map((provider) => provider.stop()));
  }
}

/** The schedules in which something went wrong, each with its seed and what happened in it. */
export function badOnes(results: readonly ScheduleResult[]): string[] {
  const bad = results.filter(({ faults }) => faults.length > 0);
  return bad.map(({ seed, faults, story }) => [`seed ${seed}`, ...faults, ...story].join('\n'));
}

export function sum(results: readonly ScheduleResult[], member: 'explained' | 'refreshes'): number {
  return results.reduce((total, result) => total + result[member], 0);
}
