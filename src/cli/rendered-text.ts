import { printableIn } from '../core/printable.js';
import type { Command } from './command.js';
import type { Context } from './context.js';
import type { Style } from './io.js';
import { wrapText } from './wrap-text.js';

/** A result as a person reads it. */
export async function renderText<Options, Result, Document>(
  command: Command<Options, Result, Document>,
  result: Result,
  { clock }: Pick<Context, 'clock'>,
  { style, options }: { readonly style: Style; readonly options: Options },
): Promise<string> {
  const { createTheme } = await import('./render/theme.js');
  // A program reads what `printsCode`, as it is; else what came from outside is made harmless before it is coloured.
  const shown = command.printsCode === true ? result : printableIn(result);
  const text = command.render(shown, createTheme(style, clock.now()), options);
  return style.isTerminal && command.printsCode !== true ? wrapText(text, style.width) : text;
}
