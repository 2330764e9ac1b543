import { type Check, judge, type Problem } from '../finding.js';
import type { StoredFile } from '../world/stored-files.js';

/** P11: unreadable is not empty, and a newer version is not ours to touch. */
export const filesCheck: Check = {
  id: 'files',
  title: 'Account files',
  inspect({ files }) {
    const present = files.filter(({ verdict }) => verdict.kind === 'ok').length;
    return judge(files.flatMap(problemOf), present === 0 ? 'none yet' : `${present} readable`);
  },
};

function problemOf({ path, scopeKey, part, verdict, backups, salvageable }: StoredFile): Problem[] {
  const hasBackup = backups.some((each) => each.verdict.kind === 'ok');
  switch (verdict.kind) {
    case 'ok':
    case 'absent':
      return [];
    case 'newer':
      return [{ severity: 'error', message: verdict.message, command: 'update codex-auth; the file is untouched' }];
    case 'unreadable':
      return [{ severity: 'error', message: verdict.message, command: `check the owner and the mode of ${path}` }];
    case 'damaged':
      return hasBackup || salvageable > 0
        ? [{ severity: 'error', message: verdict.message, repair: { kind: 'recover-file', path, scopeKey, part } }]
        : [
            {
              severity: 'error',
              message: `${verdict.message}; there is no good backup, and no whole account in it`,
              command: `move ${path} away, then sign in again: codex-auth login`,
            },
          ];
  }
}
