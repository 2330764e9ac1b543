import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTestHome, runCli, runJson } from '../support/cli.js';
import { alice, noon, writePool } from '../support/sample-pool.js';
import { clockAt } from '../support/stored-accounts.js';

const atNoon = { clock: clockAt(noon) };

test('--out makes no directories for a name that is spelled wrong', async () => {
  const home = createTestHome();
  const { exitCode, stderr } = await runCli(home, ['list', '--out', 'no/x.csv']);
  expect(exitCode).toBe(2);
  expect(stderr).toBe(`error: --out no/x.csv: there is no directory ${home.cwd}/no\n  → mkdir -p '${home.cwd}/no'\n`);
  expect(existsSync(join(home.cwd, 'no'))).toBe(false);
});

test.skipIf(process.platform === 'win32')('--out writes into a pipe or a device and leaves it one', async () => {
  const home = createTestHome();
  writePool(home, [alice]);
  await runCli(home, ['list', '--csv', '--out', 'plain.csv'], atNoon);
  const pipe = join(home.cwd, 'pipe');
  execFileSync('mkfifo', [pipe]);
  execFileSync('sh', ['-c', 'cat pipe > read.csv &'], { cwd: home.cwd, stdio: 'ignore' });
  const { exitCode, stderr } = await runCli(home, ['list', '--csv', '--out', 'pipe'], atNoon);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(lstatSync(pipe).isFIFO()).toBe(true);
  const written = readFileSync(join(home.cwd, 'plain.csv'), 'utf8');
  expect(written).toContain('alice@example.com');
  await expect.poll(() => readFileSync(join(home.cwd, 'read.csv'), 'utf8')).toBe(written);
});

test.each([['list'], ['usage'], ['forecast']])('%s is never CSV where a JSON document is expected', async (command) => {
  const { document, exitCode } = await runJson(createTestHome(), [command, '--csv']);
  expect(exitCode).toBe(2);
  expect(document).toMatchObject({
    schema: `codex-auth.${command}/1`,
    error: { code: 'usage', message: '--csv and --json exclude each other' },
  });
});
