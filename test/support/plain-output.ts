import type { CliResult } from './cli.js';
import type { TestHome } from './test-home.js';

/** A result with the paths of this home replaced, so that it can be compared with a stored one. */
export function plain(home: TestHome, { exitCode, stdout, stderr }: CliResult): CliResult {
  const replace = (text: string) => text.replaceAll(home.directory, '<home>');
  return { exitCode, stdout: replace(stdout), stderr: replace(stderr) };
}
