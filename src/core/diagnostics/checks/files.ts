import { basename } from 'node:path';
import type { Account } from '../../accounts/account.js';
import { findSame } from '../../accounts/identity.js';
import { wasRemoved } from '../../accounts/pool.js';
import { recordsOf } from '../../pools/scope-records.js';
import type { StoredFile } from '../../pools/stored-files.js';
import { type Check, judge, type Problem } from '../finding.js';
import type { Repair } from '../repair.js';
import type { World } from '../world/world.js';
import { nameSome } from './records.js';

/** P11: unreadable is not empty, and a newer version is not ours to touch. */
export const filesCheck: Check = {
  id: 'files',
  title: 'Account files',
  inspect(world) {
    const { files } = world;
    const present = files.filter(({ verdict }) => verdict.kind === 'ok').length;
    return judge(
      files.flatMap((file) => problemOf(file, world)),
      present === 0 ? 'none yet' : `${present} readable`,
    );
  },
};

function problemOf(file: StoredFile, world: World): Problem[] {
  const { path, verdict, copies, salvageable } = file;
  switch (verdict.kind) {
    case 'ok':
      return [];
    case 'absent':
      return missing(file, world);
    case 'newer':
      return [{ severity: 'error', message: verdict.message, command: 'update codex-auth; the file is untouched' }];
    case 'unreadable':
      return [{ severity: 'error', message: verdict.message, command: verdict.wayOut }];
    case 'damaged':
      return copies.length > 0 || salvageable > 0
        ? [{ severity: 'error', message: `${verdict.message}; ${sources(file)}`, repair: recovery(file) }]
        : [
            {
              severity: 'error',
              message: `${verdict.message}; there is no good backup, and no whole account in it`,
              command: `move ${path} away, then sign in again: codex-auth login`,
            },
          ];
  }
}

/** No command of ours deletes the file, so that accounts which only its copies have were lost with it. */
function missing(file: StoredFile, { scopes }: World): Problem[] {
  const [newest] = file.copies;
  const isKnown = (account: Account) =>
    findSame(recordsOf(scopes), account) !== undefined || scopes.some(({ pool }) => wasRemoved(pool, account));
  const lost = newest?.content.accounts.filter((account) => !isKnown(account)) ?? [];
  if (lost.length === 0) return [];
  const message = `${file.path} is gone, and with it ${nameSome(lost)}; ${sources(file)}`;
  return [{ severity: 'warn', message, repair: recovery(file) }];
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
