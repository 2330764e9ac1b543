import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sweepLeftovers } from '../../../src/core/storage/leftovers.js';
import { scopeFiles } from '../../../src/core/storage/paths.js';
import { testRoot } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';

const dead = `${2 ** 22 + 1}-0-0a1b2c3d4e5f.tmp`;

function leave(directory: string, file: string): string {
  fs.mkdirSync(directory, { recursive: true });
  const path = join(directory, `.${file}.${dead}`);
  fs.writeFileSync(path, 'rt-canary');
  return path;
}

it('removes what killed processes left wherever files are replaced, also behind links', () => {
  const root = testRoot();
  const { paths } = root;
  const [codexHome, vault] = [temporaryDirectory(), temporaryDirectory()];
  const authFile = join(codexHome, 'auth.json');
  const left = [
    leave(paths.root, 'account-state.json'),
    leave(paths.kept, 'auth-1.json'),
    leave(join(paths.projects, 'a'), 'openai-codex-accounts.json'),
    leave(vault, 'real-auth.json'),
    leave(vault, 'real-pool.json'),
  ];
  fs.symlinkSync(join(vault, 'real-auth.json'), authFile);
  fs.symlinkSync(join(vault, 'real-pool.json'), scopeFiles(paths, 'a').pool);
  const foreign = [leave(vault, 'diary.txt'), leave(codexHome, 'config.toml')];

  expect(sweepLeftovers(root, authFile)).toBe(left.length);
  expect(left.filter((path) => fs.existsSync(path))).toEqual([]);
  expect(foreign.filter((path) => fs.existsSync(path))).toEqual(foreign);
});

it('makes nothing where there is nothing', () => {
  const root = testRoot();
  expect(sweepLeftovers(root, join(root.paths.root, '..', 'codex', 'auth.json'))).toBe(0);
  expect(fs.readdirSync(join(root.paths.root, '..'))).toEqual([]);
});
