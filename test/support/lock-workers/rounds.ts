/** Waits for `<file>.<round>` to appear, then competes for the lock, round after round. */
import { existsSync } from 'node:fs';
import { withLock } from '../../../src/core/storage/file-lock.js';
import { delay, lockOptions, record, run, say, task } from './worker.js';

await run(async () => {
  for (let round = 1; round <= (task.rounds ?? 1); round += 1) {
    while (!existsSync(`${task.file}.${round}`)) await delay(1);
    await withLock('store', lockOptions, async (lock) => {
      record('enter');
      await delay(Math.random() * 3);
      lock.assertHeld();
      record('exit');
    });
    say(`round ${round}`);
  }
});
