import { AppError } from '../../../src/core/errors.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import type { Store } from '../../../src/core/pools/store.js';
import { rootPaths } from '../../../src/core/storage/paths.js';
import { lockOptions, task } from './worker.js';

const root = { ...lockOptions, paths: rootPaths(task.directory) };

/** Writes in the product's own way. A busy store is asked again, as a person would: nothing was lost by the refusal. */
export async function change(work: (store: Store) => Promise<void> | void): Promise<void> {
  for (;;) {
    try {
      return await withStore(root, {}, work);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'lock-busy') throw error;
    }
  }
}
