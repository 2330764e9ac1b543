import { type Check, judge, type Problem } from '../finding.js';
import { isMisplaced } from '../world/storage-facts.js';
import type { World } from '../world/world.js';

/** P21: written by another user, the files could no longer be read by their owner. */
export const rootCheck: Check = {
  id: 'root',
  title: 'Root',
  inspect(world) {
    const { root, rootFacts, noRoom } = world;
    const problems: Problem[] = misplaced(world);
    if (noRoom !== undefined && rootFacts?.isDirectory !== false) {
      problems.push({
        severity: 'error',
        message: `${noRoom.message}, so nothing can be stored or refreshed`,
        command: noRoom.hint ?? `check the owner and the mode of ${root.paths.root}`,
      });
    }
    if (rootFacts === undefined) return judge(problems, `${root.paths.root} is made by the first sign-in`);
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

/** What no other check reads, and every change would stumble over. */
function misplaced({ owned, clientLocks, root: { paths } }: World): Problem[] {
  const unread = owned.filter(
    ({ path, expected }) => path === paths.lineageLog || (expected === 'directory' && path !== paths.root),
  );
  return [...unread, ...clientLocks].filter(isMisplaced).map(({ path, expected }) => ({
    severity: 'error',
    message: `${path} is not a ${expected}, so changes fail or go unrecorded`,
    command: `move ${path} away`,
  }));
}
