import type { StoredFile } from '../../pools/stored-files.js';
import { type Check, judge, type Problem } from '../finding.js';

export const backupsCheck: Check = {
  id: 'backups',
  title: 'Backups',
  inspect({ files }) {
    const backups = files.flatMap((file) => file.backups);
    const good = backups.filter(({ verdict }) => verdict.kind === 'ok');
    return judge(backups.flatMap(problemOf), good.length === 0 ? 'none yet' : `${good.length} good`);
  },
};

function problemOf({ path, verdict }: StoredFile['backups'][number]): Problem[] {
  switch (verdict.kind) {
    case 'ok':
    case 'absent':
      return [];
    case 'damaged':
      return [
        {
          severity: 'warn',
          message: `the backup ${path} is damaged and could not bring anything back`,
          repair: { kind: 'set-aside', path },
        },
      ];
    case 'newer':
      return [{ severity: 'warn', message: verdict.message, command: 'update codex-auth; the backup is untouched' }];
    case 'unreadable':
      return [{ severity: 'warn', message: verdict.message, command: verdict.wayOut }];
  }
}
