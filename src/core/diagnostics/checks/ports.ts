import type { PortHolder } from '../../oauth/port-holder.js';
import { type Check, judge } from '../finding.js';

export const portsCheck: Check = {
  id: 'ports',
  title: 'Sign-in ports',
  inspect({ ports }) {
    const busy = ports.filter(({ isBusy }) => isBusy);
    const names = busy.map(({ port, holder }) => `${port} is held by ${nameOf(holder)}`);
    if (busy.length === 0 || busy.length < ports.length) {
      return judge([], busy.length === 0 ? 'free' : `${names.join(', ')}; the other one is free`);
    }
    const message = `${names.join(' and ')}, so a sign-in in the browser has no port`;
    return judge([{ severity: 'warn', message, command: 'end them, or codex-auth login --device-auth' }], '');
  },
};

function nameOf(holder: PortHolder | undefined): string {
  if (holder === undefined) return "a program that cannot be named, perhaps another user's";
  return `${holder.name ?? 'a program'} (pid ${holder.pid})`;
}
