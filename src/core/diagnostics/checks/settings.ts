import { isSettingName } from '../../settings.js';
import { type Check, judge, type Problem } from '../finding.js';
import type { SettingProblem } from '../world/world.js';

export const settingsCheck: Check = {
  id: 'settings',
  title: 'Settings',
  inspect({ settingProblems, settingsFile }) {
    return judge(
      settingProblems.filter(({ source }) => source === 'file').map((problem) => problemOf(problem, settingsFile)),
      'all in range',
    );
  },
};

function problemOf({ name, message, isClosed }: SettingProblem, path: string): Problem {
  if (isClosed === true) {
    const command = `update codex-auth, or check the owner and the mode of ${path}; it is untouched`;
    return { severity: 'error', message, command };
  }
  const repair = isSettingName(name)
    ? ({ kind: 'unset-setting', name } as const)
    : ({ kind: 'set-aside', path } as const);
  return { severity: 'error', message, repair };
}
