import type { Secret } from '../secret.js';
import { assertPool } from './ask.js';
import { withDatabase } from './database.js';
import { exchangeStatement } from './exchange-statement.js';
import { readAnswer } from './rows.js';
import { readShare, writeShare } from './share-file.js';
import { noSchema, notJoined } from './share-problem.js';
import { defaultDeadlineMs, type ShareDeps, withShareLock } from './share-session.js';

/**
 * Reaches the pool that this machine is in at another address from now on, as after its password was changed or its
 * database has moved. Throws `shared-pool` where another pool or none is there, with the address of before in place.
 */
export async function changeAddress(deps: ShareDeps, url: Secret, deadlineMs = defaultDeadlineMs): Promise<void> {
  const { root, signal } = deps;
  const key = await deps.key();
  await withShareLock(deps, deadlineMs, async () => {
    const state = readShare(root);
    if (state === undefined) throw notJoined();
    await withDatabase(url, { clock: root.clock, deadlineMs, signal }, async (database) => {
      // A machine without a name takes no turn: nothing is written.
      const rows = await database.query(exchangeStatement, ['', [], '', Number.MAX_SAFE_INTEGER, [], 0, []]);
      const answer = readAnswer(rows);
      if (answer === undefined) throw noSchema();
      assertPool(answer, key, state.poolId);
    });
    writeShare(root, { ...state, url });
  });
}
