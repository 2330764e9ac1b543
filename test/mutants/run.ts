/**
 * `npm run mutants`: changes the pure heart in one place at a time and says for each part of it how many of the changes a test
 * has noticed; too few make the exit code 1. `npm run mutants -- quota health` does the named parts alone.
 * See docs/decisions/061-how-the-tests-are-run.md.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { installPinned, project, runProgram } from '../support/runner/program.js';
import { isPartName, type PartName, parts, partVariable } from './parts.js';

const leastPercent = 85;
const limitMs = 3 * 3_600_000;

const directory = fileURLToPath(new URL('.', import.meta.url));
const core = '@stryker-mutator/core';
const stryker = join(directory, 'node_modules', core, 'bin', 'stryker.js');
/** Where `stryker.config.mjs` has the report written to. */
const reportFile = join(project, 'node_modules', '.cache', 'mutants.json');

const Report = z.object({
  files: z.record(z.string(), z.object({ mutants: z.array(z.object({ status: z.string() })) })),
});

const Manifest = z.object({ dependencies: z.object({ [core]: z.string() }) });
const Installed = z.object({ version: z.string() });

function isInstalled(): boolean {
  const path = join(directory, 'node_modules', core, 'package.json');
  const wanted = Manifest.parse(readJson(join(directory, 'package.json'))).dependencies[core];
  return existsSync(path) && Installed.parse(readJson(path)).version === wanted;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

interface Score {
  readonly part: PartName;
  readonly noticed: number;
  readonly all: number;
}

async function scoreOf(part: PartName): Promise<Score> {
  rmSync(reportFile, { force: true });
  process.env[partVariable] = part;
  const changed = parts[part].changed.map((pattern) => pattern.replace(/^!?/, '$&src/core/')).join(',');
  const config = join(directory, 'stryker.config.mjs');
  await runProgram(process.execPath, [stryker, 'run', config, '--mutate', changed], limitMs);
  if (!existsSync(reportFile)) throw new Error(`Stryker ended without a report about ${part}`);
  const { files } = Report.parse(readJson(reportFile));
  const mutants = Object.values(files).flatMap((file) => file.mutants);
  const count = (...statuses: string[]) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const noticed = count('Killed', 'Timeout');
  return { part, noticed, all: noticed + count('Survived', 'NoCoverage') };
}

const percent = ({ noticed, all }: Score) => (100 * noticed) / all;

const names = process.argv.slice(2);
const unknown = names.filter((name) => !isPartName(name));
if (unknown.length > 0) throw new Error(`no part: ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
if (!isInstalled() && !(await installPinned(directory))) throw new Error('Stryker could not be installed');

const scores: Score[] = [];
for (const part of Object.keys(parts).filter(isPartName)) {
  if (names.length === 0 || names.includes(part)) scores.push(await scoreOf(part));
}
process.stdout.write('\nchanges that a test has noticed\n');
for (const score of scores) {
  const { part, noticed, all } = score;
  process.stdout.write(`${part.padEnd(10)}${percent(score).toFixed(1).padStart(6)} %  ${noticed} of ${all}\n`);
}
process.exitCode = scores.every((score) => percent(score) >= leastPercent) ? 0 : 1;
