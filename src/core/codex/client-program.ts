import { basename } from 'node:path';

/** The parts of the client that releases also ship as programs of their own, and the subcommand that each of them is. */
const parts: Readonly<Record<string, string | undefined>> = {
  'app-server': 'app-server',
  'mcp-server': 'mcp-server',
  exec: 'exec',
  tui: undefined,
};

/** As npm, the package managers and the archives of a release name it: `codex`, `codex-aarch64-apple-darwin`. */
const releaseName = new RegExp(
  `^codex(?:-(${Object.keys(parts).join('|')}))?(?:-(?:x86_64|aarch64|i686|armv7|riscv64gc|x64|arm64)-[\\w-]+)?(?:\\.exe)?$`,
);

/** Whether a program's file has a name of the official client. `codex-auth` and other companions have none. */
export function isClientName(program: string): boolean {
  return releaseName.test(basename(program));
}

/** The arguments as `codex` itself would have got them: one part alone needs no subcommand. */
export function argumentsOf(program: string, words: readonly string[]): readonly string[] {
  const part = releaseName.exec(basename(program))?.[1];
  const command = part === undefined ? undefined : parts[part];
  return command === undefined ? words : [command, ...words];
}

/**
 * What only the client keeps open as long as it runs, whatever its file is called: the lock on its links to itself, and its
 * databases (seen on 0.169.0 and 0.171.0).
 */
const mark = /\/tmp\/arg0[^/]*\/codex-arg0[^/]*\/\.lock$|\/(?:state|logs)_\d+\.sqlite$/;

export function isMarkOfClient(openFile: string): boolean {
  return mark.test(openFile);
}
