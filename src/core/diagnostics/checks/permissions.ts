import { type Check, judge, type Problem, skipped } from '../finding.js';
import { type FileFacts, isMisplaced } from '../world/storage-facts.js';
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
    return judge([...problems, ...openHome(world)], 'only you can read them');
  },
};

/** Its mode is not ours to change, but whoever may write there decides over the login. */
function openHome({ homeFacts, root }: World): Problem[] {
  if (root.effectiveUserId === undefined || homeFacts === undefined) return [];
  const { path, mode, isDirectory } = homeFacts;
  if (!isDirectory || (mode & 0o002) === 0) return [];
  return [
    {
      severity: 'error',
      message: `everybody on this machine can write to ${path} (${mode.toString(8)}), and put another auth.json there`,
      command: `chmod go-w '${path}'`,
    },
  ];
}

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
  // What stands there is somebody else's thing, and another check says so.
  if (isMisplaced(file) || (file.mode & 0o077) === 0) return [];
  const mode = file.isDirectory ? 0o700 : 0o600;
  return [
    {
      severity: 'error',
      message: `${file.path} can be read by others (${file.mode.toString(8)})`,
      repair: { kind: 'tighten-mode', path: file.path, mode },
    },
  ];
}
