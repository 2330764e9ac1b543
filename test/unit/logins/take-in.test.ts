import { existsSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { type CodexHome, codexHomeAt } from '../../../src/core/codex/home.js';
import { readRoster } from '../../../src/core/roster/roster.js';
import { takeIn } from '../../../src/core/session/take-in.js';
import type { Root } from '../../../src/core/storage/root.js';
import { authFileOf } from '../../support/auth-files.js';
import { readJson, testRoot, writeJson } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';

let root: Root;
let home: CodexHome;
beforeEach(() => {
  root = testRoot();
  home = codexHomeAt(temporaryDirectory());
  writeJson(home.authFile, authFileOf());
});

const look = () => readRoster(root, home, { kind: 'global' });
function found() {
  const [account] = look().accounts;
  if (account?.isUnstored !== true) throw new Error('nothing is unstored');
  return account;
}

describe('taking in', () => {
  it('stores the login under the id that it was shown with, and remembers its home', async () => {
    const { id } = found();
    expect(await takeIn(root, home, found(), undefined, {})).toMatchObject({ id });
    expect(look().accounts.map((account) => [account.id, account.isUnstored])).toEqual([[id, undefined]]);
    expect(readJson(root.paths.homes)).toMatchObject({ homes: [{ accountId: id }] });
  });

  it('happens once, whoever else wants it at the same moment', async () => {
    const account = found();
    const taken = await Promise.all([1, 2, 3].map(() => takeIn(root, home, account, undefined, {})));
    expect(taken.filter((each) => each !== undefined)).toHaveLength(1);
    expect(look().accounts).toHaveLength(1);
  });

  it('leaves alone what the client has got instead meanwhile', async () => {
    const account = found();
    writeJson(home.authFile, { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-test' });
    expect(await takeIn(root, home, account, undefined, {})).toBeUndefined();
    expect(existsSync(root.paths.globalPool)).toBe(false);
    expect(existsSync(root.paths.homes)).toBe(false);
  });
});
