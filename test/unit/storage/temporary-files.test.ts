import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { replaceFile } from '../../../src/core/storage/atomic-file.js';
import { sweepTemporaries } from '../../../src/core/storage/leftovers.js';
import { systemProcesses } from '../../../src/core/storage/process-table.js';
import { temporaryDirectory } from '../../support/temporary.js';

const { pid, startedAt = '0' } = systemProcesses.self;
const deadPid = 2 ** 22 + 1;

/** The temp file that a replacement would leave if this process were killed right before the rename. */
function abandoned(directory: string, file = 'file'): string {
  let name = '';
  const guard = () => {
    name = fs.readdirSync(directory).find((each) => each.endsWith('.tmp')) ?? '';
  };
  replaceFile({ path: join(directory, file), content: 'token', guard }, systemProcesses);
  fs.rmSync(join(directory, file));
  return name;
}

const sweepOf = (directory: string, names: readonly string[], options = {}) => {
  for (const name of names) fs.writeFileSync(join(directory, name), 'token');
  return sweepTemporaries(directory, systemProcesses, options).sort();
};

it('removes the temp files of dead processes and never those of living ones', () => {
  const directory = temporaryDirectory();
  const own = abandoned(directory);
  const dead = own.replace(`${pid}-${startedAt}`, `${deadPid}-77`);
  const reused = own.replace(`${pid}-${startedAt}`, `${pid}-1`);
  const oldName = `.file.${deadPid}-0-0a1b2c.tmp`;
  expect(sweepOf(directory, [own, dead, reused, oldName])).toEqual([dead, reused, oldName].sort());
  expect(fs.readdirSync(directory)).toEqual([own]);
});

it('leaves every other file alone', () => {
  const directory = temporaryDirectory();
  const names = [
    'auth.json',
    '.auth-Xy12Ab',
    `.tmp`,
    `file.${deadPid}-0-abc.tmp`,
    `.file.${deadPid}-0-xyz.tmp`,
    '.a.b',
    // Of other tools that keep the same pool.
    'openai-codex-accounts.json.wal',
    'openai-codex-accounts.json.1731000000000.k3f9x2.tmp',
    'openai-codex-accounts.json.bak.1.rotate.1731000000000.tmp',
    '.openai-codex-accounts.json.swp',
  ];
  expect(sweepOf(directory, names)).toEqual([]);
});

it('in a directory that is not ours touches the temp files of the named file only', () => {
  const directory = temporaryDirectory();
  const names = [`.auth.json.${deadPid}-0-abc.tmp`, `.config.toml.${deadPid}-0-abc.tmp`];
  expect(sweepOf(directory, names, { file: 'auth.json' })).toEqual([names[0]]);
});

it('gives the temp file of another container an hour, because its process cannot be asked', () => {
  const directory = temporaryDirectory();
  const foreign = `.file.${deadPid}-0-00000000-0a1b2c3d4e5f.tmp`;
  expect(sweepOf(directory, [foreign])).toEqual([]);
  const now = fs.statSync(join(directory, foreign)).mtimeMs;
  expect(sweepOf(directory, [foreign], { now: now + 60_000 })).toEqual([]);
  expect(sweepOf(directory, [foreign], { now: now + 3_700_000 })).toEqual([foreign]);
});
