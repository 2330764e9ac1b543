import { type Check, judge } from '../finding.js';

/** flock(2) is what keeps a refresh of the client and a switch apart (official-client.md#locks). */
export const fileLockingCheck: Check = {
  id: 'file-locking',
  title: 'Lock helper',
  inspect({ client, root }) {
    if (root.effectiveUserId === undefined || client.flockHelpers.length > 0) {
      return judge([], client.flockHelpers.join(', ') || 'not used on this system');
    }
    const message =
      'neither flock nor perl is installed: a refresh of the client at the instant of a switch can be lost';
    return judge([{ severity: 'warn', message, command: 'install util-linux or perl' }], '');
  },
};
