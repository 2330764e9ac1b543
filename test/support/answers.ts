import { PassThrough } from 'node:stream';
import { type CliOptions, type CliResult, runCli, type TestHome } from './cli.js';

export const keys = { down: '\u001b[B', enter: '\r', ctrlC: '\u0003' };

/** What is typed when a text has appeared on stderr, in the order of the texts. */
export type Replies = readonly (readonly [asked: RegExp, typed: string])[];

/** Runs a command on a terminal and answers its questions; fails when one of them was not asked. */
export async function runWithAnswers(
  home: TestHome,
  argv: readonly string[],
  replies: Replies,
  options: CliOptions = {},
): Promise<CliResult> {
  const stdin = new PassThrough();
  const left = [...replies];
  let seen = 0;
  const result = await runCli(home, argv, {
    terminal: { columns: 80 },
    ...options,
    stdin,
    variables: { COLUMNS: '', TERM: 'xterm', NO_COLOR: '1', ...options.variables },
    onStderr(text) {
      options.onStderr?.(text);
      const [next] = left;
      if (next === undefined || !next[0].test(text.slice(seen))) return;
      left.shift();
      seen = text.length;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: an arrow key is several characters and one key
      for (const key of next[1].match(/\u001b\[.|./gs) ?? []) setImmediate(() => stdin.write(key));
    },
  });
  if (left.length > 0) throw new Error(`nobody asked ${String(left[0]?.[0])}; stderr was:\n${result.stderr}`);
  return result;
}
