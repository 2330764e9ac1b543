import type { Clock } from '../core/clock.js';
import type { ProcessTable } from '../core/storage/process-table.js';
import type { ProcessStreams } from './io.js';

/** Everything a run takes from its process, so that a test can hand in its own. */
export interface Machine {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly streams: ProcessStreams;
  readonly cwd: string;
  readonly clock: Clock;
  readonly processes: ProcessTable;
  /** Absent on Windows. */
  readonly effectiveUserId?: number;
  readonly platform: NodeJS.Platform;
  readonly architecture: string;
  readonly version: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}
