import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { startBuilt } from '../support/built.js';
import { alice, carol, RefreshHome } from '../support/refresh-home.js';
import { shellVariables } from '../support/shell.js';
import { temporaryDirectory } from '../support/temporary.js';
import { missingForTerminal, Terminal } from '../support/terminal.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

async function seededHome(): Promise<RefreshHome> {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_home', alice, { accountLabel: 'home' });
  await seeded.addAccount('acc_carol', carol);
  return seeded;
}

describe('watch as a process', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('ends on %s without a word', async (signal) => {
    const { home } = await seededHome();
    const watch = startBuilt(home, ['watch', '--json'], { onStdout: () => watch.signal(signal) });
    const { exitCode, stdout, stderr } = await watch.ended;
    expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'codex-auth.watch/1', ok: true, data: { round: 1 } });
  });

  test.skipIf(process.platform === 'win32').each(['watch', 'watch --json', 'list', 'completion bash'])(
    '%s ends quietly where nobody reads any more',
    async (line) => {
      const { home } = await seededHome();
      const script = `{ codex-auth ${line}; echo "ended with $?" >&2; } | true`;
      const { status, stderr } = await shell(script, shellVariables(home));
      const told = stderr.replace(/^warning: .*\n/gm, '');
      expect({ status, told }).toEqual({ status: 0, told: 'ended with 0\n' });
    },
  );
});

/** Does not block this process, in which the provider answers while the shell runs. */
function shell(
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<{ status: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', script], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.once('close', (status) => resolve({ status, stderr }));
  });
}

describe.skipIf(missingForTerminal !== undefined)('watch on a terminal', () => {
  test('draws in place, follows the size, and leaves the terminal as it was', async () => {
    const { home } = await seededHome();
    const terminal = await Terminal.open(home);
    await terminal.run('echo before; codex-auth watch');
    const wide = await terminal.shows(/7d █+░* +\d+% left, resets in/);
    expect(wide).not.toContain('before');
    expect(await terminal.modes()).toEqual({ alternate: true, cursor: false });
    await terminal.resize(40, 12);
    const narrow = await terminal.shows('next look');
    expect(narrow.trimEnd().split('\n').length).toBeLessThanOrEqual(12);
    await terminal.press('C-z');
    await terminal.shows('Stopped');
    expect(await terminal.modes()).toEqual({ alternate: false, cursor: true });
    await terminal.run('fg');
    await terminal.shows('next look');
    await terminal.press('C-c');
    expect(await terminal.exitCode()).toBe(130);
    expect(await terminal.modes()).toEqual({ alternate: false, cursor: true });
    expect(await terminal.screen()).toContain('before');
    await terminal.run('clear; codex-auth watch');
    await terminal.shows('next look', 'q ends');
    await terminal.press('x', 'q');
    await terminal.hides('next look');
    expect(await terminal.exitCode()).toBe(0);
    await terminal.run('stty -a | tr ";" "\\n"');
    await terminal.shows(/\sicanon/, /\secho\s/);
  });
});
