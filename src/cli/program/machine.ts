import type { Variables } from '../../core/environment.js';
import type { Runnable } from '../../core/running/runnable.js';
import type { SessionHost } from '../../core/session/session.js';
import type { RunBeside } from '../guarding/side-program.js';
import type { ProcessStreams } from '../terminal/io.js';

/** Everything a run takes from its process, so that a test can hand in its own; a signal ends with Ctrl-C or the terminal. */
export interface Machine extends SessionHost {
  readonly streams: ProcessStreams;
  /** How to run this program once more: its Node, and the script as it was called. */
  readonly program: { readonly node: string; readonly script: string };
  /**
   * Starts another program, which takes the place of this one where that is possible: then this never returns. Resolves to
   * the exit status of one that was waited for. Throws `command-not-found` or `not-executable`. Absent in a process that
   * only reads and prints.
   */
  readonly launch?: (program: Launch) => Promise<number>;
  /** Runs another program beside this one, to its end. Absent in a process that only reads and prints. */
  readonly runBeside?: RunBeside;
  /** Absent where a job cannot be stopped, as on Windows. */
  readonly jobControl?: JobControl;
  /** Set in a process that only reads and prints: its bundle has no prompts. */
  readonly neverAsks?: true;
}

export interface Launch extends Runnable {
  readonly variables: Variables;
  /** The program is waited for in any case: something is to be done when it has ended. */
  readonly isWaitedFor?: boolean;
  /** A line for standard error right before it starts, written without a stream of Node's. */
  readonly announcement?: string;
}

/** What a program that fills the screen needs of job control, to give the terminal back before a stop or an end. */
export interface JobControl {
  /** Stops the whole job, as Ctrl-Z does where the terminal listens to it. Resolves when it goes on. */
  suspend(): Promise<void>;
  /**
   * Calls `listener` when another process asks for a stop, and when the job goes on, also after a stop that nobody can
   * refuse. Returns how to end that.
   */
  listen(listener: (event: 'stop' | 'continue') => void): () => void;
  /** Runs `restore` as the process ends, even by an exception. Returns how to take that back. */
  beforeEnd(restore: () => void): () => void;
}
