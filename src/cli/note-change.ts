import type { Step } from '../core/changes/change.js';
import { recordChange } from '../core/changes/change-log.js';
import { AppError } from '../core/errors.js';
import type { ScopeRecords } from '../core/pools/scope-records.js';
import type { Store } from '../core/pools/store.js';
import type { Context } from './context.js';

/** Notes for `undo` what a command has changed; a change that cannot be noted is made all the same. */
export function noteChange(
  { warn }: Context,
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
