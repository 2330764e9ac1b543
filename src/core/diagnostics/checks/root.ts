import { type Check, judge, type Problem } from '../finding.js';

/** P21: written by another user, the files could no longer be read by their owner. */
export const rootCheck: Check = {
  id: 'root',
  title: 'Root',
  inspect({ root, rootFacts }) {
    if (rootFacts === undefined) return { kind: 'ok', message: `${root.paths.root} is made by the first sign-in` };
    const problems: Problem[] = [];
    if (!rootFacts.isDirectory) {
      problems.push({
        severity: 'error',
        message: `${root.paths.root} is a file where a directory should be, so nothing can be stored`,
        command: `move ${root.paths.root} away`,
      });
    }
    if (root.effectiveUserId !== undefined && rootFacts.owner !== root.effectiveUserId) {
      problems.push({
        severity: 'error',
        message: `${root.paths.root} belongs to user ${rootFacts.owner}, and this runs as user ${root.effectiveUserId}`,
        command: 'run it as the owner, without sudo',
      });
    }
    return judge(problems, root.paths.root);
  },
};
