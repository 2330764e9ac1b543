import { isSameAccount } from '../../accounts/identity.js';
import { recordsOf } from '../../pools/scope-records.js';
import { type Check, judge, ok } from '../finding.js';

/** Two roots are two owners of one login, which is how refresh tokens get spent twice. */
export const otherRootsCheck: Check = {
  id: 'other-roots',
  title: 'One login in two roots',
  inspect(world) {
    if (world.otherRoots.length === 0) return ok('no other root');
    const own = recordsOf(world.scopes);
    const problems = world.otherRoots.flatMap(({ path, scopes }) => {
      const shared = recordsOf(scopes).filter((theirs) => own.some((ours) => isSameAccount(ours, theirs)));
      return shared.map((account) => ({
        severity: 'error' as const,
        message: `${account.email ?? account.id} is also stored in ${path}: whichever refreshes first signs the other out`,
        command: `CODEX_MULTI_AUTH_DIR='${path}' codex-auth --global remove ${account.id}`,
      }));
    });
    return judge(problems, 'every login has one owner');
  },
};
