import { environmentVariables } from '../../environment.js';
import { isSettingName, settingVariable } from '../../settings.js';
import { type Check, judge, type Problem } from '../finding.js';

/** Variables that win over auth.json in the official client (official-client.md#environment), and bad ones of ours. */
const clientOverrides = ['CODEX_API_KEY', 'CODEX_ACCESS_TOKEN'];

export const environmentCheck: Check = {
  id: 'environment',
  title: 'Environment',
  inspect({ environment, settingProblems, misplacement }) {
    const problems: Problem[] = clientOverrides
      .filter((name) => environment[name])
      .map((name) => ({
        severity: 'warn',
        message: `${name} is set: the official client uses it instead of the account you switch to`,
        command: `unset ${name}`,
      }));
    if (misplacement !== undefined) {
      const { message, hint } = misplacement;
      problems.push({ severity: 'error', message, command: hint ?? 'correct it' });
    }
    for (const { message, source, name } of settingProblems) {
      if (source === 'environment')
        problems.push({
          severity: 'error',
          message,
          command: `unset ${isSettingName(name) ? settingVariable(name) : name}`,
        });
    }
    for (const name of [environmentVariables.issuer, environmentVariables.backendUrl]) {
      if (environment[name]) {
        problems.push({
          severity: 'warn',
          message: `${name} is set: tokens go to ${environment[name]}`,
          command: `unset ${name}`,
        });
      }
    }
    return judge(problems, 'nothing in the way');
  },
};
