import { pointsBack, repositoryAt } from '../../project/git.js';
import { type Check, judge, ok, type Problem } from '../finding.js';

export const projectCheck: Check = {
  id: 'project',
  title: 'Project',
  inspect({ project, scopes }) {
    if (project.kind === 'none') return ok('none here: the global accounts');
    if (project.kind === 'broken') {
      const message = `cannot tell which project this is: ${project.gitPath} is not usable, ${project.reason}`;
      return judge([{ severity: 'warn', message, command: 'repair the repository, or add --global' }], '');
    }
    const problems: Problem[] = [];
    const legacy = project.legacy.filter(({ key }) => scopes.some((scope) => scope.key === key));
    for (const { key } of legacy) {
      problems.push({
        severity: 'warn',
        message: `an older version kept the accounts in projects/${key} for one checkout only; the next change merges them`,
        repair: { kind: 'merge-legacy-pool', fromKey: key, toKey: project.key },
      });
    }
    const repository = project.workTree === undefined ? undefined : repositoryAt(project.workTree);
    if (repository?.kind === 'found' && !pointsBack(repository)) {
      problems.push({
        severity: 'warn',
        message: 'this worktree was moved without git, which may prune it one day; its accounts are found all the same',
        command: 'git worktree repair',
      });
    }
    return judge(problems, `${project.key}${project.isLinkedWorktree ? ', a linked worktree' : ''}`);
  },
};
