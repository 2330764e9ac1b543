import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { readVersion } from '../../../src/core/storage/atomic-file.js';
import { FileMemory } from '../../../src/core/storage/file-memory.js';
import { temporaryDirectory } from '../../support/temporary.js';

function setUp() {
  let ms = 0;
  const path = join(temporaryDirectory(), 'file');
  const memory = new FileMemory({ monotonicMs: () => ms });
  const later = () => {
    ms += 60;
    return memory.read(path);
  };
  return { path, memory, later };
}

it('a file that has not changed is read twice at most, and stays the very same object', () => {
  const { path, memory, later } = setUp();
  fs.writeFileSync(path, 'a');
  const first = memory.read(path);
  const opened = vi.spyOn(fs, 'openSync');
  syncBuiltinESMExports();
  expect(later()).toBe(first);
  expect(opened).toHaveBeenCalledTimes(1);
  expect([later(), later()]).toEqual([first, first]);
  expect(opened).toHaveBeenCalledTimes(1);
  opened.mockRestore();
  syncBuiltinESMExports();
});

it('what is missing is missing, and what cannot be read says so', () => {
  const { path, memory, later } = setUp();
  expect(memory.read(path)).toEqual({ kind: 'absent' });
  fs.mkdirSync(path);
  expect(later).toThrow(expect.objectContaining({ code: 'storage-unreadable' }));
});

it('whatever is done to a file, at any pace, is seen', async () => {
  const path = join(temporaryDirectory(), 'file');
  const memory = new FileMemory(systemClock);
  const changes: (() => void)[] = [
    () => fs.writeFileSync(path, String.fromCharCode(97 + Math.random() * 26)),
    () => {
      fs.writeFileSync(`${path}.new`, String.fromCharCode(97 + Math.random() * 26));
      fs.renameSync(`${path}.new`, path);
    },
    () => fs.rmSync(path, { force: true }),
    () => undefined,
  ];
  for (let step = 0; step < 1_000; step += 1) {
    changes[Math.floor(Math.random() * changes.length)]?.();
    expect(memory.read(path)).toEqual(readVersion(path));
    if (step % 100 === 0) await systemClock.sleep(60);
  }
});
