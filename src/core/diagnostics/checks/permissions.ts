import { type Check, judge, type Problem, skipped } from '../finding.js';
import type { FileFacts } from '../world/storage-facts.js';
import type { World } from '../world/world.js';

export const permissionsCheck: Check = {
  id: 'permissions',
  title: 'Owner and modes',
  inspect(world) {
    const { root, rootFacts } = world;
    const isForeign =
      root.effectiveUserId !== undefined && rootFacts !== undefined && rootFacts.owner !== root.effectiveUserId;
    if (isForeign) return skipped('the root belongs to somebody else');
    const login = world.authFileFacts === undefined ? [] : [world.authFileFacts];
    const problems = [...world.owned, ...login].flatMap((file) => problemsOf(file, world));
    return judge(problems, 'only you can read them');
  },
};

function problemsOf(file: FileFacts, { root }: World): Problem[] {
  if (root.effectiveUserId === undefined) return [];
  if (file.owner !== root.effectiveUserId) {
    return [
      {
        severity: 'error',
        message: `${file.path} belongs to user ${file.owner}, so it can be read or changed by somebody else`,
        command: `sudo chown ${root.effectiveUserId} '${file.path}'`,
      },
    ];
  }
  if ((file.mode & 0o077) === 0) return [];
  const mode = file.isDirectory ? 0o700 : 0o600;
  return [
    {
      severity: 'error',
      message: `${file.path} can be read by others (${file.mode.toString(8)})`,
      repair: { kind: 'tighten-mode', path: file.path, mode },
    },
  ];
}
