import { describe, expect, test } from 'vitest';
import { type CliOptions, createTestHome, runCli } from '../support/cli.js';
import { alice, noon, writePool } from '../support/sample-pool.js';
import { clockAt } from '../support/stored-accounts.js';

// The dashboard itself needs a real terminal: test/e2e/dashboard.test.ts.

const onTerminal: CliOptions = { terminal: { columns: 80 }, clock: clockAt(noon) };
const onDumbTerminal: CliOptions = { ...onTerminal, variables: { TERM: 'dumb', COLUMNS: '' } };

function homeWithAlice() {
  const home = createTestHome();
  writePool(home, [alice]);
  return home;
}

describe('the name of the program alone', () => {
  test.each([[[]], [['auth']]])('shows help where there is no terminal: %j', async (argv) => {
    const { exitCode, stdout, stderr } = await runCli(homeWithAlice(), argv);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: codex-auth /);
  });

  test('shows the list where nothing can be drawn, for the scope that was asked for', async () => {
    const home = homeWithAlice();
    const { exitCode, stdout } = await runCli(home, ['--global', '--mask'], onDumbTerminal);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('home <a***@e***>');
    expect(stdout).toBe((await runCli(home, ['list', '--global', '--mask'], onDumbTerminal)).stdout);
  });

  test('asks for a command on a terminal where nobody is to be asked', async () => {
    const { exitCode, stderr } = await runCli(homeWithAlice(), ['--no-input'], onTerminal);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 });
    expect(stderr).toContain('no command is given');
  });

  test('is a usage error for a program that wants JSON', async () => {
    const { exitCode, stdout } = await runCli(homeWithAlice(), ['--json'], onTerminal);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'usage', message: 'no command is given' } });
  });

  test('does not excuse a command that does not exist', async () => {
    const { exitCode, stderr } = await runCli(homeWithAlice(), ['lst'], onTerminal);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("unknown command 'lst'");
  });
});
