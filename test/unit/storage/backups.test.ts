import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { replaceFile, versionOf } from '../../../src/core/storage/atomic-file.js';
import { backupPaths, keepOriginal, rotateBackups } from '../../../src/core/storage/backups.js';
import { systemProcesses } from '../../../src/core/storage/process-table.js';
import { modeOf } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';

const newFile = () => join(temporaryDirectory(), 'pool.json');
const rotate = (path: string, content: string) => rotateBackups(path, versionOf(content), systemProcesses);
const kept = (path: string) =>
  backupPaths(path).map((each) => (fs.existsSync(each) ? fs.readFileSync(each, 'utf8') : undefined));

it('keeps the last three versions, newest first', () => {
  const path = newFile();
  for (const content of ['1', '2', '3', '4', '5']) rotate(path, content);
  expect(kept(path)).toEqual(['5', '4', '3']);
});

it('does not let writes that fail push the older versions out', () => {
  const path = newFile();
  for (const content of ['1', '2', '3']) rotate(path, content);
  for (let attempt = 0; attempt < 5; attempt += 1) rotate(path, '4');
  expect(kept(path)).toEqual(['4', '3', '2']);
});

it.each([
  ['after the first rename', ['3', undefined, '2'], ['4', '3', '2']],
  ['after the second rename', [undefined, '3', '2'], ['4', '3', '2']],
  ['before anything moved', ['3', '2', '1'], ['4', '3', '2']],
])('loses no version when a rotation was cut short %s', (_when, left, expected) => {
  const path = newFile();
  backupPaths(path).forEach((each, slot) => {
    const content = left[slot];
    if (content !== undefined) fs.writeFileSync(each, content);
  });
  rotate(path, '4');
  expect(kept(path)).toEqual(expected);
});

it('leaves the file itself with one name, also when it is a link', () => {
  const path = newFile();
  const target = join(temporaryDirectory(), 'elsewhere.json');
  fs.writeFileSync(target, 'first', { mode: 0o644 });
  fs.symlinkSync(target, path);
  rotate(path, 'first');
  expect(fs.statSync(path).nlink).toBe(1);
  replaceFile({ path, content: 'second' }, systemProcesses);
  expect(kept(path)).toEqual(['first', undefined, undefined]);
  expect(fs.lstatSync(`${path}.bak`).isFile()).toBe(true);
});

it('closes backups that another tool left open to everybody', () => {
  const path = newFile();
  fs.writeFileSync(`${path}.bak.1`, 'old', { mode: 0o644 });
  rotate(path, 'new');
  for (const each of [`${path}.bak`, `${path}.bak.1`]) expect(modeOf(each)).toBe(0o600);
});

it('keeps the first original for good', () => {
  const path = newFile();
  keepOriginal(path, '.pre-v3.bak', versionOf('first'), systemProcesses);
  keepOriginal(path, '.pre-v3.bak', versionOf('second'), systemProcesses);
  expect(fs.readFileSync(`${path}.pre-v3.bak`, 'utf8')).toBe('first');
  expect(modeOf(`${path}.pre-v3.bak`)).toBe(0o600);
});
