/** Takes the lock once and releases it. */
import { withLock } from '../../../src/core/storage/file-lock.js';
import { lockOptions, record, run, say } from './worker.js';

await run(async () => {
  await withLock('store', lockOptions, (lock) => {
    record('enter');
    lock.assertHeld();
    record('exit');
  });
  say('released');
});
