import type * as z from 'zod/mini';
import type { Context } from './context.js';
import type { ExitCode } from './exit-codes.js';
import type { Theme } from './render/theme.js';

/** One subcommand: what it promises as JSON, what it does, and how a person reads it. */
export interface Command<Options, Result> {
  /** The name in `codex-auth.<name>/1`. */
  readonly name: string;
  /** The published shape of `data`; a test validates every command's real output against it. */
  readonly schema: z.ZodMiniType<Result>;
  readonly run: (context: Context, options: Options) => Promise<Result>;
  /** The text for stdout, with its final newline; an empty string prints nothing. */
  readonly render: (result: Result, theme: Theme) => string;
  /** The same as rows for a spreadsheet; what `--csv` prints. */
  readonly renderCsv?: (result: Result) => string;
  /** Absent for commands that are done when they return. */
  readonly exitCode?: (result: Result) => ExitCode;
  /** For commands that use fewer exit codes than the table (DESIGN §10.4). */
  readonly failureExitCode?: (code: ExitCode) => ExitCode;
}
