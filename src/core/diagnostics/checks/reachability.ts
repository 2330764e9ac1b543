import { type Check, judge, type Problem, skipped } from '../finding.js';
import type { HostFacts } from '../world/network-facts.js';

export const reachabilityCheck: Check = {
  id: 'reachability',
  title: 'Network',
  inspect({ network }) {
    if (network === 'offline') return skipped('--offline');
    const problems = [network.issuer, network.backend].filter(({ isReachable }) => !isReachable).map(problemOf);
    return judge(problems, `${network.issuer.url} and ${network.backend.url} answer`);
  },
};

function problemOf({ url, message, hint }: HostFacts): Problem {
  return {
    severity: 'error',
    message: `${url} cannot be reached: ${message}`,
    command: hint ?? 'check the network and the proxy',
  };
}
