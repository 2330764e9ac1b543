import type { ConfigProblem } from '../../codex/config.js';
import { type Check, judge, type Problem } from '../finding.js';
import type { World } from '../world/world.js';

/**
 * official-client.md#credential-store: in any mode but `file`, auth.json is not, or not only, where the official client
 * looks.
 */
export const credentialStoreCheck: Check = {
  id: 'credential-store',
  title: 'Credential store of the client',
  inspect(world) {
    const { credentialStore, problem } = world.codexConfig;
    const problems: Problem[] = [];
    if (problem !== undefined) {
      problems.push({
        severity: 'warn',
        message: `${problem.path} ${problem.message}, so that the official client does not start${hidden(problem)}`,
        command: 'correct it, or move it away',
      });
    }
    const obstacle = problem?.hidesStore === true ? undefined : whyNothingCanBeSwitched(world);
    if (obstacle !== undefined) {
      problems.push({
        severity: 'error',
        message: `${credentialStore.path} says "${credentialStore.value}": ${obstacle}`,
        command: 'set cli_auth_credentials_store = "file" there',
      });
    }
    const unused = world.home.otherStore?.obstacle?.();
    if (unused !== undefined) {
      problems.push({
        severity: 'warn',
        message: `${unused.message}; where the client can use it, it may find another login there than in auth.json`,
        command: `set cli_auth_credentials_store = "file" in ${credentialStore.path}`,
      });
    }
    return judge(problems, credentialStore.value);
  },
};

function hidden({ hidesRestrictions, hidesStore }: ConfigProblem): string {
  if (hidesStore) return ', and nothing is switched: it may say where the login is, and nobody can tell';
  return hidesRestrictions ? ', and nothing is switched: it restricts logins, and nobody can tell which' : '';
}

function whyNothingCanBeSwitched({ home, authFile }: World): string | undefined {
  const { otherStore } = home;
  if (otherStore === undefined) return undefined;
  if (otherStore.mode === 'ephemeral')
    return 'the official client keeps its login in memory, where nothing can switch it';
  return 'unreadable' in authFile ? authFile.unreadable : undefined;
}
