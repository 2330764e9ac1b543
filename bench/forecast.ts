/**
 * How long `forecast` takes for 100 accounts whose provider needs 100 ms for each answer: `npx tsx bench/forecast.ts`.
 * The stand-in runs in a process of its own, as a provider does, and the cost of starting Node is measured in the same
 * run, by turns with it.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtProject } from '../test/support/program-process.js';
import { startProvider } from '../test/support/provider/start.js';
import { RefreshHome } from '../test/support/refresh-home.js';

const rounds = 7;
const accounts = 100;
const latencyMs = 100;
const concurrency = 8;
const limitMs = 1.5 * Math.ceil(accounts / concurrency) * latencyMs;

interface Prepared {
  readonly variables: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** The stand-in and a home with its accounts; answers `peak` with how many requests were open at once, and how many came. */
async function serve(directory: string): Promise<void> {
  const people = Array.from({ length: accounts }, (_, index) => ({ email: `person-${index + 1}@example.com` }));
  const provider = await startProvider({ people });
  const seeded = new RefreshHome(directory, provider);
  for (const [index, { email }] of people.entries()) await seeded.addAccount(`acc_${index + 1}`, { email });
  provider.scenario.latencyMs = latencyMs;
  const path = '/backend-api/wham/usage';
  process.on('message', () => {
    process.send?.({ peak: provider.requests.maxConcurrent(path), asked: provider.requests.to(path).length });
    provider.requests.clear();
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ variables: seeded.home.variables, cwd: seeded.home.cwd } satisfies Prepared);
}

function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('exit', () => reject(new Error('the stand-in has ended')));
  });
}

async function timeOf(argv: readonly string[], { variables, cwd }: Prepared): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, argv, { cwd, env: variables, stdio: ['ignore', 'ignore', 'pipe'] });
  const stderr: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text));
  const status = await new Promise((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr.join('')}`);
  return performance.now() - startedAt;
}

const median = (times: readonly number[]) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
const inMs = (ms: number) => `${ms.toFixed(0)} ms`.padStart(8);

function row(title: string, times: readonly number[]): string {
  return `${title.padEnd(24)} median ${inMs(median(times))}  min ${inMs(Math.min(...times))}  max ${inMs(Math.max(...times))}\n`;
}

async function measure(directory: string): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), [directory], { execArgv: process.execArgv });
  try {
    const prepared = await nextMessage<Prepared>(server);
    const program = join(builtProject(), 'bin', 'codex-auth.js');
    const [floor, startUp, forecast] = [[], [], []] as [number[], number[], number[]];
    let peak = 0;
    for (let round = 0; round < rounds; round += 1) {
      floor.push(await timeOf(['-e', '0'], prepared));
      startUp.push(await timeOf([program, 'forecast', '--cached'], prepared));
      forecast.push(await timeOf([program, 'forecast', '--live'], prepared));
      server.send('peak');
      const seen = await nextMessage<{ peak: number; asked: number }>(server);
      if (seen.asked !== accounts) throw new Error(`${seen.asked} requests for ${accounts} accounts`);
      peak = Math.max(peak, seen.peak);
    }
    const asking = median(forecast) - median(startUp);
    process.stdout.write(`${rounds} rounds, ${accounts} accounts, ${latencyMs} ms each, Node ${process.version}\n\n`);
    process.stdout.write(
      row('node -e 0', floor) + row('forecast --cached', startUp) + row('forecast --live', forecast),
    );
    process.stdout.write(`\nrequests open at once: ${peak}, at most ${concurrency} wanted\n`);
    const isWithin = asking <= limitMs && peak <= concurrency;
    process.stdout.write(
      `asking, over start-up: ${inMs(asking).trim()}, ${isWithin ? 'within' : 'BEYOND'} the limit of ${limitMs} ms\n`,
    );
    if (!isWithin) process.exitCode = 1;
  } finally {
    server.removeAllListeners();
    server.disconnect();
  }
}

const [given] = process.argv.slice(2);
if (given === undefined) {
  const directory = mkdtempSync(join(tmpdir(), 'codex-auth-forecast-'));
  try {
    await measure(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
} else await serve(given);
