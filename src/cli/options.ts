/** The options every command takes, before or after its name (DESIGN §10). */
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
}

/** Whether a failure to parse the command line must be told as JSON: `--json` stands before any `--`. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json');
}
