/** Adds its own lines to a shared list, one read-modify-write under the lock at a time. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { withLock } from '../../../src/core/storage/file-lock.js';
import { delay, lockOptions, run, say, task } from './worker.js';

const file = task.file ?? '';

await run(async () => {
  for (let round = 1; round <= (task.rounds ?? 1); round += 1) {
    await withLock('store', lockOptions, async (lock) => {
      const list = JSON.parse(readFileSync(file, 'utf8')) as string[];
      await delay(Math.random() * 2);
      list.push(`${process.pid}:${round}`);
      const temporary = `${file}.${process.pid}`;
      writeFileSync(temporary, JSON.stringify(list));
      lock.assertHeld();
      renameSync(temporary, file);
    });
  }
  say('done');
});
