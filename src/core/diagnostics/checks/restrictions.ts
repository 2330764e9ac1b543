import { type Check, judge, type Problem } from '../finding.js';
import { nameSome, pooledAccounts } from './records.js';

/** CODEX.md §3: with a login outside the list, `codex exec` deletes auth.json. */
export const restrictionsCheck: Check = {
  id: 'restrictions',
  title: 'Restrictions of the client',
  inspect(world) {
    const { path, forcedWorkspaces, forcedLoginMethod } = world.codexConfig;
    const problems: Problem[] = [];
    if (forcedLoginMethod === 'api') {
      problems.push({
        severity: 'error',
        message: `${path} forces API keys: the official client deletes a ChatGPT login when it runs`,
        command: 'remove forced_login_method there before switching',
      });
    }
    const outside = pooledAccounts(world).filter(
      ({ accountId }) => forcedWorkspaces.length > 0 && !forcedWorkspaces.includes(accountId ?? ''),
    );
    if (outside.length > 0) {
      problems.push({
        severity: 'warn',
        message: `${path} allows ${forcedWorkspaces.join(', ')} only: switched to ${nameSome(outside)}, the official client deletes the login`,
        command: 'change forced_chatgpt_workspace_id there before switching to them',
      });
    }
    return judge(problems, 'none');
  },
};
