import type { Step } from '../changes/change.js';
import { recordChange } from '../changes/change-log.js';
import { AppError } from '../errors.js';
import type { ScopeRecords } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import type { Session } from './session.js';

/** Notes for `undo` what a command has changed; a change that cannot be noted is made all the same. */
export function noteChange(
  { warn }: Session,
  store: Store,
  command: string,
  before: readonly ScopeRecords[],
  amend?: (steps: readonly Step[]) => readonly Step[],
): void {
  try {
    recordChange(store, command, before, amend);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    warn(`this change cannot be taken back: ${error.message}`);
  }
}
