import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { otherNodes } from '../support/other-nodes.js';
import { type Passed, startProgram, startRun } from '../support/passed-on.js';
import { alice, type RefreshHome } from '../support/refresh-home.js';
import { homeOfAlice } from '../support/seed.js';
import { missingForTerminal, Terminal } from '../support/terminal.js';
import { useProvider } from '../support/use-provider.js';

/** An old Node, perhaps that of the tests, waits for the program. The newest becomes the program. */
const newest = otherNodes().findLast((each) => 'path' in each);
const newestPath = newest !== undefined && 'path' in newest ? newest.path : undefined;
const nodes = [
  { name: 'this Node', path: process.execPath },
  ...(newestPath === undefined ? [] : [{ name: `Node ${newest?.version}`, path: newestPath }]),
];
const ways = [
  ...nodes.map((node) => ({ ...node, isReady: false, isWaitedFor: false })),
  // In a home that is ready, the command is started by a bundle of its own.
  ...nodes.map((node) => ({
    ...node,
    name: `${node.name} in a home that is ready`,
    isReady: true,
    isWaitedFor: false,
  })),
  // With --on-limit we stay beside the command under every Node.
  ...nodes
    .slice(-1)
    .map((node) => ({ ...node, name: `${node.name} that waits for the limit`, isReady: false, isWaitedFor: true })),
];

const noText = randomBytes(100 * 1024 * 1024);

const provider = useProvider({ keepsState: true });
let home: RefreshHome;
beforeEach(async () => {
  home = await homeOfAlice(provider);
});

describe.each(ways)('a command that runs as an account, by $name,', ({ path, isReady, isWaitedFor }) => {
  beforeEach(async () => {
    if (isReady) await startRun(path, home.home, [alice.email, '--', 'true']).ended;
  });

  /** Makes a program that counts as the official client, for --on-limit, and becomes the command that it is given. */
  function standIn(): string {
    const codex = join(home.home.cwd, 'codex');
    writeFileSync(codex, '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 });
    return codex;
  }

  const options = isWaitedFor ? ['--on-limit', 'stop'] : [];
  const lineOf = (command: readonly string[]) => (isWaitedFor ? [standIn(), 'exec', ...command] : command);
  const run = (...command: string[]) => startRun(path, home.home, [alice.email, ...options, '--', ...lineOf(command)]);
  const shell = (script: string, ...words: string[]) => run('sh', '-c', script, ...words);
  const said = async ({ stdout }: Passed) => (await stdout).toString();

  /** Starts a script and waits for the line with which it says that it is ready. */
  async function startReady(script: string): Promise<Passed> {
    const passed = shell(`${script}\necho ready; while :; do sleep 0.05; done`);
    await new Promise((resolve) => passed.child.stdout?.once('data', resolve));
    return passed;
  }

  it.each([0, 1, 2, 3, 126, 127, 128, 130, 143, 255])('ends with its own exit code, here %i', async (status) => {
    expect(await shell(`exit ${status}`).ended).toEqual([status, null]);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGHUP'] as const)('dies of what it died of, here %s', async (signal) => {
    expect(await shell(`kill -${signal.slice(3)} $$`).ended).toEqual([null, signal]);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2', 'SIGQUIT'] as const)('hears %s', async (signal) => {
    const passed = await startReady(`trap 'echo heard; exit 7' ${signal.slice(3)}`);
    passed.child.kill(signal);
    expect(await passed.ended).toEqual([7, null]);
    expect(await said(passed)).toBe('ready\nheard\n');
  });

  it.skipIf(isWaitedFor || path === process.execPath)('takes our place, so that nothing of ours is left', async () => {
    const passed = shell('echo $$');
    expect(await said(passed)).toBe(`${passed.child.pid}\n`);
  });

  it('has its words, its name and its environment', async () => {
    const passed = run(
      'sh',
      '-c',
      'printf "%s|" "$0" "$@" "$CODEX_HOME" "$CODEX_AUTH_ACCOUNT"',
      'a b',
      '',
      '--json',
      '--',
    );
    expect(await said(passed)).toBe(`a b||--json|--|${home.home.root}/homes/acc_home|${alice.email}|`);
  });

  it('finds signals and descriptors as it would without us', async () => {
    const script = 'grep -E "^Sig(Blk|Ign)" /proc/self/status; grep flags /proc/self/fdinfo/0 /proc/self/fdinfo/1';
    const direct = startProgram('sh', ['-c', script], home.home);
    expect(await said(shell(script))).toBe(await said(direct));
  });

  it('reads and writes what is no text, and as much as there is', async () => {
    const passed = run('cat');
    passed.child.stdin?.end(noText);
    // Not by `toEqual`, which would print the difference.
    expect((await passed.stdout).equals(noText)).toBe(true);
    expect(await passed.ended).toEqual([0, null]);
  });

  it('meets the end of its input at once where there is none', async () => {
    const passed = run('cat');
    passed.child.stdin?.end();
    expect(await passed.ended).toEqual([0, null]);
  });

  it('has nothing beside it that takes much memory', async () => {
    const passed = await startReady('');
    const status = readFileSync(`/proc/${passed.child.pid}/status`, 'utf8');
    // Its own memory only: the pages of the program are shared by all processes of this Node.
    const ownKib = Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1]);
    passed.child.kill('SIGTERM');
    await passed.ended;
    expect(ownKib / 1024).toBeLessThan(isWaitedFor ? 60 : 40);
  });

  it.skipIf(missingForTerminal !== undefined)('stops and goes on as a job of its shell', async () => {
    const terminal = await Terminal.open(home.home, {
      variables: { PATH: `${dirname(path)}:${process.env['PATH']}` },
    });
    const script = 'trap "echo back" CONT; echo begun; until read x; do :; done; echo "got $x"; exit 9';
    const line = [alice.email, ...options, '--', ...lineOf(['sh', '-c', `'${script}'`])];
    await terminal.run(`codex-auth run ${line.join(' ')}`);
    await terminal.shows(/^begun/m);
    await terminal.press('C-z');
    await terminal.shows('Stopped');
    await terminal.run('fg');
    // What is typed before the shell has handed the terminal over would be read by the rules of its line editor.
    await terminal.shows(/^back/m);
    await terminal.type('text');
    await terminal.press('Enter');
    await terminal.shows('got text');
    expect(await terminal.exitCode()).toBe(9);
  });
});
