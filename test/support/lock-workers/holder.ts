/** Takes the lock, says `held`, and does under it what the test writes to it: `go`, `exit` or nothing. */
import { withLock } from '../../../src/core/storage/file-lock.js';
import { lockOptions, nextCommand, record, run, say } from './worker.js';

await run(async () => {
  await withLock('store', lockOptions, async (lock) => {
    record('enter');
    say('held');
    if ((await nextCommand()) === 'exit') process.exit(3);
    lock.assertHeld();
    record('exit');
  });
  say('released');
});
