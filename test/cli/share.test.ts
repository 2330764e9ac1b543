import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { runWithAnswers } from '../support/answers.js';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { type Postgres, startPostgres } from '../support/postgres/server.js';
import { startUnreliable } from '../support/postgres/unreliable.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { alice, bob } from '../support/refresh-home.js';
import { SharingMachine, sharingMachines } from '../support/sharing.js';

const found = findPostgres();
const why = 'missing' in found ? ` (skipped: ${found.missing})` : '';
const terminal = { terminal: { columns: 200 } };

describe.skipIf('missing' in found)(`one pool of several machines${why}`, () => {
  let provider: Provider;
  let postgres: Postgres;
  let laptop: SharingMachine;
  beforeAll(async () => {
    [provider, postgres] = await Promise.all([startProvider(), startPostgres()]);
  });
  beforeEach(async () => {
    laptop = new SharingMachine('laptop', provider);
    await laptop.seeded.addAccount('acc_alice', alice, { accountLabel: 'work' });
  });
  afterEach(() => provider.reset());
  afterAll(() => Promise.all([provider.stop(), postgres.stop()]));

  describe('share init', () => {
    test('shows the phrase and where the key is, and never the password of the address', async () => {
      const { url, owner } = await postgres.newDatabase();
      const { exitCode, stdout, stderr } = await laptop.run(['share', 'init', url, '--name', 'laptop']);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
      expect(stdout).toMatch(/Made a shared pool in 127\.0\.0\.1:\d+\/db_\w+; this machine is called laptop there/);
      expect(stdout.match(/\b\d+ [a-z]+/g)).toHaveLength(24);
      expect(stdout + stderr).not.toContain(owner.password);
      for (const file of ['share.json', 'share-key.json']) {
        expect(statSync(join(laptop.seeded.home.root, file)).mode & 0o777).toBe(0o600);
      }
    });

    test('takes the address from standard input, or asks for it without showing it', async () => {
      const { url } = await postgres.newDatabase();
      const made = await laptop.data(['share', 'init', '-', '--name', 'laptop'], { stdin: `${url}\n` });
      expect(made.machine).toEqual({ id: expect.any(String), name: 'laptop' });
      const desktop = new SharingMachine('desktop', provider);
      const other = await postgres.newDatabase();
      const asked = await runWithAnswers(
        desktop.seeded.home,
        ['share', 'init'],
        [[/Address of the database/, `${other.url}\r`]],
        terminal,
      );
      expect(asked).toMatchObject({ exitCode: 0 });
      expect(asked.stdout + asked.stderr).not.toContain(other.owner.password);
    });

    test('is refused where a pool is already, or this machine is in one', async () => {
      const database = await postgres.newDatabase();
      await laptop.init(database);
      expect(await laptop.error(['share', 'init', database.url])).toMatchObject({
        exitCode: 1,
        details: { reason: 'joined-already' },
      });
      const desktop = new SharingMachine('desktop', provider);
      const second = await desktop.error(['share', 'init', database.url]);
      expect(second).toMatchObject({
        exitCode: 1,
        details: { reason: 'already-there' },
        hint: expect.stringContaining('codex-auth share join'),
      });
    });

    test('that never learned of its success makes the same pool again', async () => {
      const database = await postgres.newDatabase();
      const phrase = await laptop.init(database);
      const { share } = laptop.seeded.root.paths;
      writeFileSync(share, '');
      const { unlinkSync } = await import('node:fs');
      unlinkSync(share);
      expect(await laptop.init(database)).toBe(phrase);
      expect(await laptop.data(['share', 'status'])).toMatchObject({ joined: true });
    });
  });

  describe('share join', () => {
    test('brings the access tokens, and says who keeps them', async () => {
      await laptop.seeded.addAccount('acc_bob', bob);
      const { desktop } = await sharingMachines(postgres, provider, laptop);
      expect(desktop.seeded.records()).toHaveLength(2);
      for (const record of desktop.seeded.records()) expect(record).not.toHaveProperty('refreshToken');
      const list = await desktop.run(['list']);
      expect(list.stdout).toMatch(/until .*, cannot be renewed here, laptop keeps it/);
      const { accounts } = await desktop.data(['list']);
      // The accounts come in the order of their rows, which are named after keyed hashes.
      expect(accounts).toContainEqual(
        expect.objectContaining({ email: alice.email, renewable: false, keptBy: 'laptop' }),
      );
      expect((await desktop.run(['status', 'alice'])).stdout).toContain('laptop keeps it');
      expect((await laptop.run(['list'])).stdout).not.toContain('cannot be renewed');
    });

    test('takes the phrase from a file, from standard input below the address, or asks for it', async () => {
      const database = await postgres.newDatabase();
      const phrase = await laptop.init(database);
      const [one, two, three] = ['one', 'two', 'three'].map((name) => new SharingMachine(name, provider));
      if (one === undefined || two === undefined || three === undefined) throw new Error('unreachable');
      const file = join(one.seeded.home.directory, 'phrase');
      writeFileSync(file, phrase.split(' ').join('\n'));
      await one.data(['share', 'join', database.url, '--key-file', file]);
      await two.data(['share', 'join', '-', '--key-file', '-'], { stdin: `${database.url}\n${phrase}\n` });
      const asked = await runWithAnswers(
        three.seeded.home,
        ['share', 'join', database.url],
        [[/Recovery phrase/, `${phrase}\r`]],
        terminal,
      );
      expect(asked).toMatchObject({ exitCode: 0 });
      expect(asked.stdout + asked.stderr).not.toContain(phrase);
      const { live } = await laptop.data(['share', 'status', '--live']);
      expect(live.machines).toHaveLength(4);
    });

    test('keeps the key again where a machine has lost it', async () => {
      const { desktop, phrase } = await sharingMachines(postgres, provider, laptop);
      const { unlinkSync } = await import('node:fs');
      unlinkSync(desktop.seeded.root.paths.shareKey);
      expect((await desktop.run(['share', 'status'])).stdout).toMatch(/Key +lost: codex-auth share join/);
      expect(await desktop.error(['sync'])).toMatchObject({
        exitCode: 1,
        code: 'shared-pool',
        hint: expect.stringContaining('codex-auth share join'),
      });
      expect(await desktop.data(['share', 'join', '--key-file', '-'], { stdin: phrase })).toMatchObject({
        joined: false,
      });
      await desktop.data(['sync']);
    });
  });

  test('share status says who keeps what, and with --live what the database says', async () => {
    expect((await laptop.run(['share', 'status'])).stdout).toContain('in no shared pool');
    const { desktop } = await sharingMachines(postgres, provider, laptop);
    expect(await desktop.data(['share', 'status'])).toMatchObject({
      joined: true,
      machine: { name: 'desktop' },
      keyPlace: 'file',
      logins: [{ account: { email: alice.email }, role: 'copy', keptBy: { name: 'laptop' } }],
    });
    const { stdout } = await desktop.run(['share', 'status', '--live']);
    expect(stdout).toMatch(/work .*laptop, seen (now|\d+s ago) +until .*, cannot be renewed here$/m);
    expect(stdout).toMatch(/Database +answers/);
    expect(stdout).toMatch(/desktop \(this one\) +0/);
    expect((await laptop.run(['share', 'status'])).stdout).toMatch(/work .* this machine/);
  });

  describe('share take', () => {
    test('asks the keeper, which hands over at its next exchange', async () => {
      const { desktop } = await sharingMachines(postgres, provider, laptop);
      const asked = await desktop.run(['share', 'take', 'work']);
      expect(asked).toMatchObject({
        exitCode: 1,
        stdout: expect.stringMatching(/laptop .*has been asked and hands it over when it exchanges next/),
      });
      expect((await laptop.run(['sync'])).stdout).toContain('was handed over');
      expect((await desktop.run(['sync'])).stdout).toContain('is kept here now');
      const [[ours], [theirs]] = [desktop.seeded.records(), laptop.seeded.records()];
      expect(provider.fateOf(ours?.refreshToken ?? '')).toBe('live');
      expect(theirs?.refreshToken).toBeUndefined();
      expect((await laptop.run(['list'])).stdout).toContain('desktop keeps it');
    });

    test('with --force says what can be lost and asks, and the old keeper finds that it was superseded', async () => {
      const { desktop } = await sharingMachines(postgres, provider, laptop);
      expect(await desktop.error(['share', 'take', 'work', '--force'])).toMatchObject({
        exitCode: 2,
        code: 'confirmation-needed',
        message: expect.stringContaining('laptop'),
      });
      const question = /Take over without it\?/;
      const refused = await runWithAnswers(
        desktop.seeded.home,
        ['share', 'take', 'work', '--force'],
        [[question, 'n\r']],
        terminal,
      );
      expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/laptop .*has not handed it over/) });
      expect(desktop.seeded.records()[0]).not.toHaveProperty('refreshToken');
      expect(await desktop.data(['share', 'take', 'work', '--force', '--yes'])).toMatchObject({
        logins: [{ outcome: 'forced', keeper: 'laptop' }],
      });
      expect(provider.fateOf(desktop.seeded.records()[0]?.refreshToken ?? '')).toBe('live');
      expect((await laptop.run(['sync'])).stdout).toMatch(/was taken over|superseded/);
      expect(laptop.seeded.records()[0]?.refreshToken).toBeUndefined();
      expect(laptop.seeded.kept()).not.toEqual([]);
    });
  });

  test('share add and share withdraw say what has become of each login, once', async () => {
    await laptop.seeded.addAccount('acc_bob', bob);
    await laptop.init(await postgres.newDatabase());
    const changed = async (...words: string[]) =>
      (await laptop.data(['share', ...words])).changed.map((each: { what: string; account: { id: string } }) => [
        each.account.id,
        each.what,
      ]);
    expect(await changed('add', 'acc_alice')).toEqual([['acc_alice', 'pushed']]);
    expect(await changed('add', '--all')).toEqual([['acc_bob', 'pushed']]);
    expect(await changed('add', '--all')).toEqual([]);
    expect(await changed('withdraw', 'acc_bob', '--yes')).toEqual([['acc_bob', 'withdrawn']]);
    expect(await changed('add', 'acc_bob')).toEqual([['acc_bob', 'pushed']]);
  });

  test('share withdraw asks, and leaves the login with its keeper', async () => {
    const { desktop } = await sharingMachines(postgres, provider, laptop);
    expect(await desktop.error(['share', 'withdraw', 'work', '--yes'])).toMatchObject({
      details: { reason: 'kept-elsewhere' },
      hint: expect.stringContaining('share take'),
    });
    expect(await laptop.error(['share', 'withdraw', 'work'])).toMatchObject({ code: 'confirmation-needed' });
    await laptop.data(['share', 'withdraw', 'work', '--yes']);
    expect((await laptop.data(['share', 'status'])).logins).toEqual([]);
    expect(provider.fateOf(laptop.seeded.records()[0]?.refreshToken ?? '')).toBe('live');
  });

  describe('share leave', () => {
    test('asks with what becomes of the logins, and forgets address and key', async () => {
      const { desktop } = await sharingMachines(postgres, provider, laptop);
      expect(await laptop.error(['share', 'leave'])).toMatchObject({
        code: 'confirmation-needed',
        message: expect.stringContaining('1 login kept here'),
      });
      expect(await laptop.data(['share', 'leave', '--yes'])).toMatchObject({ kept: 1, outcome: 'withdrawn' });
      const { share, shareKey } = laptop.seeded.root.paths;
      expect([existsSync(share), existsSync(shareKey)]).toEqual([false, false]);
      expect(provider.fateOf(laptop.seeded.records()[0]?.refreshToken ?? '')).toBe('live');
      await desktop.data(['sync']);
    });

    test('with --give lets another machine take what was kept here', async () => {
      const { desktop } = await sharingMachines(postgres, provider, laptop);
      await laptop.data(['share', 'leave', '--give', '--yes']);
      expect(laptop.seeded.records()[0]?.refreshToken).toBeUndefined();
      await desktop.data(['sync']);
      expect(await desktop.data(['share', 'take', 'work'])).toMatchObject({ logins: [{ outcome: 'here' }] });
      expect(provider.fateOf(desktop.seeded.records()[0]?.refreshToken ?? '')).toBe('live');
    });

    test('with --forget works without the database, and with a file that is damaged', async () => {
      const { desktop } = await sharingMachines(postgres, provider, laptop);
      writeFileSync(desktop.seeded.root.paths.share, '{"version": 1');
      expect(await desktop.error(['share', 'status'])).toMatchObject({ exitCode: 6, code: 'storage-corrupt' });
      await desktop.data(['share', 'leave', '--forget', '--yes']);
      expect(await desktop.data(['share', 'status'])).toEqual({ joined: false, logins: [] });
      expect(desktop.seeded.records()).toHaveLength(1);
    });
  });

  test('--cached asks the database as little as the provider', async () => {
    const unreliable = await startUnreliable(postgres.port);
    onTestFinished(() => unreliable.stop());
    const { url } = await postgres.newDatabase();
    await laptop.init({ url: unreliable.through(url) });
    const { clock } = laptop.seeded.home;
    const later = { clock: { ...clock, now: () => clock.now() + 600_000 } };
    // The last connection may still be sending its end.
    let before = 0;
    const newBytes = () => {
      const more = unreliable.seen().length - before;
      before += more;
      return more;
    };
    await expect.poll(newBytes, { interval: 100 }).toBe(0);
    for (const command of ['usage', 'forecast', 'best']) await laptop.run([command, '--cached'], later);
    expect(unreliable.seen().length).toBe(before);
    await laptop.run(['forecast'], later);
    expect(unreliable.seen().length).toBeGreaterThan(before);
  });

  test('uninstall --accounts says what becomes of a shared pool, and forgets its address and key', async () => {
    await sharingMachines(postgres, provider, laptop);
    const { stdout } = await laptop.run(['uninstall', '--accounts', '--yes', '--json']);
    expect(JSON.parse(stdout).warnings).toEqual([expect.stringContaining('codex-auth share leave --give')]);
    const { share, shareKey } = laptop.seeded.root.paths;
    expect([existsSync(share), existsSync(shareKey)]).toEqual([false, false]);
  });

  test('share phrase shows the phrase again, on a terminal after a question', async () => {
    const phrase = await laptop.init(await postgres.newDatabase());
    expect((await laptop.data(['share', 'phrase'])).recoveryPhrase).toBe(phrase);
    const question = /Show the recovery phrase .* on this terminal\?/;
    const refused = await runWithAnswers(laptop.seeded.home, ['share', 'phrase'], [[question, 'n\r']], terminal);
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout + refused.stderr).not.toContain(phrase.split(' ')[0]);
  });

  test('an exchange with nothing new says so, and sync is the same command', async () => {
    const { desktop } = await sharingMachines(postgres, provider, laptop);
    for (const argv of [['sync'], ['share', 'sync']]) {
      expect((await desktop.run(argv)).stdout).toContain('Nothing new');
    }
  });

  test('every file of the pool on this machine is without a password or a key in what list and doctor show', async () => {
    const { database } = await sharingMachines(postgres, provider, laptop);
    const key = JSON.parse(readFileSync(laptop.seeded.root.paths.shareKey, 'utf8')).key;
    for (const argv of [['list'], ['status'], ['share', 'status', '--live'], ['doctor', '--verbose']]) {
      const { stdout, stderr } = await laptop.run(argv);
      for (const secret of [database.owner.password, key]) expect(stdout + stderr).not.toContain(secret);
    }
  });
});
