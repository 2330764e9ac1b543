import {
  describeInvalidProxy,
  describeProxy,
  joinDescriptions,
  pacProblem,
  validProxyHint,
} from '../../http/proxy-description.js';
import type { HostProxy } from '../../http/proxy-for.js';
import type { PortHolder } from '../../oauth/port-holder.js';
import { type Check, fault, found, judge, type Problem, skipped, warning } from '../finding.js';
import type { HostFacts } from '../world/network-facts.js';

export const reachabilityCheck: Check = {
  id: 'reachability',
  title: 'Network',
  inspect({ network }) {
    if (network === 'offline') return skipped('--offline');
    const problems = [network.issuer, network.backend].filter(({ isReachable }) => !isReachable).map(hostProblem);
    return judge(problems, `${network.issuer.url} and ${network.backend.url} answer`);
  },
};

function hostProblem({ url, message, hint }: HostFacts): Problem {
  return fault(`${url} cannot be reached: ${message}`, hint ?? 'check the network and the proxy');
}

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
    return found(warning(message, 'end them, or codex-auth login --device-auth'));
  },
};

function nameOf(holder: PortHolder | undefined): string {
  if (holder === undefined) return "a program that cannot be named, perhaps another user's";
  return `${holder.name ?? 'a program'} (pid ${holder.pid})`;
}

export const proxyCheck: Check = {
  id: 'proxy',
  title: 'Proxy',
  inspect({ proxies }) {
    const problems = proxies.flatMap(({ choice }) => proxyProblem(choice) ?? []);
    // One bad setting is found for several hosts, and reported once.
    const different = new Map(problems.map((problem) => [problem.message, problem]));
    const described = proxies.map(({ host, choice }) => ({ host, text: describeProxy(choice) }));
    return judge([...different.values()], joinDescriptions(described, ', '));
  },
};

function proxyProblem(choice: HostProxy['choice']): Problem | undefined {
  if (choice.kind === 'invalid') {
    return fault(describeInvalidProxy(choice), validProxyHint);
  }
  if (choice.kind === 'direct' && 'ignoresPac' in choice) {
    return warning(pacProblem, 'name the proxy with --proxy, or in HTTPS_PROXY');
  }
  return undefined;
}

/** As much time as a token has left when we refresh it. */
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
    return found(warning(message, 'switch on network time'));
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
