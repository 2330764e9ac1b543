export interface GlobalOptions {
  readonly json?: boolean;
  readonly project?: string;
  readonly global?: boolean;
  readonly config?: string;
  readonly proxy?: string;
  readonly timeout?: number;
  readonly mask?: boolean;
  readonly input: boolean;
  readonly color: boolean;
  readonly plain?: boolean;
}

/** Whether a flag is given, also on a command line that cannot be parsed: it stands before any `--`. */
export function hasFlag(argv: readonly string[], flag: '--json' | '--mask' | '--no-color' | '--plain'): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes(flag);
}

/** Where a result goes, and in which form, for the commands that offer it. */
export interface OutputOptions {
  readonly csv?: boolean;
  readonly out?: string;
}
