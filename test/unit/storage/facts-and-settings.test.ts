import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  encodeState,
  readAccountState,
  readChangeableState,
  withKnowledge,
} from '../../../src/core/health/account-state.js';
import { readSettingsFile } from '../../../src/core/storage/settings-file.js';
import { temporaryDirectory } from '../../support/temporary.js';

function fileWith(content: string): string {
  const path = join(temporaryDirectory(), 'file.json');
  writeFileSync(path, content);
  return path;
}

describe('what is known about the accounts', () => {
  it.each([
    ['damaged', '{"accounts"'],
    ['no object', '[]'],
  ])('starts from nothing, and says so, when the file is %s', (_what, content) => {
    const path = fileWith(content);
    const { state, warning } = readAccountState(path);
    expect(state.accounts).toEqual({});
    expect(warning).toContain(path);
  });

  it('is nothing where there is no file, which is nothing to speak of', () => {
    const path = join(temporaryDirectory(), 'none.json');
    const { state, ...rest } = readChangeableState(path);
    expect(state.accounts).toEqual({});
    expect(rest).toEqual({ version: { kind: 'absent' } });
    expect(readAccountState(path)).toEqual({ state });
  });

  it('is left to a newer program, and says so', () => {
    expect(readAccountState(fileWith('{"version":2,"accounts":{"a":{}}}'))).toMatchObject({
      state: { accounts: {} },
      keepOut: 'newer-version',
      warning: expect.stringContaining('version 2'),
    });
  });

  it('keeps what it does not know', () => {
    const { state } = readAccountState(fileWith('{"version":1,"accounts":{"a":{"health":"odd"}},"theirs":[1]}'));
    expect(encodeState(withKnowledge(state, 'b', {}))).toMatchObject({ theirs: [1], accounts: { a: {}, b: {} } });
  });

  it('is passed over, and says so, where a directory stands in its place', () => {
    const path = join(temporaryDirectory(), 'file.json');
    mkdirSync(path);
    const expected = {
      state: { accounts: {} },
      keepOut: 'not-a-file',
      warning: `cannot read ${path}: it is a directory; health and quota are not kept`,
    };
    expect(readAccountState(path)).toMatchObject(expected);
    expect(readChangeableState(path)).toMatchObject({ ...expected, version: { kind: 'absent' } });
  });
});

describe('settings', () => {
  it('of an absent file are none', () => {
    expect(readSettingsFile(join(temporaryDirectory(), 'none.json'))).toEqual({ raw: {}, values: {} });
  });

  it('are read with everything around them', () => {
    const { raw, values } = readSettingsFile(fileWith('\uFEFF{"version":1,"pluginConfig":{"a":1},"theirs":2}'));
    expect(values).toEqual({ a: 1 });
    expect(raw).toMatchObject({ theirs: 2 });
  });

  it.each([
    ['', 'storage-corrupt'],
    ['[]', 'storage-corrupt'],
    ['{"pluginConfig":[]}', 'storage-corrupt'],
    ['{"version":2,"pluginConfig":{}}', 'storage-newer-version'],
  ])('%j is an error that names the file', (content, code) => {
    const path = fileWith(content);
    expect(() => readSettingsFile(path)).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining({ path }) }),
    );
  });
});
