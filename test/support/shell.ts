import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtProject } from './program-process.js';
import type { TestHome } from './test-home.js';

/** Whether tests can use a program that not every machine has. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** The environment of a person whose PATH begins with the built `codex-auth` and these scripts of `sh`. */
export function shellVariables(home: TestHome, scripts: Readonly<Record<string, string>> = {}): Record<string, string> {
  const directory = join(home.directory, 'programs');
  const program = `exec '${process.execPath}' '${join(builtProject(), 'bin', 'codex-auth.js')}' "$@"`;
  mkdirSync(directory, { recursive: true });
  for (const [name, script] of Object.entries({ 'codex-auth': program, ...scripts })) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return { ...home.variables, PATH: `${directory}:${home.variables['PATH'] ?? ''}`, LC_ALL: 'C.UTF-8' };
}

/** Runs a script in a shell that reads none of the person's files. Throws with what it said if it fails. */
export function runShell(
  shell: 'bash' | 'zsh' | 'fish',
  script: string,
  home: TestHome,
  variables: Record<string, string>,
) {
  const flags = { bash: ['--norc', '--noprofile'], zsh: ['-f'], fish: ['--no-config'] }[shell];
  const { status, stdout, stderr } = spawnSync(shell, [...flags, '-c', script], {
    cwd: home.cwd,
    env: variables,
    encoding: 'utf8',
  });
  if (status !== 0 || stderr !== '') throw new Error(`${shell} ended with ${status}: ${stderr}`);
  return stdout;
}
