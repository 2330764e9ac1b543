import { join } from 'node:path';
import { inParallel } from '../parallel.js';
import { startPostgres } from '../postgres/server.js';
import { startProvider } from '../provider/start.js';
import { type ChaosResult, runShareSchedule } from './schedule.js';
import { closeLane, type Lane, openLane } from './world.js';

const atOnce = 6;

/** Schedules that run at once have a database and a provider each. */
export async function runShareSchedules({
  directory,
  firstSeed,
  count,
  onEnd,
}: {
  readonly directory: string;
  readonly firstSeed: number;
  readonly count: number;
  readonly onEnd?: (result: ChaosResult) => void;
}): Promise<ChaosResult[]> {
  const postgres = await startPostgres({ passwords: 'md5' });
  const providers = await Promise.all(Array.from({ length: Math.min(atOnce, count) }, () => startProvider()));
  const lanes: Lane[] = [];
  for (const provider of providers) lanes.push(await openLane(postgres, provider));
  const free = [...lanes];
  const seeds = Array.from({ length: count }, (_, index) => firstSeed + index);
  try {
    return await inParallel(atOnce, seeds, async (seed) => {
      const lane = free.pop();
      if (lane === undefined) throw new Error('unreachable');
      const result = await runShareSchedule(lane, join(directory, String(seed)), seed);
      free.push(lane);
      onEnd?.(result);
      return result;
    });
  } finally {
    await Promise.all(lanes.map(closeLane));
    await Promise.all([postgres.stop(), ...providers.map((provider) => provider.stop())]);
  }
}

export function sumOf(results: readonly ChaosResult[], member: 'explained' | 'refreshes'): number {
  return results.reduce((total, result) => total + result[member], 0);
}

export function badShareOnes(results: readonly ChaosResult[]): string[] {
  const bad = results.filter(({ faults }) => faults.length > 0);
  return bad.map(({ seed, faults, story }) => [`seed ${seed}`, ...faults, ...story].join('\n'));
}
