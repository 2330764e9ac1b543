import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/core/errors.js';
import { readAllScopes, readScope } from '../../../src/core/pools/scope-files.js';
import { scopeFiles } from '../../../src/core/storage/paths.js';
import { testRoot, writeJson } from '../../support/stored-accounts.js';

const pool = { version: 3, accounts: [{ recordId: 'a', refreshToken: 'rt-canary' }] };

function outcomeError(action: () => unknown): AppError {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a scope', () => {
  it('without files is empty, and reading it makes none', () => {
    const { paths } = testRoot();
    expect(readAllScopes(paths)).toMatchObject([{ pool: { accounts: [] }, poolVersion: { kind: 'absent' } }]);
    expect(fs.existsSync(paths.root)).toBe(false);
  });

  it.each<[string, string | Buffer, string]>([
    ['empty', '', 'storage-corrupt'],
    ['blank', ' \n', 'storage-corrupt'],
    ['cut off', JSON.stringify(pool).slice(0, -9), 'storage-corrupt'],
    ['followed by rubbish', `${JSON.stringify(pool)}}`, 'storage-corrupt'],
    ['no pool', '{"accounts": {}}', 'storage-corrupt'],
    [
      'no UTF-8',
      Buffer.from([...Buffer.from('{"version":3,"accounts":[],"x":"'), 0xff, 0x22, 0x7d]),
      'storage-corrupt',
    ],
    ['newer', '{"version": 4, "accounts": []}', 'storage-newer-version'],
  ])('with a pool that is %s is an error that names the file and quotes nothing of it', (_what, content, code) => {
    const { paths } = testRoot();
    fs.mkdirSync(paths.root);
    fs.writeFileSync(paths.globalPool, content);
    const error = outcomeError(() => readScope(paths, undefined));
    expect(error.code).toBe(code);
    expect(error.message).toContain(paths.globalPool);
    expect(error.hint).not.toBe(undefined);
    expect(JSON.stringify([error.message, error.hint, error.details, error.cause])).not.toContain('canary');
  });

  it('says the same of its flagged file', () => {
    const { paths } = testRoot();
    fs.mkdirSync(paths.root);
    fs.writeFileSync(paths.globalFlagged, '{');
    expect(outcomeError(() => readScope(paths, undefined)).message).toContain(paths.globalFlagged);
  });

  it('reads a pool that an editor marked as UTF-8', () => {
    const { paths } = testRoot();
    fs.mkdirSync(paths.root);
    fs.writeFileSync(paths.globalPool, `\uFEFF${JSON.stringify(pool)}`);
    expect(readScope(paths, undefined).pool.accounts).toHaveLength(1);
  });

  it('whose pool is a link to nowhere is no empty pool', () => {
    const { paths } = testRoot();
    fs.mkdirSync(paths.root);
    fs.symlinkSync('../unmounted/pool.json', paths.globalPool);
    expect(outcomeError(() => readScope(paths, undefined)).code).toBe('storage-unreadable');
  });
});

describe('all scopes', () => {
  it('are the global one and every project that has files', () => {
    const { paths } = testRoot();
    writeJson(scopeFiles(paths, 'b').pool, pool);
    writeJson(scopeFiles(paths, 'a').flagged, { version: 1, accounts: [] });
    fs.mkdirSync(join(paths.projects, 'empty'));
    fs.writeFileSync(join(paths.projects, '.DS_Store'), '');
    expect(readAllScopes(paths).map(({ key }) => key)).toEqual([undefined, 'a', 'b']);
  });

  it('cannot be told while the projects cannot be listed', () => {
    const { paths } = testRoot();
    fs.mkdirSync(paths.root);
    fs.writeFileSync(paths.projects, '');
    expect(outcomeError(() => readAllScopes(paths)).code).toBe('storage-unreadable');
  });
});
