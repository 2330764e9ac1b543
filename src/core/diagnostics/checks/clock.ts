import { type Check, judge, skipped } from '../finding.js';

/** As much as a token may live after the moment at which we refresh it. */
const toleranceMs = 60_000;

export const clockCheck: Check = {
  id: 'clock',
  title: 'Clock',
  inspect({ network }) {
    if (network === 'offline') return skipped('needs the network');
    const offset = network.issuer.clockOffsetMs ?? network.backend.clockOffsetMs;
    if (offset === undefined) return skipped('no server told its time');
    const seconds = Math.round(Math.abs(offset) / 1000);
    if (Math.abs(offset) <= toleranceMs) return judge([], 'agrees with the server');
    const message = `this machine's clock is ${seconds} s ${offset > 0 ? 'behind' : 'ahead of'} the server's, so expiry is misjudged`;
    return judge([{ severity: 'warn', message, command: 'switch on network time' }], '');
  },
};
