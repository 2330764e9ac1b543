import { basename } from 'node:path';
import type { Account } from '../../accounts/account.js';
import { findSame } from '../../accounts/identity.js';
import { wasRemoved } from '../../accounts/pool.js';
import { environmentVariables } from '../../environment.js';
import { recordsOf } from '../../pools/scope-records.js';
import type { StoredFile } from '../../pools/stored-files.js';
import { type Check, fault, judge, type Problem, skipped, warning } from '../finding.js';
import type { Repair } from '../repair.js';
import { type FileFacts, isMisplaced } from '../world/storage-facts.js';
import type { World } from '../world/world.js';
import { nameSome } from './records.js';

/** P21: written by another user, the files could no longer be read by their owner. */
export const rootCheck: Check = {
  id: 'root',
  title: 'Root',
  inspect(world) {
    const { root, rootFacts, noRoom } = world;
    const problems: Problem[] = misplaced(world);
    if (noRoom !== undefined && rootFacts?.isDirectory !== false) {
      const message = `${noRoom.message}, so nothing can be stored or refreshed`;
      problems.push(fault(message, noRoom.hint ?? `check the owner and the mode of ${root.paths.root}`));
    }
    if (rootFacts === undefined) return judge(problems, `${root.paths.root} is made by the first sign-in`);
    if (!rootFacts.isDirectory) {
      const message = `${root.paths.root} is a file where a directory should be, so nothing can be stored`;
      // A path that the person has named may be a device, or another thing that must not be moved away.
      const isNamed = root.mayAdopt !== undefined;
      const name = environmentVariables.rootDir;
      problems.push(
        fault(message, isNamed ? `set ${name} to a directory, or unset it` : `move ${root.paths.root} away`),
      );
    }
    if (root.effectiveUserId !== undefined && rootFacts.owner !== root.effectiveUserId) {
      const message = `${root.paths.root} belongs to user ${rootFacts.owner}, and this runs as user ${root.effectiveUserId}`;
      problems.push(fault(message, 'run it as the owner, without sudo'));
    }
    return judge(problems, root.paths.root);
  },
};

/**
 * Directories and files of another kind than they should be, which make changes fail and which no other check reads.
 */
function misplaced({ owned, clientLocks, root: { paths } }: World): Problem[] {
  const unread = owned.filter(
    ({ path, expected }) => path === paths.lineageLog || (expected === 'directory' && path !== paths.root),
  );
  return [...unread, ...clientLocks]
    .filter(isMisplaced)
    .map(({ path, expected }) =>
      fault(`${path} is not a ${expected}, so changes fail or go unrecorded`, `move ${path} away`),
    );
}

export const permissionsCheck: Check = {
  id: 'permissions',
  title: 'Owner and modes',
  inspect(world) {
    const { root, rootFacts, noRoom } = world;
    if (noRoom?.code === 'confirmation-needed') return skipped('the root is not known to be ours');
    const isForeign =
      root.effectiveUserId !== undefined && rootFacts !== undefined && rootFacts.owner !== root.effectiveUserId;
    if (isForeign) return skipped('the root belongs to somebody else');
    const problems = [...world.owned, ...world.loginFiles].flatMap((file) => modeProblems(file, world));
    return judge([...problems, ...openHome(world)], 'only you can read them');
  },
};

/** The official client's home is writable for everybody. Its mode is not ours to change, so that there is no repair. */
function openHome({ homeFacts, root }: World): Problem[] {
  if (root.effectiveUserId === undefined || homeFacts === undefined) return [];
  const { path, mode, isDirectory } = homeFacts;
  if (!isDirectory || (mode & 0o002) === 0) return [];
  const message = `everybody on this machine can write to ${path} (${mode.toString(8)}), and put another auth.json there`;
  return [fault(message, `chmod go-w '${path}'`)];
}

function modeProblems(file: FileFacts, { root }: World): Problem[] {
  if (root.effectiveUserId === undefined) return [];
  if (file.owner !== root.effectiveUserId) {
    const message = `${file.path} belongs to user ${file.owner}, so it can be read or changed by somebody else`;
    return [fault(message, `sudo chown ${root.effectiveUserId} '${file.path}'`)];
  }
  // Something of another kind stands there, which another check reports.
  if (isMisplaced(file) || (file.mode & 0o077) === 0) return [];
  const mode = file.isDirectory ? 0o700 : 0o600;
  return [
    fault(`${file.path} can be read by others (${file.mode.toString(8)})`, {
      kind: 'tighten-mode',
      path: file.path,
      mode,
    }),
  ];
}

/** P11: unreadable is not empty, and a newer version is not ours to touch. */
export const filesCheck: Check = {
  id: 'files',
  title: 'Account files',
  inspect(world) {
    const { files } = world;
    const present = files.filter(({ verdict }) => verdict.kind === 'ok').length;
    return judge(
      files.flatMap((file) => fileProblem(file, world)),
      present === 0 ? 'none yet' : `${present} readable`,
    );
  },
};

function fileProblem(file: StoredFile, world: World): Problem[] {
  const { path, verdict, copies, salvageable } = file;
  switch (verdict.kind) {
    case 'ok':
      return [];
    case 'absent':
      return missing(file, world);
    case 'newer':
      return [fault(verdict.message, 'update codex-auth; the file is untouched')];
    case 'unreadable':
      return [fault(verdict.message, verdict.wayOut)];
    case 'damaged':
      return copies.length > 0 || salvageable > 0
        ? [fault(`${verdict.message}; ${sources(file)}`, recovery(file))]
        : [
            fault(
              `${verdict.message}; there is no good backup, and no whole account in it`,
              `move ${path} away, then sign in again: codex-auth login`,
            ),
          ];
  }
}

/** A missing file. No command of ours deletes it, so that accounts which only its copies have were lost with it. */
function missing(file: StoredFile, { scopes }: World): Problem[] {
  const [newest] = file.copies;
  const isKnown = (account: Account) =>
    findSame(recordsOf(scopes), account) !== undefined || scopes.some(({ pool }) => wasRemoved(pool, account));
  const lost = newest?.content.accounts.filter((account) => !isKnown(account)) ?? [];
  if (lost.length === 0) return [];
  const message = `${file.path} is gone, and with it ${nameSome(lost)}; ${sources(file)}`;
  return [warning(message, recovery(file))];
}

/** `good copies: accounts.json.bak (2 accounts), accounts.json.wal (2 accounts)` */
function sources({ copies, salvageable }: StoredFile): string {
  const names = copies.map(({ path, content }) => `${basename(path)} (${counted(content.accounts.length)})`);
  if (names.length > 0) return `good copies: ${names.join(', ')}`;
  return `${counted(salvageable)} in it ${salvageable === 1 ? 'is' : 'are'} whole`;
}

function counted(accounts: number): string {
  return `${accounts} account${accounts === 1 ? '' : 's'}`;
}

function recovery({ path, scopeKey, part }: StoredFile): Repair {
  return { kind: 'recover-file', path, scopeKey, part };
}

export const backupsCheck: Check = {
  id: 'backups',
  title: 'Backups',
  inspect({ files }) {
    const backups = files.flatMap((file) => file.backups);
    const good = backups.filter(({ verdict }) => verdict.kind === 'ok');
    return judge(backups.flatMap(backupProblem), good.length === 0 ? 'none yet' : `${good.length} good`);
  },
};

function backupProblem({ path, verdict }: StoredFile['backups'][number]): Problem[] {
  switch (verdict.kind) {
    case 'ok':
    case 'absent':
      return [];
    case 'damaged':
      return [warning(`the backup ${path} is damaged and could not bring anything back`, { kind: 'set-aside', path })];
    case 'newer':
      return [warning(verdict.message, 'update codex-auth; the backup is untouched')];
    case 'unreadable':
      return [warning(verdict.message, verdict.wayOut)];
  }
}
