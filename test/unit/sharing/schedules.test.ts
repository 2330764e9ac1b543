import { expect, test } from 'vitest';
import { findPostgres } from '../../support/postgres/find-postgres.js';
import { badShareOnes, runShareSchedules } from '../../support/sharing/many.js';
import { temporaryDirectory } from '../../support/temporary.js';

const missing = 'missing' in findPostgres();
const count = Number(process.env['SHARE_COUNT'] ?? 300);
const first = Number(process.env['SHARE_FIRST'] ?? 1);

test.skipIf(missing)('three machines', { timeout: 600_000 }, async () => {
  const started = performance.now();
  const results = await runShareSchedules({ directory: temporaryDirectory(), firstSeed: first, count });
  const used = process.cpuUsage();
  console.log(
    'took',
    performance.now() - started,
    'cpu',
    (used.user + used.system) / 1e6,
    'explained',
    results.reduce((n, r) => n + r.explained, 0),
    'refreshes',
    results.reduce((n, r) => n + r.refreshes, 0),
  );
  expect(badShareOnes(results)).toEqual([]);
});
