import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { armor, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { runWithAnswers } from '../support/answers.js';
import { createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { snapshotOf, writeSource } from '../support/login-files.js';
import { alice, bob, writePool } from '../support/sample-pool.js';
import { modeOf, readJson } from '../support/stored-accounts.js';

const everyone = [alice, bob];
const terminal = { terminal: { columns: 300 } };

function homeWith(): TestHome {
  const home = createTestHome();
  writePool(home, everyone);
  return home;
}

const tokensIn = (home: TestHome) =>
  (readJson(home.poolFile)['accounts'] as { refreshToken: string }[]).map(({ refreshToken }) => refreshToken).sort();

const expected = everyone.map(({ tokens }) => tokens.refreshToken?.reveal()).sort();

/** No file below a directory holds a token in clear. */
function expectSealed(directory: string): void {
  for (const content of Object.values(snapshotOf(directory))) expect(content).not.toMatch(/rt-|eyJ|example\.com/);
}

describe('sealed with a passphrase', () => {
  it('is asked for twice on a terminal, shown by nobody, and asked for once to open it', async () => {
    const home = homeWith();
    const typed = 'correct horse';
    const sealed = await runWithAnswers(
      home,
      ['export', '--encrypt', '--out', 'all.age'],
      [
        [/Passphrase/, `${typed}\r`],
        [/Once more/, `${typed}\r`],
        [/Write the tokens of 2 accounts/, 'y\r'],
      ],
      terminal,
    );
    expect(sealed.exitCode).toBe(0);
    expect(sealed.stdout + sealed.stderr).not.toContain(typed);
    expect(sealed.stderr).toContain('whoever can open this file has the logins');
    expectSealed(home.cwd);
    expect(modeOf(join(home.cwd, 'all.age'))).toBe(0o600);

    const other = createTestHome();
    const argv = ['import', join(home.cwd, 'all.age'), '--yes'];
    const opened = await runWithAnswers(other, argv, [[/Passphrase of the sealed file/, `${typed}\r`]], terminal);
    expect({ exitCode: opened.exitCode, stdout: opened.stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Imported: 2 new.'),
    });
    expect(tokensIn(other)).toEqual(expected);
  });

  it('seals nothing when the two differ, or where nobody can be asked', async () => {
    const home = homeWith();
    const differing = await runWithAnswers(
      home,
      ['export', '--encrypt'],
      [
        [/Passphrase/, 'one\r'],
        [/Once more/, 'other\r'],
      ],
      terminal,
    );
    expect(differing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('the two passphrases differ') });
    expect(await runCli(home, ['export', '--encrypt'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('add --passphrase-file or --recipient'),
    });
    expect(readdirSync(home.cwd)).toEqual([]);
  });

  it('comes from a file where nobody can be asked, and a wrong one opens nothing', async () => {
    const home = homeWith();
    writeSource(home, 'right', 'secret words\n');
    writeSource(home, 'wrong', 'other words\n');
    const { document } = await runJson(home, ['export', '--passphrase-file', 'right', '--out', 'a.age']);
    expect(document.data).toMatchObject({ sealed: true, files: [{ path: join(home.cwd, 'a.age'), accounts: 2 }] });
    const other = createTestHome();
    const open = (...argv: string[]) => runJson(other, ['import', join(home.cwd, 'a.age'), '--yes', ...argv]);
    expect((await open()).document.data.entries).toMatchObject([{ outcome: 'refused', reason: 'sealed' }]);
    const wrong = await open('--passphrase-file', join(home.cwd, 'wrong'));
    expect(wrong.exitCode).toBe(1);
    expect(wrong.document.data.entries).toMatchObject([{ outcome: 'refused', reason: 'not-opened' }]);
    expect(existsSync(other.poolFile)).toBe(false);
    expect((await open('--passphrase-file', join(home.cwd, 'right'))).document.data.counts).toMatchObject({ new: 2 });
    expect(tokensIn(other)).toEqual(expected);
  });
});

describe('sealed for a key', () => {
  it('opens with the key that age-keygen has written, armored as well', async () => {
    const home = homeWith();
    const identity = await generateX25519Identity();
    const recipient = await identityToRecipient(identity);
    writeSource(home, 'key.txt', `# created: today\n# public key: ${recipient}\n${identity}\n`);
    const argv = ['export', '--recipient', recipient, '--format', 'auth', '--out', 'a.age'];
    expect((await runCli(home, argv)).exitCode).toBe(0);
    writeFileSync(join(home.cwd, 'b.age'), armor.encode(readFileSync(join(home.cwd, 'a.age'))));
    for (const name of ['a.age', 'b.age']) {
      const other = createTestHome();
      const imported = ['import', join(home.cwd, name), '--identity', join(home.cwd, 'key.txt'), '--yes'];
      expect((await runJson(other, imported)).document.data.counts).toMatchObject({ new: 2, refused: 0 });
      expect(tokensIn(other)).toEqual(expected);
    }
  });

  it.each([
    ['with a byte order mark', (text: string) => `\uFEFF${text}`],
    ['with the line ends of Windows', (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n')}`],
    ['in UTF-16', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
  ])('opens armored %s', async (_, written) => {
    const home = homeWith();
    const identity = await generateX25519Identity();
    writeSource(home, 'key.txt', identity);
    const recipient = await identityToRecipient(identity);
    await runCli(home, ['export', '--recipient', recipient, '--format', 'auth', '--out', 'a.age']);
    writeSource(home, 'b.age', written(armor.encode(readFileSync(join(home.cwd, 'a.age')))));
    const imported = ['import', join(home.cwd, 'b.age'), '--identity', join(home.cwd, 'key.txt'), '--yes'];
    expect((await runJson(createTestHome(), imported)).document.data.counts).toMatchObject({ new: 2, refused: 0 });
  });

  it('is no private key, no other word, and no damaged file', async () => {
    const home = homeWith();
    const identity = await generateX25519Identity();
    for (const recipient of [identity, 'ssh-ed25519', 'age1short']) {
      const { exitCode, stdout, stderr } = await runCli(home, ['export', '--recipient', recipient, '--out', 'a.age']);
      expect(exitCode).toBe(2);
      expect(stdout + stderr).not.toContain(identity);
    }
    writeSource(home, 'key.txt', identity);
    writeSource(home, 'a.age', 'age-encryption.org/v1\n-> X25519 broken\n');
    const { document } = await runJson(home, ['import', 'a.age', '--identity', 'key.txt', '--yes']);
    expect(document.data.entries).toMatchObject([{ outcome: 'refused', reason: 'not-opened' }]);
  });
});
