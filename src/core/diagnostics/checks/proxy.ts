import {
  describeInvalidProxy,
  describeProxy,
  joinDescriptions,
  pacProblem,
  validProxyHint,
} from '../../http/proxy-description.js';
import type { HostProxy } from '../../http/proxy-for.js';
import { type Check, judge, type Problem } from '../finding.js';

export const proxyCheck: Check = {
  id: 'proxy',
  title: 'Proxy',
  inspect({ proxies }) {
    const problems = proxies.flatMap(({ choice }) => problemOf(choice) ?? []);
    // One setting is bad for every host that it is for.
    const different = new Map(problems.map((problem) => [problem.message, problem]));
    const described = proxies.map(({ host, choice }) => ({ host, text: describeProxy(choice) }));
    return judge([...different.values()], joinDescriptions(described, ', '));
  },
};

function problemOf(choice: HostProxy['choice']): Problem | undefined {
  if (choice.kind === 'invalid') {
    return { severity: 'error', message: describeInvalidProxy(choice), command: validProxyHint };
  }
  if (choice.kind === 'direct' && 'ignoresPac' in choice) {
    return { severity: 'warn', message: pacProblem, command: 'name the proxy with --proxy, or in HTTPS_PROXY' };
  }
  return undefined;
}
