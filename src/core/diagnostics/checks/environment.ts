import { isSameAccount } from '../../accounts/identity.js';
import { environmentVariables } from '../../environment.js';
import { recordsOf } from '../../pools/scope-records.js';
import { pointsBack, repositoryAt } from '../../project/git.js';
import { isSettingName, settingVariable } from '../../settings.js';
import { type Check, fault, found, judge, ok, type Problem, warning } from '../finding.js';
import type { SettingProblem } from '../world/world.js';

/** Variables that win over auth.json in the official client (official-client.md#environment). */
const clientOverrides = ['CODEX_API_KEY', 'CODEX_ACCESS_TOKEN'];

export const environmentCheck: Check = {
  id: 'environment',
  title: 'Environment',
  inspect({ environment, settingProblems, misplacement }) {
    const problems: Problem[] = clientOverrides
      .filter((name) => environment[name])
      .map((name) =>
        warning(`${name} is set: the official client uses it instead of the account you switch to`, `unset ${name}`),
      );
    if (misplacement !== undefined) {
      const { message, hint } = misplacement;
      problems.push(fault(message, hint ?? 'correct it'));
    }
    for (const { message, source, name } of settingProblems) {
      if (source === 'environment')
        problems.push(fault(message, `unset ${isSettingName(name) ? settingVariable(name) : name}`));
    }
    for (const name of [environmentVariables.issuer, environmentVariables.backendUrl]) {
      if (environment[name]) {
        problems.push(warning(`${name} is set: tokens go to ${environment[name]}`, `unset ${name}`));
      }
    }
    return judge(problems, 'nothing in the way');
  },
};

export const settingsCheck: Check = {
  id: 'settings',
  title: 'Settings',
  inspect({ settingProblems, settingsFile }) {
    return judge(
      settingProblems.filter(({ source }) => source === 'file').map((problem) => settingProblem(problem, settingsFile)),
      'all in range',
    );
  },
};

function settingProblem({ name, message, isClosed }: SettingProblem, path: string): Problem {
  if (isClosed === true) {
    const command = `update codex-auth, or check the owner and the mode of ${path}; it is untouched`;
    return fault(message, command);
  }
  const repair = isSettingName(name)
    ? ({ kind: 'unset-setting', name } as const)
    : ({ kind: 'set-aside', path } as const);
  return fault(message, repair);
}

export const projectCheck: Check = {
  id: 'project',
  title: 'Project',
  inspect({ project, scopes }) {
    if (project.kind === 'none') return ok('none here: the global accounts');
    if (project.kind === 'broken') {
      const message = `cannot tell which project this is: ${project.gitPath} is not usable, ${project.reason}`;
      return found(warning(message, 'repair the repository, or add --global'));
    }
    const problems: Problem[] = [];
    const legacy = project.legacy.filter(({ key }) => scopes.some((scope) => scope.key === key));
    for (const { key } of legacy) {
      const message = `an older version kept the accounts in projects/${key} for one checkout only; the next change merges them`;
      problems.push(warning(message, { kind: 'merge-legacy-pool', fromKey: key, toKey: project.key }));
    }
    const repository = project.workTree === undefined ? undefined : repositoryAt(project.workTree);
    if (repository?.kind === 'found' && !pointsBack(repository)) {
      const message =
        'this worktree was moved without git, which may prune it one day; its accounts are found all the same';
      problems.push(warning(message, 'git worktree repair'));
    }
    return judge(problems, `${project.key}${project.isLinkedWorktree ? ', a linked worktree' : ''}`);
  },
};

/** A login in two roots has two owners, each of which may spend its refresh token. */
export const otherRootsCheck: Check = {
  id: 'other-roots',
  title: 'One login in two roots',
  inspect(world) {
    if (world.otherRoots.length === 0) return ok('no other root');
    const own = recordsOf(world.scopes);
    const problems = world.otherRoots.flatMap(({ path, scopes }) => {
      const shared = recordsOf(scopes).filter((theirs) => own.some((ours) => isSameAccount(ours, theirs)));
      return shared.map((account) =>
        fault(
          `${account.email ?? account.id} is also stored in ${path}: whichever refreshes first signs the other out`,
          `CODEX_MULTI_AUTH_DIR='${path}' codex-auth --global remove ${account.id}`,
        ),
      );
    });
    return judge(problems, 'every login has one owner');
  },
};
