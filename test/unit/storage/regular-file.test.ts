import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readVersion, replaceFile, tightenMode } from '../../../src/core/storage/atomic-file.js';
import { systemProcesses } from '../../../src/core/storage/process-table.js';
import {
  appendNow,
  changeMode,
  NoRegularFile,
  openToLock,
  readHead,
  readNow,
} from '../../../src/core/storage/regular-file.js';
import { modeOf } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';

const onLinux = process.platform === 'linux';

function pipe(): string {
  const path = join(temporaryDirectory(), 'pipe');
  execFileSync('mkfifo', ['-m', '644', path]);
  return path;
}

async function socket(): Promise<string> {
  const path = join(temporaryDirectory(), 'socket');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return path;
}

function directory(): string {
  const path = join(temporaryDirectory(), 'directory');
  fs.mkdirSync(path, { mode: 0o755 });
  return path;
}

function linkTo(target: string): string {
  const path = join(temporaryDirectory(), 'link');
  fs.symlinkSync(target, path);
  return path;
}

/** What stands in the place of a file, and how it is called. */
const things: [name: string, make: () => string | Promise<string>][] = [
  ['a named pipe', pipe],
  ['a socket', socket],
  ['a directory', directory],
];

describe.skipIf(process.platform === 'win32')('what is no file', () => {
  it.each(things)('%s is not read, directly or through a link, nor added to', async (name, make) => {
    const thing = await make();
    for (const path of [thing, linkTo(thing)]) {
      expect(() => readNow(path)).toThrow(new RegExp(`^it is ${name}$`));
      expect(() => readHead(path, 10)).toThrow(NoRegularFile);
      expect(() => appendNow(path, 'more')).toThrow();
      expect(() => openToLock(path)).toThrow();
      expect(() => readVersion(path)).toThrow(`cannot read ${path}: it is ${name}`);
    }
  });

  it.each(things)('%s is not replaced, directly or through a link', async (name, make) => {
    const thing = await make();
    const before = fs.lstatSync(thing);
    for (const path of [thing, linkTo(thing)]) {
      expect(() => replaceFile({ path, content: 'new' }, systemProcesses)).toThrow(
        expect.objectContaining({
          code: 'storage-write-failed',
          message: `cannot write ${path}: it is ${name}`,
          hint: expect.stringMatching(/^move .* away/),
        }),
      );
    }
    expect(fs.lstatSync(thing)).toMatchObject({ ino: before.ino, mode: before.mode });
    expect(fs.readdirSync(join(thing, '..'))).toHaveLength(1);
  });

  it.each(things.filter(([name]) => name !== 'a directory'))('%s keeps its mode', async (_name, make) => {
    const thing = await make();
    const mode = modeOf(thing);
    for (const path of [thing, linkTo(thing)]) {
      tightenMode(path);
      expect(() => changeMode(path, 0o600)).toThrow(NoRegularFile);
    }
    expect(modeOf(thing)).toBe(mode);
  });

  it('is found as well where it appears only after the new content was made', () => {
    const path = join(temporaryDirectory(), 'file');
    const guard = () => void execFileSync('mkfifo', [path]);
    expect(() => replaceFile({ path, content: 'new', guard }, systemProcesses)).toThrow('it is a named pipe');
    expect(fs.lstatSync(path).isFIFO()).toBe(true);
  });
});

describe.skipIf(!onLinux)('a device', () => {
  // Only opened for reading: replacing one is tried in a device tree of a test's own, in `test/e2e/devices.test.ts`.
  it.each(['/dev/zero', '/dev/null', '/dev/full', '/dev/urandom'])('%s is not read', (device) => {
    for (const path of [device, linkTo(device)]) expect(() => readNow(path)).toThrow(/^it is a device$/);
  });
});

describe('a file', () => {
  it('is read whole up to the limit, and not beyond it, whatever its size says', () => {
    const path = join(temporaryDirectory(), 'file');
    fs.writeFileSync(path, 'x'.repeat(100_000));
    expect(readNow(path, 100_000)).toHaveLength(100_000);
    expect(() => readNow(path, 65_536)).toThrow(/^it is longer than 64 KiB$/);
    expect(readHead(path, 5).toString()).toBe('xxxxx');
    fs.truncateSync(path, 0);
    expect(readNow(path)).toHaveLength(0);
  });

  it.skipIf(!onLinux)('of the kernel is read although it has no size, and no further than allowed', () => {
    expect(readNow('/proc/self/stat').toString()).toContain(`${process.pid} (`);
    expect(() => readNow('/proc/self/maps', 4_096)).toThrow('it is longer than 4 KiB');
  });

  it('behind a link is read, added to and given a mode', () => {
    const file = join(temporaryDirectory(), 'file');
    fs.writeFileSync(file, 'a', { mode: 0o644 });
    const link = linkTo(file);
    appendNow(link, 'b');
    tightenMode(link);
    expect(readNow(link).toString()).toBe('ab');
    expect(modeOf(file)).toBe(0o600);
  });

  it('that a link leads to and that is missing is absent', () => {
    expect(readVersion(linkTo(join(temporaryDirectory(), 'none')))).toEqual({ kind: 'absent' });
  });
});
