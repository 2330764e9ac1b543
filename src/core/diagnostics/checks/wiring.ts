import { wiringProblem } from '../../shell/wiring-problem.js';
import { type Check, judge, ok } from '../finding.js';

export const wiringCheck: Check = {
  id: 'wiring',
  title: 'codex auth',
  inspect({ client: { wiring } }) {
    if (wiring.kind === 'nothing') return ok('there is no codex on PATH');
    const problem = wiringProblem(wiring);
    return judge(problem === undefined ? [] : [{ severity: 'warn', ...problem }], 'reaches this program');
  },
};
