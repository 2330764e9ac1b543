/** Holds the store, says `held`, and adds an account under it when the test writes `go`. */
import { withAccount } from '../../../src/core/accounts/pool.js';
import { change } from './store-task.js';
import { nextCommand, run, say } from './worker.js';

await run(async () => {
  await change(async (store) => {
    const { pool } = store.scope(undefined);
    say('held');
    await nextCommand();
    const added = { id: 'acc_of_holder', enabled: true, tokens: { generation: 0 }, label: 'of the holder', raw: {} };
    store.savePool(undefined, withAccount(pool, added));
  });
  say('released');
});
