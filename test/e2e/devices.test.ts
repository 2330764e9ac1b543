import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asNobody } from '../support/as-nobody.js';
import { runBuilt } from '../support/built.js';
import { createTestHome, type TestHome } from '../support/cli.js';
import { canHaveDevices, DeviceTree, untouchedDevices } from '../support/device-tree.js';
import { alice, bob, writeLogin, writePool } from '../support/sample-pool.js';

/** Alice, who is in use, and Bob, with a link to a device in the place of one file. */
function homeWithLink(place: string, device: string): { home: TestHome; link: string } {
  const home = createTestHome();
  writePool(home, [alice, bob]);
  writeLogin(home, alice);
  const link = join(home.directory, place);
  mkdirSync(dirname(link), { recursive: true });
  spawnSync('rm', ['-f', link]);
  symlinkSync(device, link);
  return { home, link };
}

const root = 'codex/multi-auth';
const pool = `${root}/openai-codex-accounts.json`;

/** A command, the place of the link, the exit code, and what is printed about the link where it is in the way. */
const cases: [command: string, place: string, exitCode: number, says: RegExp | undefined][] = [
  [
    'list',
    `${root}/account-state.json`,
    0,
    /^warning: cannot read .*: it is a device; health and quota are not kept$/m,
  ],
  ['switch 2 --enable', `${root}/account-state.json`, 0, /it is a device; health and quota are not kept/],
  ['doctor --fix --offline', `${root}/account-state.json`, 0, undefined],
  ['uninstall --accounts --yes', `${root}/account-state.json`, 0, undefined],
  [
    'switch 2 --enable',
    `${root}/lineage.ndjson`,
    0,
    /^warning: cannot write .*: it is a device; what happens to logins is not/m,
  ],
  ['doctor --fix --offline', `${root}/lineage.ndjson`, 1, undefined],
  ['list', pool, 6, /^error: cannot read .*: it is a device\n {2}→ move .* away/],
  ['label 1 x', pool, 6, /cannot read .*: it is a device/],
  ['doctor --fix --offline', pool, 1, undefined],
  ['label 1 x', `${pool}.bak`, 6, /^error: cannot write .*\.bak: it is a device\n {2}→ move .* away/],
  ['label 1 x', `${pool}.bak.1`, 6, /^error: cannot write .*\.bak\.1: it is a device/],
  ['uninstall --accounts --yes', `${pool}.bak`, 0, undefined],
  ['label 1 x', `${root}/openai-codex-flagged-accounts.json`, 6, /cannot read .*: it is a device/],
  ['config set perProjectAccounts false', `${root}/settings.json`, 6, /cannot read .*: it is a device/],
  ['list --config ../settings', 'settings', 6, /cannot read .*: it is a device/],
  ['label 1 x', `${root}/refresh-journal/1-0123456789ab.json`, 0, undefined],
  ['switch 2 --enable', 'codex/auth.json', 6, /cannot read .*: it is a device/],
  ['switch 2 --enable', 'codex/auth.lock', 6, /cannot write .*auth\.lock: it is a device/],
  ['switch 2 --enable', 'codex/config.toml', 0, undefined],
  ['status', 'codex/app-server-daemon/daemon.pid', 0, undefined],
  ['setup --yes', 'person/.bashrc', 6, /cannot write .*\.bashrc: it is not a regular file/],
  ['list --csv --out ../out', 'out', 0, undefined],
  ['export 1 --out ../tokens.json --force', 'tokens.json', 2, /is not a regular file/],
  ['import ../tokens.json --yes', 'tokens.json', 1, undefined],
  ['renew ../tokens.json', 'tokens.json', 1, undefined],
];

const variables = { SHELL: '/bin/bash' };

describe('as root, with a link to a device', () => {
  if (!canHaveDevices) it.skip('(needs root, and mounts of its own: unshare --mount)', () => undefined);

  it.runIf(canHaveDevices).each(cases)('%s leaves the device alone: %s', async (command, place, exitCode, says) => {
    const { home, link } = homeWithLink(place, '/dev/null');
    const tree = new DeviceTree(home.directory);
    const result = await runBuilt(home, command.split(' '), { prefix: tree.prefix, variables });
    expect(tree.left()).toEqual(untouchedDevices);
    expect(result).toMatchObject({ exitCode, signal: null, stderr: expect.not.stringContaining('unexpected') });
    if (says !== undefined) expect(result.stderr).toMatch(says);
    // The link is not replaced either: the person has put it there.
    if (!command.startsWith('uninstall')) expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it.runIf(canHaveDevices).each([
    ['list', `${root}/account-state.json`, 0],
    ['list', pool, 6],
    ['switch 2 --enable', `${root}/lineage.ndjson`, 0],
    ['status', 'codex/auth.json', 6],
    ['list', 'codex/config.toml', 0],
    ['list', `${root}/settings.json`, 6],
  ])('%s does not read without end: %s', async (command, place, exitCode) => {
    const { home } = homeWithLink(place, '/dev/zero');
    const tree = new DeviceTree(home.directory);
    // A limit far above the memory that the command needs, and far below what reading without end would take.
    const limited = [...tree.prefix, 'sh', '-c', 'ulimit -d 1000000; exec "$@"', 'sh'];
    const result = await runBuilt(home, command.split(' '), { prefix: limited, variables });
    expect(result).toMatchObject({ exitCode, signal: null, stderr: expect.not.stringContaining('unexpected') });
    expect(tree.left()).toEqual(untouchedDevices);
  });

  it.runIf(canHaveDevices)('that takes nothing, output says so', async () => {
    const { home } = homeWithLink('out', '/dev/full');
    const tree = new DeviceTree(home.directory);
    const result = await runBuilt(home, ['list', '--csv', '--out', '../out'], { prefix: tree.prefix });
    expect(result).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('no space left on the disk') });
    expect(tree.left()).toEqual(untouchedDevices);
  });
});

// The same commands as a user who may change no device. They print the same.
describe.skipIf(process.platform !== 'linux')('without root, with a link to a device', () => {
  const told = cases.filter(([command]) => !/^(uninstall|doctor|import|renew|status)/.test(command));

  it.each(told)('%s says the same: %s', async (command, place, exitCode, says) => {
    const { home, link } = homeWithLink(place, '/dev/null');
    const result = await runBuilt(home, command.split(' '), { ...asNobody(home), variables });
    expect(result).toMatchObject({ exitCode, signal: null, stderr: expect.not.stringContaining('unexpected') });
    if (says !== undefined) expect(result.stderr).toMatch(says);
    expect(lstatSync(link).isSymbolicLink() && existsSync(link)).toBe(true);
  });
});
