import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type CliOptions, createTestHome, runCli, runJson, type TestHome } from './cli.js';
import type { Provider } from './provider/start.js';

/** A person's home with the files of their shells, and an official client that prints what it was called with. */
export interface ShellHome {
  readonly home: TestHome;
  /** `~`. */
  readonly person: string;
  readonly bin: string;
  readonly shim: string;
  /** The directory of the stand-in for the official client, which is on PATH. */
  readonly clients: string;
  readonly variables: Readonly<Record<string, string>>;
  file(name: string): string;
  write(name: string, content: string | Buffer, mode?: number): string;
  read(name: string): string;
  /** The PATH of a shell that was started after setup. */
  readonly newPath: string;
  run(...argv: string[]): ReturnType<typeof runCli>;
  json(...argv: string[]): ReturnType<typeof runJson>;
  /** Everything below `~` with its kind, mode and bytes, and whether there is a shim. */
  picture(): unknown;
}

export const clientScript = `#!/bin/sh\nprintf '%s\\n' "$*" >>"$HOME/../client.log"\necho "codex-cli 0.169.0"\n`;

export function shellHome(options: CliOptions = {}, provider?: Provider): ShellHome {
  const home = createTestHome(provider);
  const person = home.variables['HOME'] ?? '';
  const [bin, clients] = [join(home.root, 'bin'), join(home.directory, 'clients')];
  const file = (name: string) => join(person, name);
  const variables = { SHELL: '/bin/bash', PATH: `${clients}:/usr/bin:/bin`, ...options.variables };
  function write(name: string, content: string | Buffer, mode = 0o644): string {
    mkdirSync(dirname(file(name)), { recursive: true });
    writeFileSync(file(name), content);
    chmodSync(file(name), mode);
    return file(name);
  }
  mkdirSync(clients);
  writeFileSync(join(clients, 'codex'), clientScript, { mode: 0o755 });
  return {
    ...{ home, person, bin, clients, variables, file, write },
    shim: join(bin, 'codex'),
    newPath: `${bin}:${variables.PATH}`,
    read: (name) => readFileSync(file(name), 'utf8'),
    run: (...argv) => runCli(home, argv, { ...options, variables }),
    json: (...argv) => runJson(home, argv, { ...options, variables }),
    picture: () => ({ files: pictureOf(person), hasShim: existsSync(bin) }),
  };
}

/** What fish and zsh keep for themselves when they run. */
const leftByShells = /^\.(local|cache)\/|\/fish_variables|(^|\/)\.zcompdump/;

function pictureOf(directory: string): [string, string][] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return names
    .filter((name) => !leftByShells.test(name))
    .flatMap((name): [string, string][] => {
      const path = join(directory, name);
      const stats = lstatSync(path);
      if (stats.isDirectory()) return [];
      const content = stats.isSymbolicLink() ? readlinkSync(path) : readFileSync(path, 'latin1');
      return [[relative(directory, path), `${stats.mode.toString(8)} ${content}`]];
    });
}
