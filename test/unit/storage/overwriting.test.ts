import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { placeOfFile, preparePlace } from '../../../src/core/storage/file-place.js';
import { systemProcesses } from '../../../src/core/storage/process-table.js';
import { overwriteNow } from '../../../src/core/storage/regular-file.js';
import type { Root } from '../../../src/core/storage/root.js';
import { temporaryDirectory } from '../../support/temporary.js';

const root: Pick<Root, 'processes' | 'effectiveUserId'> = { processes: systemProcesses };

function fileOf(content: string): string {
  const path = join(temporaryDirectory(), 'auth.json');
  fs.writeFileSync(path, content);
  return path;
}

describe('overwriting a file', () => {
  it.each([
    ['longer', '{"a":1}', '{"a":1,"b":"and more"}'],
    ['shorter', '{"a":1,"b":"and more"}', '{"a":1}'],
    ['of the same length', '{"a":1}', '{"b":2}'],
  ])('leaves the new content, %s, in the same file', (_how, before, after) => {
    const path = fileOf(before);
    const { ino } = fs.statSync(path);
    overwriteNow(path, Buffer.from(after));
    expect([fs.readFileSync(path, 'utf8'), fs.statSync(path).ino]).toEqual([after, ino]);
  });

  it('never goes through a link, and touches nothing that is no file', () => {
    const path = fileOf('{}');
    const link = `${path}.link`;
    fs.symlinkSync(path, link);
    expect(() => overwriteNow(link, Buffer.from('{"a":1}'))).toThrow();
    expect(() => overwriteNow(temporaryDirectory(), Buffer.from('x'))).toThrow();
    expect(fs.readFileSync(path, 'utf8')).toBe('{}');
  });
});

describe('the place of a file', () => {
  it('is replaceable where a file can be made beside it, also through a link and before there is one', () => {
    const path = fileOf('{}');
    fs.symlinkSync(path, `${path}.link`);
    for (const each of [path, `${path}.link`, `${path}.missing`]) {
      expect(placeOfFile(root, each)).toEqual({ kind: 'replaceable' });
    }
  });

  it('leaves nothing behind when it was only looked for', () => {
    const path = fileOf('{}');
    const place = preparePlace(root, path, '{"a":1}');
    if (place.kind === 'replaceable') place.prepared.discard();
    expect([place.kind, fs.readdirSync(join(path, '..')), fs.readFileSync(path, 'utf8')]).toEqual([
      'replaceable',
      ['auth.json'],
      '{}',
    ]);
  });

  it('is the file itself where that has another name, unless the names are to part', () => {
    const path = fileOf('{}');
    fs.linkSync(path, `${path}.copy`);
    expect(placeOfFile(root, path)).toEqual({ kind: 'in-place', obstacle: 'hard-link' });
    expect(placeOfFile(root, path, { endsHardLink: true })).toEqual({ kind: 'replaceable' });
  });

  it('is the file itself in a directory where only owners replace theirs', () => {
    const path = fileOf('{}');
    fs.chmodSync(join(path, '..'), 0o1777);
    const owner = fs.statSync(path).uid;
    expect(placeOfFile({ effectiveUserId: owner + 1 }, path)).toMatchObject({ obstacle: 'closed-directory' });
    expect(placeOfFile({ effectiveUserId: owner }, path)).toEqual({ kind: 'replaceable' });
  });

  it('is closed where something else than a file stands', () => {
    const path = temporaryDirectory();
    expect(placeOfFile(root, path)).toMatchObject({ kind: 'closed', problem: { code: 'storage-write-failed' } });
  });
});
