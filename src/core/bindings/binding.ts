import { isJsonObject } from '../json-object.js';
import { isNumber, isText, isTextOrAbsent } from '../json-values.js';

/** A directory in which plain `codex` runs as one account; it counts for everything below it, unless that is bound too. */
export interface Binding {
  /** Its real path. */
  readonly directory: string;
  /** Of a project: the directory that all its worktrees have in common, so that they are bound wherever they are. */
  readonly commonDir?: string;
  readonly accountId: string;
  /** Milliseconds since the epoch. */
  readonly boundAt: number;
}

/** Whether a value of a parsed file is a binding. */
export function isBinding(value: unknown): value is Binding {
  if (!isJsonObject(value)) return false;
  const { directory, commonDir, accountId, boundAt } = value;
  const isNamed = [directory, accountId].every((each) => isText(each) && each !== '');
  return isNamed && isTextOrAbsent(commonDir) && isNumber(boundAt);
}
