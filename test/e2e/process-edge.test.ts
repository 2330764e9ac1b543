import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTestHome } from '../support/cli.js';
import { builtProject } from '../support/program-process.js';

const { execPath } = process;

/** Runs a shell line in which `codex-auth` is the built product. */
function shell(line: string) {
  const home = createTestHome();
  const program = `'${execPath}' '${join(builtProject(), 'bin', 'codex-auth.js')}'`;
  const gone = join(home.cwd, 'gone');
  mkdirSync(gone);
  const script = line.replaceAll('codex-auth', program).replaceAll('GONE', `'${gone}'`);
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script], {
    cwd: gone,
    env: { ...home.variables, PATH: process.env['PATH'] },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test.skipIf(process.platform === 'win32')('a shell in a directory that was removed gets an explanation', () => {
  expect(shell('rmdir GONE; codex-auth list')).toEqual({
    status: 2,
    stdout: '',
    stderr: 'error: the current directory does not exist any more\n  → cd to a directory that does\n',
  });
  expect(shell('rmdir GONE; codex-auth --version')).toMatchObject({ status: 0, stderr: '' });
});

test.skipIf(!existsSync('/dev/full'))('output that a full disk did not take is a failure that says so', () => {
  expect(shell('codex-auth list > /dev/full')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'error: cannot write the output: ENOSPC\n',
  });
});
