import type { SettingName } from '../settings.js';

/** What `doctor --fix` can do, as data: planned from the findings, shown, and only then carried out. */
export type Repair =
  | { readonly kind: 'tighten-mode'; readonly path: string; readonly mode: number }
  /** Bring back what is whole in the file and in its backups, with the newest tokens; the damaged file is kept. */
  | {
      readonly kind: 'recover-file';
      readonly path: string;
      readonly scopeKey: string | undefined;
      readonly part: 'pool' | 'flagged';
    }
  /** A file that holds only knowledge is kept aside, and starts anew. */
  | { readonly kind: 'set-aside'; readonly path: string }
  /** Move an entry of the journal away that cannot be read, where no tokens are lost by that. */
  | { readonly kind: 'keep-entry'; readonly path: string }
  /** Store the tokens that killed processes had received, and remove settled entries of the journal. */
  | { readonly kind: 'finish-journal' }
  | { readonly kind: 'sweep-leftovers' }
  | { readonly kind: 'release-lock'; readonly name: string; readonly nonce: string }
  | { readonly kind: 'repair-accounts' }
  | { readonly kind: 'drop-choice'; readonly scopeKey: string | undefined }
  /** Move the accounts that older versions kept for one worktree to those of its repository. */
  | { readonly kind: 'merge-legacy-pool'; readonly fromKey: string; readonly toKey: string }
  /** Take over a newer copy of a dead login, and bring the account back if it was set aside for that. */
  | { readonly kind: 'adopt-newest'; readonly accountId: string; readonly name: string; readonly from: string }
  /** Put the newest tokens into `auth.json`, or take newer ones from it. */
  | { readonly kind: 'settle-auth-file' }
  /** Of two files with one login, one becomes a link to the other. */
  | {
      readonly kind: 'share-login';
      readonly accountId: string;
      readonly name: string;
      /** The home that gets the link, and the one whose file stays. */
      readonly directory: string;
      readonly keeper: string;
    }
  | { readonly kind: 'unset-setting'; readonly name: SettingName };

/** The repair in words, both for the plan and for the result. */
export function describeRepair(repair: Repair): string {
  switch (repair.kind) {
    case 'tighten-mode':
      return `make ${repair.path} readable by you only (${repair.mode.toString(8)})`;
    case 'recover-file':
      return `bring back ${repair.path} from what is whole in it and its backups, with the newest tokens, and keep the damaged file`;
    case 'set-aside':
      return `keep ${repair.path} aside and start it anew`;
    case 'keep-entry':
      return `move ${repair.path} to kept, so that it stands in the way of no refresh`;
    case 'finish-journal':
      return 'store what interrupted runs had received, and forget what is settled';
    case 'sweep-leftovers':
      return 'remove the temporary files of ended processes';
    case 'release-lock':
      return `release the lock "${repair.name}" of a process that has ended`;
    case 'repair-accounts':
      return 'merge duplicates, correct account ids and fill in what the tokens tell';
    case 'drop-choice':
      return 'forget the choice of an account that is gone';
    case 'merge-legacy-pool':
      return `move the accounts of projects/${repair.fromKey} to projects/${repair.toKey}, and keep the old file`;
    case 'adopt-newest':
      return `take over the newer login of ${repair.name} from ${repair.from}`;
    case 'settle-auth-file':
      return 'bring the login of the official client and the stored account to the newest of their tokens';
    case 'share-login':
      return `let ${repair.directory} share the login file of ${repair.keeper} for ${repair.name}`;
    case 'unset-setting':
      return `unset ${repair.name}, so that its default applies`;
  }
}

/** The order in which repairs must happen: files first, then the records in them. */
const order: readonly Repair['kind'][] = [
  'tighten-mode',
  'release-lock',
  // A damaged backup makes way before the recovered file gets its own.
  'set-aside',
  'recover-file',
  'sweep-leftovers',
  'finish-journal',
  'keep-entry',
  'merge-legacy-pool',
  'repair-accounts',
  'adopt-newest',
  'drop-choice',
  'settle-auth-file',
  'share-login',
  'unset-setting',
];

/** Each repair once, in a safe order. */
export function planRepairs(repairs: readonly Repair[]): Repair[] {
  const unique = new Map(repairs.map((repair) => [JSON.stringify(repair), repair]));
  return [...unique.values()].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}
