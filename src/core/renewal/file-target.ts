import type { DueReason } from './policy.js';
import { failedBy, notDue, type Renewal } from './renewal.js';
import { readTokenFile, type TokenFile } from './token-file.js';

/** A token file, and why it is to be renewed; without a reason it only gets what its login gets anyway. */
export interface FileTarget {
  readonly file: TokenFile;
  readonly why: DueReason | undefined;
}

/** By the path of the file. */
export type FileRenewals = Map<string, Renewal>;

/** The same for every file that is due; the others stay as they are. */
export function dueOnly(targets: readonly FileTarget[], renewal?: Renewal): FileRenewals {
  return new Map(
    targets.map(({ file, why }) => {
      const own = why === undefined ? undefined : renewal;
      return [file.path, own ?? notDue(file.login.tokens)];
    }),
  );
}

/** What the files hold now that no other process of ours can be at them. */
export function readAgain(targets: readonly FileTarget[]): {
  readonly present: FileTarget[];
  readonly unreadable: FileRenewals;
} {
  const present: FileTarget[] = [];
  const unreadable: FileRenewals = new Map();
  for (const { file, why } of targets) {
    try {
      present.push({ file: readTokenFile(file), why });
    } catch (error) {
      unreadable.set(file.path, failedBy(error));
    }
  }
  return { present, unreadable };
}
