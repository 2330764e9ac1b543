import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { withLock } from '../../src/core/storage/file-lock.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import { type CliOptions, runCli } from '../support/cli.js';
import { alice, carol, RefreshHome } from '../support/refresh-home.js';
import { said } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { missingForTerminal, Terminal } from '../support/terminal.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

/** Two accounts, about one of which the provider answers only after a while. */
async function slowHome(ms = 1_000): Promise<RefreshHome> {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_home', alice);
  await seeded.addAccount('acc_carol', carol);
  provider.scenario.on('usage', { kind: 'slow', ms }, { accountId: carol.accountId });
  return seeded;
}

describe.skipIf(missingForTerminal !== undefined)('on a terminal', () => {
  test('a line says how far it is, and is gone at the end', async () => {
    const terminal = await Terminal.open((await slowHome(5_000)).home);
    await terminal.run('codex-auth usage');
    await terminal.shows('Asking about quota 1/2');
    expect(await terminal.exitCode()).toBe(0);
    expect(await terminal.screen()).not.toContain('Asking');
  });

  test('who waits for another process is told for which', async () => {
    const seeded = await slowHome();
    const terminal = await Terminal.open(seeded.home);
    const lock = { directory: seeded.root.paths.locks, clock: systemClock, processes: systemProcesses, waitMs: 0 };
    await withLock('store', lock, async () => {
      await terminal.run('codex-auth config set quotaTtlMs 60000');
      await terminal.shows(`Waiting for another codex-auth (pid ${process.pid})`);
    });
    expect(await terminal.exitCode()).toBe(0);
    const screen = await terminal.shows('quotaTtlMs is now 1m');
    expect(screen).not.toContain('Waiting');
  });
});

describe('without a terminal of its own', () => {
  const xterm = { COLUMNS: '', TERM: 'xterm', NO_COLOR: '1' };

  /** What is on stderr, the warnings about the stand-in aside. */
  async function notes(argv: readonly string[], options: CliOptions): Promise<string> {
    const { stderr } = await runCli((await slowHome(700)).home, ['usage', ...argv], options);
    return said({ stdout: '', stderr, exitCode: 0 });
  }

  test('the line is drawn as it is elsewhere', async () => {
    const told = await notes([], { terminal: { columns: 80 }, variables: xterm });
    expect(told).toContain('\r\u001b[KAsking about quota 1/2');
  });

  test.each([
    ['a program that reads JSON', ['--json'], { terminal: { columns: 80 }, variables: xterm }],
    ['a build server', [], { terminal: { columns: 80 }, variables: { ...xterm, CI: 'true' } }],
    ['a dumb terminal', [], { terminal: { columns: 80 }, variables: { ...xterm, TERM: 'dumb' } }],
    ['a pipe', [], {}],
  ])('%s is told nothing', async (_, argv, options) => {
    expect(await notes(argv, options)).toBe('');
  });
});
