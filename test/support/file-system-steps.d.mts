export interface ChangeWatcher {
  /** Of changes to other paths nothing is told. */
  readonly isWatched: (path: string) => boolean;
  /**
   * Called right before a change, with its name and the name of the file; for the second step of a write, with a function
   * that writes half of it. What it throws the program gets in the place of the change.
   */
  readonly onStep: (description: string, half?: () => void) => void;
  /** Whether a write is two steps. */
  readonly hasHalves: boolean;
}

/** From now on; there is one watcher in a process. */
export function watchChanges(watcher: ChangeWatcher): void;
