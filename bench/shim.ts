/**
 * What the shim behind `codex auth` costs the official client: `npx tsx bench/shim.ts`. The client is a copy of `true`,
 * called directly, through the shim, and through it where other directories are bound, by turns. Beside them stands the
 * time of starting Node at all, which the shim must not do.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shimBindingsText } from '../src/core/bindings/shim-bindings.js';
import { shimText } from '../src/core/shell/shim.js';
import { shimBindingsName, shimMarkName } from '../src/core/storage/paths.js';

const rounds = 200;
const limits = { shimMs: 5, bindingsMs: 0.2 };
const boundDirectories = 20;
const directory = mkdtempSync(join(tmpdir(), 'codex-auth-shim-'));

interface Column {
  readonly title: string;
  readonly program: string;
  readonly argv: readonly string[];
  readonly times: number[];
}

function measure({ title, program, argv, times }: Column, PATH: string): void {
  const startedAt = performance.now();
  const { status } = spawnSync(program, argv, { env: { PATH }, stdio: 'ignore' });
  times.push(performance.now() - startedAt);
  if (status !== 0) throw new Error(`${title} ended with ${status}`);
}

const median = ({ times }: Column) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
const inMs = (ms: number) => `${ms.toFixed(2)} ms`.padStart(9);

/** A client, a shim in front of it, and twenty directories between them, as a full PATH has. */
function install() {
  const [bin, clients] = [join(directory, 'bin'), join(directory, 'clients')];
  for (const each of [bin, clients]) mkdirSync(each);
  const client = join(clients, 'codex');
  copyFileSync('/bin/true', client);
  const script = fileURLToPath(new URL('../bin/codex-auth.js', import.meta.url));
  const shim = join(bin, 'codex');
  writeFileSync(shim, shimText('codex', { node: process.execPath, script }));
  for (const each of [client, shim]) chmodSync(each, 0o755);
  writeFileSync(join(bin, shimMarkName), '');
  const between = Array.from({ length: 20 }, (_, index) => join(directory, `empty-${index}`));
  for (const each of between) mkdirSync(each);
  return { client, shim, PATH: [bin, ...between, clients, '/usr/bin', '/bin'].join(':') };
}

/** Another shim of the same client, in a root that has bound other directories. */
function shimWithBindings(shim: string): string {
  const bin = join(directory, 'bin-of-bound');
  mkdirSync(bin);
  const copy = join(bin, 'codex');
  copyFileSync(shim, copy);
  chmodSync(copy, 0o755);
  writeFileSync(join(bin, shimMarkName), '');
  const bindings = Array.from({ length: boundDirectories }, (_, index) => {
    const bound = `/home/somebody/projects/number ${index}`;
    return { directory: bound, commonDir: join(bound, '.git'), accountId: 'acc', boundAt: 0 };
  });
  writeFileSync(join(bin, shimBindingsName), shimBindingsText(bindings));
  return copy;
}

try {
  const { client, shim, PATH } = install();
  const argv = ['exec', 'a prompt with spaces'];
  const direct: Column = { title: 'client, directly', program: client, argv, times: [] };
  const through: Column = { title: 'client, through the shim', program: shim, argv, times: [] };
  const unbound: Column = { title: 'the same, others bound', program: shimWithBindings(shim), argv, times: [] };
  const floor: Column = { title: 'node -e 0', program: process.execPath, argv: ['-e', '0'], times: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const each of [direct, through, unbound]) measure(each, PATH);
    if (round % 10 === 0) measure(floor, PATH);
  }
  process.stdout.write(`${rounds} rounds, medians\n\n`);
  for (const each of [direct, through, unbound, floor])
    process.stdout.write(`${each.title.padEnd(26)}${inMs(median(each))}\n`);
  const costMs = median(through) - median(direct);
  const bindingsMs = median(unbound) - median(through);
  const isWithin = costMs <= limits.shimMs && bindingsMs <= limits.bindingsMs;
  const ratio = (median(through) / median(direct)).toFixed(1);
  process.stdout.write(
    `\nthe shim costs ${costMs.toFixed(2)} ms (${ratio} ×; limit ${limits.shimMs} ms), and ${bindingsMs.toFixed(2)} ms more where ${boundDirectories} other directories are bound (limit ${limits.bindingsMs} ms): ${isWithin ? 'within' : 'BEYOND'}\n`,
  );
  if (!isWithin) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
