export interface ChangeWatcher {
  /** Whether changes to this path are told. */
  readonly isWatched: (path: string) => boolean;
  /**
   * Called right before a change, with its name and the name of the file; for the second step of a write, with a
   * function that writes half of it. The program gets what this throws instead of the change.
   */
  readonly onStep: (description: string, half?: () => void) => void;
  /** Whether a write is two steps. */
  readonly hasHalves: boolean;
}

/** Watches changes from now on; there is one watcher in a process. */
export function watchChanges(watcher: ChangeWatcher): void;
