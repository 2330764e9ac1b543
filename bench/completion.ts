/** What a Tab costs over starting Node at all: `npx tsx bench/completion.ts`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { column, compare, judge, median } from './columns.js';
import { homeWith } from './many-accounts.js';

const limitMs = 60;
const directory = mkdtempSync(join(tmpdir(), 'codex-auth-completion-'));

try {
  const [few, many] = [await homeWith(10, directory), await homeWith(1_000, directory)];
  const floor = column('node -e 0', few, ['-e', '0']);
  const commands = column('commands', few, ['__complete', '']);
  const accounts = column('10 accounts', few, ['__complete', 'switch', '']);
  const manyAccounts = column('1,000 accounts', many, ['__complete', 'switch', '']);
  compare(floor, [commands, accounts, manyAccounts]);
  judge('names of 10 accounts over the floor', median(accounts) - median(floor), limitMs, ' ms');
} finally {
  rmSync(directory, { recursive: true, force: true });
}
