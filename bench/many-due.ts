/**
 * Refreshing many accounts that are due: `npx tsx bench/many-due.ts`. What a refresh reads and writes of the pool, and
 * its processor time, must not grow with the number of accounts. Most of the time should go into the requests, of
 * 100 ms each and eight at once. Ends with 1 where a bound is broken.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cost, costOf, homeOfDue } from '../test/support/due-accounts.js';
import { startProvider } from '../test/support/provider/start.js';

const latencyMs = 100;
const atOnce = 8;
const directory = mkdtempSync(join(tmpdir(), 'codex-auth-due-'));
const provider = await startProvider();

/** One `check`: a refresh and a question for each account. */
async function measure(count: number): Promise<Cost> {
  const due = await homeOfDue(provider, join(directory, String(count)), count);
  const cost = await costOf(due, ['check']);
  const mebibytes = ((cost.read + cost.written) / 1024 ** 2).toFixed(1);
  const [cpu, wall] = [cost.cpuMs, cost.wallMs].map(Math.round);
  process.stdout.write(`${count} due: ${mebibytes} MiB of the pool, ${cpu} ms of the processor, ${wall} ms in all\n`);
  return cost;
}

function judge(what: string, value: number, bound: number): void {
  process.stdout.write(`${what}: ${value.toFixed(2)} (at most ${bound})\n`);
  if (value > bound) process.exitCode = 1;
}

const bytes = ({ read, written }: Cost) => read + written;

try {
  provider.scenario.latencyMs = latencyMs;
  const [one, ten, eighty, hundred, many] = [
    await measure(1),
    await measure(10),
    await measure(80),
    await measure(100),
    await measure(400),
  ];
  judge('bytes, 80 over 10', bytes(eighty) / bytes(ten), 20);
  const requestsMs = (2 * 100 * latencyMs) / atOnce;
  judge('time for 100 over that of their requests', (hundred.wallMs - one.wallMs + 2 * latencyMs) / requestsMs, 1.6);
  const perRefresh = (cost: Cost, count: number) => (cost.cpuMs - one.cpuMs) / (count - 1);
  judge('processor time of a refresh, 400 over 10', perRefresh(many, 400) / perRefresh(ten, 10), 1.5);
} finally {
  await provider.stop();
  rmSync(directory, { recursive: true, force: true });
}
