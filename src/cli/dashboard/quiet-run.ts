import { printable, printableIn, printableLines } from '../../core/printable.js';
import type { Command } from '../program/command.js';
import { type Context, createContext } from '../program/context.js';
import { type Failure, failureOf } from '../program/output.js';
import { createTheme } from '../render/theme.js';

/** How a command ended that was run from the dashboard. Warnings are those it would have printed. */
export type Ending<Result> =
  | { readonly kind: 'done'; readonly result: Result; readonly text: string; readonly warnings: readonly string[] }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly warnings: readonly string[] };

/** Runs a command as it is, in a context of its own, and prints nothing. */
export type QuietRun = <Options, Result>(
  command: Command<Options, Result>,
  options: Options,
) => Promise<Ending<Result>>;

/**
 * A command that was asked for JSON asks nobody and prints nothing, which is what the dashboard needs: it asks first, and
 * shows the result itself. `signal` ends whatever still runs.
 */
export function quietRun({ machine, options, io }: Context, signal: AbortSignal): QuietRun {
  return async (command, commandOptions) => {
    const context = createContext({ ...machine, signal }, { ...options, json: true });
    const shownWarnings = () => context.warnings.map((text) => printable(io.shown(text)));
    try {
      const result = shown(command, await command.run(context, commandOptions));
      const theme = createTheme({ ...io.style, width: io.stdout.columns || io.style.width }, context.clock.now());
      return { kind: 'done', result, text: command.render(printableIn(result), theme), warnings: shownWarnings() };
    } catch (error) {
      const failure = failureOf(error);
      const { message, hint } = failure;
      const safe = (text: string) => printableLines(io.shown(text));
      const shownFailure = { ...failure, message: safe(message), hint: hint && safe(hint) };
      return { kind: 'failed', failure: shownFailure, warnings: shownWarnings() };
    } finally {
      await context.close();
    }
  };

  /** Under `--mask` the result is masked as a printed document is: an address inside a label goes, too. */
  function shown<Options, Result>({ schema }: Command<Options, Result>, result: Result): Result {
    return options.mask === true ? schema.parse(JSON.parse(io.masked(JSON.stringify(result)))) : result;
  }
}
