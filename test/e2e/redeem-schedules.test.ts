import { expect, test } from 'vitest';
import { badRedemptions, runRedeemSchedules } from '../support/redeem-schedule.js';
import { directoryInMemory } from '../support/temporary.js';

// 170 more in test/cli/redeem-schedules.test.ts, without kills.
test.skipIf(process.platform === 'win32')(
  'processes that are killed around the request cost one credit for each agreement at most: seeds 171 to 200',
  { timeout: 600_000 },
  async () => {
    const results = await runRedeemSchedules({
      directory: directoryInMemory(),
      apart: true,
      firstSeed: 171,
      count: 30,
    });
    expect(badRedemptions(results)).toEqual([]);
    // How many processes end before they are killed depends on the machine.
    expect(results.reduce((total, { killed }) => total + killed, 0)).toBeGreaterThan(5);
  },
);
