import type { CliOptions } from '../cli.js';
import type { TestHome } from '../test-home.js';

/** `kept`: the killed command had got so far that its work stands, or is finished by the next one. */
export type CrashOutcome = 'kept' | 'not-begun';

/** A command that will be killed, in a home that was prepared for it. */
export interface CrashTrial<Outcome = CrashOutcome> {
  readonly home: TestHome;
  readonly argv: readonly string[];
  /** The directories below which changes count as steps; default: the official client's home. */
  readonly watched?: readonly string[];
  /** Called with everything on stderr so far, whenever there is more: to act on a sign-in URL. */
  readonly onStderr?: (text: string) => void;
  /** For a run inside of the process of the test. */
  readonly options?: CliOptions;
  /** Throws when the crash has cost anything. */
  verify(): Promise<Outcome>;
}
