import { type Check, judge, ok, type Problem } from '../finding.js';

/** Whether this machine has the key of its shared pool, and whether that is the one the pool is sealed with. */
export const poolKeyCheck: Check = {
  id: 'pool-key',
  title: 'Pool key',
  inspect({ share }) {
    if (share.kind !== 'joined') return ok('not needed');
    const { keyProblem, inspection, state } = share;
    if (keyProblem !== undefined) {
      const { message, hint = 'codex-auth share join' } = keyProblem;
      return judge([{ severity: 'error', message, command: hint }], '');
    }
    const problems = inspection?.keyMatches === false ? [otherKey] : [];
    return judge(problems, `${state.keyId} is here${inspection?.keyMatches === true ? ' and fits' : ''}`);
  },
};

const otherKey: Problem = {
  severity: 'error',
  message: 'the shared pool is sealed with another key than this machine has, so that nothing in it can be read here',
  command: 'codex-auth share leave --forget, then share join with the phrase of that pool',
};
