import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AppError } from '../../../src/core/errors.js';
import { replaceFile, versionOf } from '../../../src/core/storage/atomic-file.js';
import { backupPaths, keepOriginal, replaceBackedUp, rotateBackups } from '../../../src/core/storage/backups.js';
import { systemProcesses } from '../../../src/core/storage/process-table.js';
import { modeOf } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';

const newFile = () => join(temporaryDirectory(), 'pool.json');
const rotate = (path: string, content: string) => rotateBackups(path, versionOf(content), systemProcesses);
const save = (path: string, content: string, guard?: () => void) =>
  replaceBackedUp({ path, content, ...(guard === undefined ? {} : { guard }) }, systemProcesses);
const kept = (path: string) =>
  backupPaths(path).map((each) => (fs.existsSync(each) ? fs.readFileSync(each, 'utf8') : undefined));

it('keeps the last three versions, newest first', () => {
  const path = newFile();
  for (const content of ['1', '2', '3', '4', '5']) rotate(path, content);
  expect(kept(path)).toEqual(['5', '4', '3']);
});

it('are the file itself and the two versions before it', () => {
  const path = newFile();
  for (const content of ['1', '2', '3', '4']) {
    save(path, content);
    expect(kept(path)[0]).toBe(content);
  }
  expect([fs.readFileSync(path, 'utf8'), ...kept(path)]).toEqual(['4', '4', '3', '2']);
  for (const each of [path, ...backupPaths(path)]) {
    expect({ links: fs.statSync(each).nlink, mode: modeOf(each) }).toEqual({ links: 1, mode: 0o600 });
  }
});

it('of a write that the guard stops are those from before, and nothing is left behind', () => {
  const path = newFile();
  for (const content of ['1', '2']) save(path, content);
  const stop = () => {
    throw new AppError('storage-conflict', 'the lock is gone');
  };
  expect(() => save(path, '3', stop)).toThrow('the lock is gone');
  expect([fs.readFileSync(path, 'utf8'), ...kept(path)]).toEqual(['2', '2', '1', undefined]);
  expect(fs.readdirSync(join(path, '..')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

it('that cannot be shifted any more do not hide that the file is written', () => {
  const path = newFile();
  save(path, '1');
  const inTheWay = () => {
    for (const each of backupPaths(path).slice(1)) fs.mkdirSync(join(each, 'full'), { recursive: true });
  };
  expect(() => save(path, '2', inTheWay)).toThrow(/is written, but its backup is not/);
  expect(fs.readFileSync(path, 'utf8')).toBe('2');
  expect(fs.readdirSync(join(path, '..')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

it('take in what another tool wrote before it is replaced', () => {
  const path = newFile();
  save(path, 'ours');
  fs.writeFileSync(path, 'theirs');
  rotate(path, 'theirs');
  save(path, 'ours again');
  expect(kept(path)).toEqual(['ours again', 'theirs', 'ours']);
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
