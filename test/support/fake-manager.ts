import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type CliOptions, runCli, type TestHome } from './cli.js';

/** The user that stands for a person without rights, in a test that runs as root. */
const somebody = 65_534;

export interface FakeManager {
  /** The command lines that it was given. */
  commands(): string[];
  /** From now on the command lines with this word fail. */
  fails(word: string): void;
  works(): void;
  /** The options for a command of the person who owns the home; makes the home theirs. */
  options(options?: CliOptions): CliOptions;
  /** Runs a command of the person who owns the home, with this manager first on PATH. */
  run(argv: readonly string[], options?: CliOptions): ReturnType<typeof runCli>;
}

/** A service manager that writes down what it is told, and does nothing. */
export function fakeManager(home: TestHome, program: 'systemctl' | 'launchctl' | 'schtasks'): FakeManager {
  const bin = join(home.directory, 'manager');
  const [log, failing] = [join(bin, 'log'), join(bin, 'failing')];
  mkdirSync(bin);
  const script = `#!/bin/sh
echo "$(basename "$0") $*" >> '${log}'
[ -f '${failing}' ] && case "$*" in *"$(cat '${failing}')"*) echo "no such bus" >&2; exit 1;; esac
exit 0
`;
  for (const name of [program, 'loginctl']) {
    writeFileSync(join(bin, name), script, { mode: 0o755 });
    chmodSync(join(bin, name), 0o755);
  }
  const platform = { systemctl: 'linux', launchctl: 'darwin', schtasks: 'win32' } as const;
  const isRoot = process.getuid?.() === 0;
  const optionsFor = (options: CliOptions = {}): CliOptions => {
    if (isRoot) giveAway(home.directory);
    return {
      platform: platform[program],
      ...(isRoot ? { effectiveUserId: somebody } : {}),
      ...options,
      variables: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, ...options.variables },
    };
  };
  return {
    commands() {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
      rmSync(log, { force: true });
      return lines.filter((line) => line.startsWith(program));
    },
    fails: (word) => writeFileSync(failing, word),
    works: () => rmSync(failing, { force: true }),
    options: optionsFor,
    run: (argv, options) => runCli(home, argv, optionsFor(options)),
  };
}

/** Gives what root has made in the home to the user who owns the home. */
function giveAway(path: string): void {
  lchownSync(path, somebody, somebody);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) giveAway(join(path, name));
}
