import { type Check, judge, ok, skipped } from '../finding.js';
import { clockToleranceMs, roughly } from './clock.js';

/** The clock of this machine against that of the database, which all machines of the pool go by. */
export const poolClockCheck: Check = {
  id: 'pool-clock',
  title: 'Pool clock',
  inspect({ share }) {
    if (share.kind !== 'joined') return ok('not needed');
    if (share.inspection === undefined) return skipped('--offline');
    const { clockAheadMs } = share.inspection;
    if (clockAheadMs === undefined) return skipped('the database did not tell its time');
    if (Math.abs(clockAheadMs) <= clockToleranceMs) return ok('agrees with the database');
    const difference = `${roughly(Math.abs(clockAheadMs))} ${clockAheadMs > 0 ? 'ahead of' : 'behind'}`;
    const message = `this machine's clock is ${difference} the database's: nothing is lost by it, but times of other machines read wrong here`;
    return judge([{ severity: 'warn', message, command: 'switch on network time' }], '');
  },
};
