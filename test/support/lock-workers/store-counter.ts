/** Adds its own words to the first account's label, one read-modify-write of the pool at a time. */
import { withAccount } from '../../../src/core/accounts/pool.js';
import { change } from './store-task.js';
import { delay, run, say, task } from './worker.js';

await run(async () => {
  for (let round = 1; round <= (task.rounds ?? 1); round += 1) {
    await change(async (store) => {
      const { pool } = store.scope(undefined);
      const [account] = pool.accounts;
      if (account === undefined) throw new Error('the pool lost its account');
      await delay(Math.random() * 2);
      store.savePool(undefined, withAccount(pool, { ...account, label: `${account.label} ${process.pid}:${round}` }));
    });
  }
  say('done');
});
