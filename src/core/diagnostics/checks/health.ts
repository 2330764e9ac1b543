import { readHealth } from '../../health/state.js';
import { type Check, judge, type Problem } from '../finding.js';
import { nameSome, pooledAccounts } from './records.js';

export const healthCheck: Check = {
  id: 'health',
  title: 'Health',
  inspect(world) {
    const { state, now, root, stateProblem } = world;
    const problems: Problem[] = [];
    if (stateProblem !== undefined) {
      const { message, isClosed, isNewer } = stateProblem;
      const path = root.paths.accountState;
      const moveAway = `move ${path} away: it is knowledge only`;
      problems.push(
        isClosed
          ? { severity: 'warn', message, command: isNewer ? `update codex-auth, or ${moveAway}` : moveAway }
          : { severity: 'warn', message, repair: { kind: 'set-aside', path } },
      );
    }
    const accounts = pooledAccounts(world).filter(({ enabled }) => enabled);
    const sick = accounts.filter(({ id }) => readHealth(state.accounts[id]?.health, now).state === 'unhealthy');
    if (sick.length > 0) {
      const all = sick.length === accounts.length;
      problems.push({
        severity: all ? 'error' : 'warn',
        message: `${all ? 'every account is' : `${nameSome(sick)}:`} unhealthy after recent failures`,
        command: 'codex-auth check',
      });
    }
    return judge(problems, accounts.length === 0 ? 'none to look at' : 'good');
  },
};
