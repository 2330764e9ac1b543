import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/core/errors.js';
import { isDanglingLink } from '../../../src/core/pools/scope-files.js';
import {
  isSameVersion,
  makeDirectory,
  makePrivateDirectory,
  readDirectory,
  readVersion,
  replaceFile,
  resolveTarget,
} from '../../../src/core/storage/atomic-file.js';
import { systemProcesses } from '../../../src/core/storage/process-table.js';
import { modeOf } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';

function replace(path: string, content: string | Uint8Array, guard?: () => void): void {
  replaceFile(guard === undefined ? { path, content } : { path, content, guard }, systemProcesses);
}

const codeOf = (action: () => unknown) => {
  try {
    action();
    return 'no error';
  } catch (error) {
    return error instanceof AppError ? error.code : error;
  }
};

describe('reading', () => {
  it('tells an absent file from one that cannot be read', () => {
    const directory = temporaryDirectory();
    expect(readVersion(join(directory, 'none'))).toEqual({ kind: 'absent' });
    expect(codeOf(() => readVersion(directory))).toBe('storage-unreadable');
    fs.writeFileSync(join(directory, 'file'), '');
    expect(codeOf(() => readVersion(join(directory, 'file', 'below')))).toBe('storage-unreadable');
    expect(codeOf(() => readDirectory(join(directory, 'file')))).toBe('storage-unreadable');
    expect(readDirectory(join(directory, 'none'))).toEqual([]);
  });

  it('tells versions apart that look alike as text', () => {
    const path = join(temporaryDirectory(), 'file');
    fs.writeFileSync(path, Buffer.from([0x22, 0xff, 0x22]));
    const before = readVersion(path);
    fs.writeFileSync(path, Buffer.from([0x22, 0xfe, 0x22]));
    const after = readVersion(path);
    expect(before.kind === 'present' && after.kind === 'present' && before.content === after.content).toBe(true);
    expect(isSameVersion(before, after)).toBe(false);
  });
});

describe('replacing', () => {
  it('leaves one file with the new content, for its owner only, whatever its mode was', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'file');
    fs.writeFileSync(path, 'old', { mode: 0o644 });
    replace(path, 'new');
    expect(fs.readFileSync(path, 'utf8')).toBe('new');
    expect(modeOf(path)).toBe(0o600);
    expect(fs.readdirSync(directory)).toEqual(['file']);
  });

  it('keeps bytes that are no text', () => {
    const path = join(temporaryDirectory(), 'file');
    replace(path, Buffer.from([0, 0xff, 0x80]));
    expect([...fs.readFileSync(path)]).toEqual([0, 0xff, 0x80]);
  });

  it('breaks a hard link, so that the other name keeps the old content', () => {
    const directory = temporaryDirectory();
    const [path, other] = [join(directory, 'file'), join(directory, 'other')];
    fs.writeFileSync(path, 'old');
    fs.linkSync(path, other);
    replace(path, 'new');
    expect(fs.statSync(path).nlink).toBe(1);
    expect(fs.readFileSync(other, 'utf8')).toBe('old');
  });

  it.each([
    ['relative', 'real/file'],
    ['absolute', ''],
  ])('keeps a %s link and replaces its target', (_kind, relative) => {
    const directory = temporaryDirectory();
    const target = join(directory, 'real/file');
    fs.mkdirSync(join(directory, 'real'));
    fs.writeFileSync(target, 'old');
    fs.symlinkSync(relative || target, join(directory, 'link'));
    replace(join(directory, 'link'), 'new');
    expect(fs.lstatSync(join(directory, 'link')).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(target, 'utf8')).toBe('new');
    expect(fs.readdirSync(directory).sort()).toEqual(['link', 'real']);
  });

  it('creates the file that a chain of links names, seen from where each link really is', () => {
    const directory = temporaryDirectory();
    fs.mkdirSync(join(directory, 'real/deep'), { recursive: true });
    fs.symlinkSync('real/deep', join(directory, 'short'));
    fs.symlinkSync('../missing', join(directory, 'real/deep/second'));
    fs.symlinkSync('short/second', join(directory, 'first'));
    const first = join(directory, 'first');
    expect(isDanglingLink(first)).toBe(true);
    expect(resolveTarget(first)).toBe(join(directory, 'real/missing'));
    replace(first, 'new');
    expect(fs.readFileSync(join(directory, 'real/missing'), 'utf8')).toBe('new');
    expect(fs.lstatSync(join(directory, 'real/deep/second')).isSymbolicLink()).toBe(true);
    expect(isDanglingLink(first)).toBe(false);
  });

  it('does not create the place that a link leads to, which may be a disk that is not mounted', () => {
    const directory = temporaryDirectory();
    fs.symlinkSync(join(directory, 'disk/file'), join(directory, 'link'));
    expect(() => replace(join(directory, 'link'), 'new')).toThrow(
      expect.objectContaining({ code: 'storage-write-failed', hint: expect.stringContaining('leads to') }),
    );
    expect(fs.readdirSync(directory)).toEqual(['link']);
  });

  it('refuses links that go round in a circle', () => {
    const directory = temporaryDirectory();
    fs.symlinkSync('b', join(directory, 'a'));
    fs.symlinkSync('a', join(directory, 'b'));
    expect(() => replace(join(directory, 'a'), 'new')).toThrow(
      expect.objectContaining({ code: 'storage-write-failed', hint: expect.stringMatching(/^move .* away/) }),
    );
  });

  it('changes nothing and leaves nothing behind when the guard objects', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'file');
    fs.writeFileSync(path, 'old');
    const objection = new AppError('storage-conflict', 'no');
    expect(() =>
      replace(path, 'new', () => {
        throw objection;
      }),
    ).toThrow(objection);
    expect(fs.readFileSync(path, 'utf8')).toBe('old');
    expect(fs.readdirSync(directory)).toEqual(['file']);
  });

  it('asks the guard when the new content is complete', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'file');
    let seen: string[] = [];
    replace(path, 'new', () => {
      seen = fs.readdirSync(directory).map((name) => fs.readFileSync(join(directory, name), 'utf8'));
    });
    expect(seen).toEqual(['new']);
  });

  it('names the file when its directory is none, and does not fail while cleaning up', () => {
    const directory = temporaryDirectory();
    fs.writeFileSync(join(directory, 'file'), '');
    expect(codeOf(() => replace(join(directory, 'file/below'), 'new'))).toBe('storage-write-failed');
    expect(codeOf(() => replace(join(directory, 'file/below/deeper'), 'new'))).toBe('storage-write-failed');
  });

  it('cannot replace a directory, and leaves no temp file there', () => {
    const directory = temporaryDirectory();
    fs.mkdirSync(join(directory, 'sub'));
    expect(codeOf(() => replace(join(directory, 'sub'), 'new'))).toBe('storage-write-failed');
    expect(fs.readdirSync(directory)).toEqual(['sub']);
  });
});

describe('directories', () => {
  it('closes one of ours that others could enter, and only then', () => {
    const path = join(temporaryDirectory(), 'ours');
    fs.mkdirSync(path);
    fs.chmodSync(path, 0o755);
    makeDirectory(path);
    expect(modeOf(path)).toBe(0o755);
    makePrivateDirectory(path);
    expect(modeOf(path)).toBe(0o700);
  });

  it('says so when something else has the name', () => {
    const path = join(temporaryDirectory(), 'file');
    fs.writeFileSync(path, '');
    expect(codeOf(() => makePrivateDirectory(path))).toBe('storage-write-failed');
  });
});
