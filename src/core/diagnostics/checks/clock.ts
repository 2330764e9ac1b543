import { type Check, judge, skipped } from '../finding.js';

/** As much as a token may live after the moment at which we refresh it. */
export const clockToleranceMs = 60_000;

export const clockCheck: Check = {
  id: 'clock',
  title: 'Clock',
  inspect({ network }) {
    if (network === 'offline') return skipped('needs the network');
    const offset = network.issuer.clockOffsetMs ?? network.backend.clockOffsetMs;
    if (offset === undefined) return skipped('no server told its time');
    if (Math.abs(offset) <= clockToleranceMs) return judge([], 'agrees with the server');
    const message = `this machine's clock is ${roughly(Math.abs(offset))} ${offset > 0 ? 'behind' : 'ahead of'} the server's, so expiry is misjudged`;
    return judge([{ severity: 'warn', message, command: 'switch on network time' }], '');
  },
};

/** `90 seconds`, `15 minutes`, `26 hours`, `99 days`. */
export function roughly(ms: number): string {
  const units = [
    ['days', 86_400_000],
    ['hours', 3_600_000],
    ['minutes', 60_000],
  ] as const;
  const [name, length] = units.find(([, length]) => ms >= 2 * length) ?? (['seconds', 1_000] as const);
  return `${Math.round(ms / length)} ${name}`;
}
