import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { git, newRepository } from '../support/git-layouts.js';
import { otherNodes } from '../support/other-nodes.js';
import { builtProject } from '../support/program-process.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

/** Under an old Node, perhaps that of the tests, the command is our child. Under the newest it takes our place. */
const newest = otherNodes().findLast((each) => 'path' in each);
const nodes = [
  { name: 'this Node', path: process.execPath },
  ...(newest !== undefined && 'path' in newest ? [{ name: `Node ${newest.version}`, path: newest.path }] : []),
];

/** A client that prints as whom it runs, and calls itself once more, as an agent that starts another client does. */
const client = `#!/bin/sh
echo "runs as \${CODEX_AUTH_ACCOUNT-the one in use} in $PWD"
[ "\${1-}" = twice ] && codex once
exit 7
`;

const provider = useProvider({ keepsState: true });

describe.each(nodes)('plain codex, by $name,', ({ path: node }) => {
  let home: RefreshHome;
  let repository: string;
  let PATH: string;
  beforeEach(async () => {
    home = new RefreshHome(temporaryDirectory(), provider);
    await home.addAccount('acc_alice', alice, { accountLabel: 'work' });
    await home.addAccount('acc_bob', bob);
    repository = newRepository(home.home.cwd, 'project');
    const clients = join(home.home.directory, 'clients');
    mkdirSync(clients);
    writeFileSync(join(clients, 'codex'), client, { mode: 0o755 });
    // This Node is the first on PATH, so that the shim starts us by it.
    const rest = `${dirname(node)}:${clients}:/usr/bin:/bin`;
    PATH = `${join(home.home.root, 'bin')}:${rest}`;
    ours(['setup', '--yes', '--shell', 'bash'], home.home.cwd, rest);
    ours(['switch', 'acc_bob'], home.home.cwd);
    ours(['switch', 'work', '--here'], repository);
  });

  function ours(words: readonly string[], cwd: string, path = PATH) {
    const script = join(builtProject(), 'bin', 'codex-auth.js');
    const env = { ...home.home.variables, PATH: path, SHELL: '/bin/bash' };
    const { status, stdout, stderr } = spawnSync(node, [script, ...words], { cwd, env, encoding: 'utf8' });
    expect(status, stderr + stdout).toBe(0);
  }

  function codex(cwd: string, ...words: string[]) {
    const env = { ...home.home.variables, PATH };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', 'codex "$@"', 'sh', ...words], {
      ...{ cwd, env },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  it('runs in a bound project as its account, in all its worktrees, and says so once', () => {
    git(repository, 'worktree', 'add', '-q', join(home.home.directory, 'worktree'));
    for (const cwd of [repository, join(home.home.directory, 'worktree')]) {
      expect(codex(cwd, 'twice')).toEqual({
        status: 7,
        stdout: `runs as work in ${cwd}\n`.repeat(2),
        stderr: `running as work, because ${repository} is bound to it\n`,
      });
    }
  });

  it('runs elsewhere as the account in use, and there again when the binding is taken away', () => {
    const plain = (cwd: string) => ({ status: 7, stdout: `runs as the one in use in ${cwd}\n`, stderr: '' });
    expect(codex(home.home.cwd)).toEqual(plain(home.home.cwd));
    ours(['switch', '--here', '--clear'], repository);
    expect(codex(repository)).toEqual(plain(repository));
  });

  it('does not run where the account is gone', () => {
    rmSync(home.home.poolFile);
    const { status, stdout, stderr } = codex(repository);
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toContain('is not here any more');
  });
});
