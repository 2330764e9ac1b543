import { restrictionOn } from '../../codex/restrictions.js';
import { type Check, judge, type Problem } from '../finding.js';
import { nameSome, pooledAccounts } from './records.js';

/** official-client.md#restrictions: with a login outside the list, `codex exec` deletes auth.json. */
export const restrictionsCheck: Check = {
  id: 'restrictions',
  title: 'Restrictions of the client',
  inspect(world) {
    const { codexConfig } = world;
    const problems: Problem[] = [];
    const { value: method, path } = codexConfig.forcedLoginMethod;
    if (method === 'api') {
      problems.push({
        severity: 'error',
        message: `${path} forces API keys: the official client deletes a ChatGPT login when it runs`,
        command: 'remove forced_login_method there before switching',
      });
    }
    const restricted = pooledAccounts(world).flatMap((account) => {
      const restriction = restrictionOn(codexConfig, account);
      return restriction?.setting === 'forced_chatgpt_workspace_id' ? [{ account, rule: restriction.rule }] : [];
    });
    const [first] = restricted;
    if (first !== undefined) {
      const outside = nameSome(restricted.map(({ account }) => account));
      problems.push({
        severity: 'warn',
        message: `${first.rule}: switched to ${outside}, the official client deletes the login`,
        command: 'change forced_chatgpt_workspace_id there before switching to them',
      });
    }
    return judge(problems, 'none');
  },
};
