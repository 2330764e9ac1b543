import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { doctorCommand } from '../../src/cli/commands/doctor.js';
import { guardCommand } from '../../src/cli/commands/guard.js';
import { systemClock } from '../../src/core/clock.js';
import { withLock } from '../../src/core/storage/file-lock.js';
import { rootPaths } from '../../src/core/storage/paths.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import { type CliOptions, createTestHome, runCli, type TestHome } from '../support/cli.js';
import { fakeManager } from '../support/fake-manager.js';
import { dataOf, said } from '../support/seed.js';
import { virtualClock } from '../support/virtual-clock.js';

const install = ['guard', '--install', '--yes'];
const uninstall = ['guard', '--uninstall', '--yes'];

/** Every file below the person's directory, by its content. */
function personFiles({ directory }: TestHome): Record<string, string> {
  const person = join(directory, 'person');
  const entries = readdirSync(person, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isFile() ? readFileSync(path, 'utf8') : ''];
    }),
  );
}

const fileIn = (home: TestHome) => Object.keys(personFiles(home)).find((path) => /codex-auth.guard/.test(path)) ?? '';

describe.each([
  [
    'systemctl',
    ['--user daemon-reload', '--user enable UNIT', '--user restart UNIT'],
    ['--user disable --now UNIT', '--user daemon-reload'],
  ],
  ['launchctl', ['bootout gui/UID/UNIT', 'bootstrap gui/UID FILE'], ['bootout gui/UID/UNIT']],
] as const)('a service by %s', (program, starts, stops) => {
  const shaped = (lines: readonly string[], file: string) => {
    const unit =
      file
        .split('/')
        .at(-1)
        ?.replace(/\.plist$/, '') ?? '';
    return lines.map((line) =>
      line
        .replaceAll(file, 'FILE')
        .replaceAll(unit, 'UNIT')
        .replace(/gui\/\d+/, 'gui/UID')
        .replace(`${program} `, ''),
    );
  };

  test('is written and started, the same again changes nothing, and it is taken away to the last directory', async () => {
    const home = createTestHome();
    const before = personFiles(home);
    const manager = fakeManager(home, program);
    const result = await manager.run(install);
    expect([result.exitCode, result.stderr]).toEqual([0, '']);
    const file = fileIn(home);
    expect(result.stdout).toContain(`Wrote ${file}`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(shaped(manager.commands(), file)).toEqual(starts);
    const once = personFiles(home);
    expect((await manager.run(install)).exitCode).toBe(0);
    expect(personFiles(home)).toEqual(once);
    manager.commands();
    expect(said(await manager.run(['guard', '--status']))).toContain(`Installed: ${file}`);
    manager.commands();
    const removed = await manager.run(uninstall);
    expect(removed.stdout).toBe(`✓ Removed ${file}\n`);
    expect(shaped(manager.commands(), file)).toEqual(stops);
    expect(personFiles(home)).toEqual(before);
    expect((await manager.run(uninstall)).stdout).toBe('✓ No service is installed\n');
  });

  test('that cannot be started is not there', async () => {
    const home = createTestHome();
    const before = personFiles(home);
    const manager = fakeManager(home, program);
    manager.fails(program === 'systemctl' ? 'enable' : 'bootstrap');
    const result = await manager.run(install);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('no such bus');
    expect(personFiles(home)).toEqual(before);
  });

  test('that somebody has changed by hand is kept, by another installation and by taking it away', async () => {
    const home = createTestHome();
    const manager = fakeManager(home, program);
    await manager.run(install);
    const file = fileIn(home);
    const written = readFileSync(file, 'utf8');
    const changed = written.replace('30', '45');
    writeFileSync(file, changed);
    expect((await manager.run(['guard', '--status'])).stdout).toContain('it was changed by hand');
    for (const argv of [install, uninstall]) {
      writeFileSync(file, changed);
      const { kept } = dataOf(guardCommand, await manager.run([...argv, '--json'])) as { kept: string };
      expect(readFileSync(kept, 'utf8')).toBe(changed);
      expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(argv === install ? written : undefined);
    }
  });

  test('is not made over a file of somebody else, nor is that taken away', async () => {
    const home = createTestHome();
    const manager = fakeManager(home, program);
    await manager.run(install);
    const file = fileIn(home);
    writeFileSync(file, 'mine');
    manager.commands();
    for (const argv of [install, uninstall]) {
      const result = await manager.run(argv);
      expect([result.exitCode, result.stderr]).toEqual([6, expect.stringContaining('was not made by this program')]);
    }
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(manager.commands()).toEqual([]);
  });

  test('whose program is gone says so', async () => {
    const home = createTestHome();
    const manager = fakeManager(home, program);
    const script = join(home.directory, 'codex-auth.js');
    writeFileSync(script, '');
    await manager.run(install, { script });
    renameSync(script, `${script}.old`);
    const result = await manager.run(['guard', '--status'], { script });
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toContain(`Its program is gone: ${script}; codex-auth guard --install`);
    expect((await manager.run(['guard', '--status'])).stdout).toContain(`Its program is gone: ${script}`);
  });
});

describe('guard --install', () => {
  test('shows the whole file and every command first, and does nothing with --dry-run or without an answer', async () => {
    const home = createTestHome();
    const before = personFiles(home);
    const manager = fakeManager(home, 'systemctl');
    const shown = await manager.run(['guard', '--install', '--dry-run']);
    expect(shown.stdout).toContain('ExecStart="');
    expect(shown.stdout).toContain('run systemctl --user daemon-reload');
    const unanswered = await manager.run(['guard', '--install']);
    expect([unanswered.exitCode, unanswered.stderr]).toEqual([2, expect.stringContaining('add --yes')]);
    expect(personFiles(home)).toEqual(before);
    expect(manager.commands()).toEqual([]);
    expect(existsSync(home.root)).toBe(false);
  });

  test('is refused to root, and where no service manager is known', async () => {
    const home = createTestHome();
    const asRoot = await runCli(home, install, { effectiveUserId: 0 });
    expect([asRoot.exitCode, asRoot.stderr]).toEqual([1, expect.stringContaining('run it as yourself, without sudo')]);
    const elsewhere = await fakeManager(home, 'systemctl').run(install, { platform: 'freebsd' });
    expect([elsewhere.exitCode, elsewhere.stderr]).toEqual([1, expect.stringContaining('no service manager is known')]);
  });

  test('takes along what the program reads of the environment, and nothing of this moment', async () => {
    const home = createTestHome();
    const manager = fakeManager(home, 'systemctl');
    const variables = { https_proxy: 'http://me:50%"x@proxy', CODEX_AUTH_ACCOUNT: 'work', OTHER: 'secret' };
    await manager.run(install, { variables });
    const text = readFileSync(fileIn(home), 'utf8');
    expect(text).toContain(`Environment="CODEX_HOME=${home.codexHome}"`);
    expect(text).toContain('Environment="https_proxy=http://me:50%%\\"x@proxy"');
    expect(text).not.toMatch(/CODEX_AUTH_ACCOUNT|OTHER/);
  });

  test('keeps directories that others have made, and what is in them', async () => {
    const home = createTestHome();
    const manager = fakeManager(home, 'systemctl');
    const theirs = join(home.directory, 'person', '.config', 'systemd', 'user', 'their.service');
    mkdirSync(dirname(theirs), { recursive: true });
    writeFileSync(theirs, 'theirs');
    const before = personFiles(home);
    await manager.run(install);
    await manager.run(uninstall);
    expect(personFiles(home)).toEqual(before);
  });

  test('gives two roots a service each', async () => {
    const home = createTestHome();
    const manager = fakeManager(home, 'systemctl');
    await manager.run(install);
    await manager.run(install, { variables: { CODEX_MULTI_AUTH_DIR: join(home.directory, 'second') } });
    const services = Object.keys(personFiles(home)).filter((path) => path.endsWith('.service'));
    expect(services).toHaveLength(2);
    await manager.run(uninstall);
    expect(Object.keys(personFiles(home)).filter((path) => path.endsWith('.service'))).toHaveLength(1);
  });

  test('excludes the other things that guard does', async () => {
    const result = await runCli(createTestHome(), ['guard', '--install', '--once']);
    expect([result.exitCode, result.stderr]).toEqual([2, expect.stringContaining('exclude each other')]);
  });
});

test('a service of a root that has moved is named, and taken away from where the root is now', async () => {
  const home = createTestHome();
  const manager = fakeManager(home, 'systemctl');
  await manager.run(install);
  const file = fileIn(home);
  const moved = join(home.directory, 'moved');
  renameSync(home.root, moved);
  const variables = { CODEX_MULTI_AUTH_DIR: moved };
  const status = await manager.run(['guard', '--status'], { variables });
  expect([status.exitCode, status.stdout]).toEqual([
    1,
    expect.stringContaining(`${file} is for ${home.root}, which is gone`),
  ]);
  const started = await manager.run(['guard', '--service']);
  expect([started.exitCode, started.stderr]).toEqual([6, expect.stringContaining('is not there')]);
  expect(existsSync(home.root)).toBe(false);
  expect((await manager.run(uninstall, { variables })).stdout).toBe(`✓ Removed ${file}\n`);
});

describe('the row of doctor', () => {
  const rowOf = async (home: TestHome, options?: CliOptions) => {
    const { checks } = dataOf(doctorCommand, await runCli(home, ['doctor', '--offline', '--json'], options));
    return checks.find(({ id }) => id === 'guard');
  };

  test('says what guards, and that nothing does where something should', async () => {
    const home = createTestHome();
    const manager = fakeManager(home, 'systemctl');
    const script = join(home.directory, 'codex-auth.js');
    writeFileSync(script, '');
    expect(await rowOf(home, manager.options())).toMatchObject({ status: 'ok', message: 'not in use' });
    await manager.run(install, { script });
    expect(await rowOf(home, manager.options())).toMatchObject({
      status: 'warn',
      message: expect.stringContaining(fileIn(home)),
      commands: ['codex-auth guard --status'],
    });
    renameSync(script, `${script}.old`);
    expect(await rowOf(home, manager.options())).toMatchObject({
      status: 'warn',
      message: expect.stringContaining(`gone: ${script}`),
      commands: ['codex-auth guard --install'],
    });
    const locks = { directory: rootPaths(home.root).locks, clock: systemClock, processes: systemProcesses };
    await withLock('guard', { ...locks, waitMs: 0 }, async () => {
      expect(await rowOf(home, manager.options())).toMatchObject({
        status: 'ok',
        message: `runs as pid ${process.pid}`,
      });
    });
  });

  test('leaves a file of somebody else to them', async () => {
    const home = createTestHome();
    const manager = fakeManager(home, 'systemctl');
    await manager.run(install);
    writeFileSync(fileIn(home), 'mine');
    expect(await rowOf(home, manager.options())).toMatchObject({ status: 'ok', message: 'not in use' });
  });
});

test('a scheduled task is made from a file in the root, and deleted with it', async () => {
  const home = createTestHome();
  const manager = fakeManager(home, 'schtasks');
  expect((await manager.run(install)).exitCode).toBe(0);
  const file = join(home.root, 'guard-task.xml');
  const [create = '', start = ''] = manager.commands();
  expect(create).toMatch(/^schtasks \/Create \/TN codex-auth guard [0-9a-f]{12} \/XML \S+guard-task\.xml \/F$/);
  expect(start).toContain('schtasks /Run /TN codex-auth guard');
  expect(existsSync(file)).toBe(true);
  await manager.run(uninstall);
  expect(manager.commands().map((line) => line.split(' ')[1])).toEqual(['/End', '/Delete']);
  expect(existsSync(file)).toBe(false);
});

describe('guard --service', () => {
  test('keeps what it tells in a bounded log, and ends when its program was updated', async () => {
    const home = createTestHome();
    const manager = fakeManager(home, 'systemctl');
    mkdirSync(home.root);
    const script = join(home.directory, 'codex-auth.js');
    writeFileSync(script, 'old');
    let updated = false;
    const clock = virtualClock({
      start: Date.now(),
      lengthMs: 86_400_000,
      onSleep(since) {
        if (updated || since < 3_600_000) return;
        updated = true;
        writeFileSync(`${script}.new`, 'new');
        renameSync(`${script}.new`, script);
      },
    });
    const result = await manager.run(['guard', '--service'], { clock, signal: clock.signal, script });
    expect(result.exitCode).toBe(1);
    expect(clock.monotonicMs()).toBeLessThan(2 * 3_600_000);
    const logs = await manager.run(['guard', '--logs']);
    expect(logs.stdout).toContain('codex-auth has been updated: the guard starts anew');
    appendFileSync(join(home.root, 'guard.log'), 'x\n'.repeat(600_000));
    await manager.run(['guard', '--service'], { clock, signal: AbortSignal.abort(), script });
    expect((await manager.run(['guard', '--logs'])).stdout.split('\n')).toHaveLength(201);
  });

  test('is what uninstall asks to be taken away first', async () => {
    const home = createTestHome();
    const manager = fakeManager(home, 'systemctl');
    await manager.run(install);
    const result = await manager.run(['uninstall', '--yes']);
    expect([result.exitCode, result.stderr]).toEqual([1, expect.stringContaining('codex-auth guard --uninstall')]);
  });
});
