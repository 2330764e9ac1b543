import type { Account } from '../accounts/account.js';
import { emptyPool, withAccount } from '../accounts/pool.js';
import { keepAside } from '../storage/kept.js';
import type { Root } from '../storage/root.js';
import { encodePool } from './pool-codec.js';

/** Keeps a record that has to make way as a pool of its own, so that `import` can bring it back. Returns the path. */
export function keepRecord(root: Root, stem: string, account: Account): string {
  const pool = encodePool(withAccount(emptyPool, account));
  return keepAside(root, stem, `${JSON.stringify(pool, null, 2)}\n`);
}
