import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Account } from '../../../src/core/accounts/account.js';
import { type FlockHelper, flockHelpers } from '../../../src/core/codex/credential-lock.js';
import { codexHomeAt } from '../../../src/core/codex/home.js';
import { logLineage } from '../../../src/core/lineage/lineage-log.js';
import { type Activation, activate, completeLogin } from '../../../src/core/logins/activate.js';
import { flagAccount } from '../../../src/core/logins/flagging.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import { Secret } from '../../../src/core/secret.js';
import { authFileOf } from '../../support/auth-files.js';
import { accountOf, modeOf, readJson, testRoot, writeJson } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { tokenFor } from '../../support/unsigned-tokens.js';

const alice = { userId: 'alice', accountId: 'home', email: 'alice@example.com', iat: 900, lastRefresh: 900_000 };
const bob = { userId: 'bob', accountId: 'studio', email: 'bob@example.com', iat: 900, lastRefresh: 900_000 };

/** A pool with Alice and Bob, and a home of the official client. */
function setUp(
  accounts: readonly Account[] = [
    accountOf('a', { ...alice, refresh: 'rt-a' }),
    accountOf('b', { ...bob, refresh: 'rt-b' }),
  ],
) {
  const root = testRoot();
  const home = codexHomeAt(temporaryDirectory());
  let isNew = true;
  const activated = (
    accountId: string,
    more: { replaces?: boolean; helpers?: typeof flockHelpers } = {},
  ): Promise<Activation> =>
    withStore(root, {}, (store) => {
      if (isNew) store.savePool(undefined, { ...store.scope(undefined).pool, accounts });
      isNew = false;
      return activate(store, home, {
        accountId,
        scopeKey: undefined,
        choosingScopeKey: undefined,
        replacesUnadoptable: more.replaces === true,
        flockHelpers: more.helpers ?? flockHelpers,
        runningClients: () => [],
      });
    });
  const pool = () => readJson(root.paths.globalPool);
  return { root, home, activated, pool };
}

/** strace can make the system answer as a network file system does. */
const hasStrace = spawnSync('strace', ['-V']).status === 0;

const refreshIn = (path: string) => (readJson(path)['tokens'] as Record<string, unknown>)['refresh_token'];

describe('making an account active', () => {
  it('writes its login, for its owner only, and remembers the choice', async () => {
    const { home, activated, pool } = setUp();
    expect(await activated('b')).toMatchObject({ kind: 'activated', changed: true, syncedBack: false });
    expect(refreshIn(home.authFile)).toBe('rt-b');
    expect(modeOf(home.authFile)).toBe(0o600);
    expect(pool()).toMatchObject({ activeId: 'b', activeIndex: 1 });
    expect(await activated('a')).toMatchObject({ kind: 'activated', previous: { id: 'b' } });
    expect(pool()).toMatchObject({ activeId: 'a', previousId: 'b' });
  });

  it('a second time changes nothing', async () => {
    const { home, activated, pool } = setUp();
    await activated('b');
    const before = [fs.statSync(home.authFile).ino, pool()];
    expect(await activated('b')).toMatchObject({ changed: false });
    expect([fs.statSync(home.authFile).ino, pool()]).toEqual(before);
  });

  it('closes a file that others could read, although the login is the same', async () => {
    const { home, activated } = setUp();
    await activated('b');
    fs.chmodSync(home.authFile, 0o644);
    expect(await activated('b')).toMatchObject({ changed: true });
    expect(modeOf(home.authFile)).toBe(0o600);
  });

  it('writes a file of two names where it is, so that neither keeps a login that will be spent', async () => {
    const { root, home, activated } = setUp();
    await activated('b');
    const other = `${home.authFile}.copy`;
    fs.linkSync(home.authFile, other);
    const before = fs.readFileSync(other, 'utf8');
    expect(await activated('a')).toMatchObject({ changed: true });
    expect([refreshIn(home.authFile), refreshIn(other)]).toEqual(['rt-a', 'rt-a']);
    const [kept = ''] = fs.readdirSync(root.paths.kept);
    expect(fs.readFileSync(join(root.paths.kept, kept), 'utf8')).toBe(before);
    expect(await activated('a')).toMatchObject({ changed: false });
  });

  it.each([
    ['relative', true, true],
    ['absolute', false, true],
    ['dangling', true, false],
  ])('keeps a %s link to the file', async (_kind, isRelative, exists) => {
    const { home, activated } = setUp();
    const target = join(home.directory, 'vault', 'auth.json');
    fs.mkdirSync(join(home.directory, 'vault'));
    if (exists) writeJson(target, authFileOf());
    fs.symlinkSync(isRelative ? 'vault/auth.json' : target, home.authFile);
    await activated('b');
    expect(fs.lstatSync(home.authFile).isSymbolicLink()).toBe(true);
    expect(refreshIn(target)).toBe('rt-b');
  });

  it('saves newer tokens of the account that was active, and adopts one it does not know', async () => {
    const { home, activated, pool } = setUp();
    writeJson(home.authFile, authFileOf());
    expect(await activated('b')).toMatchObject({ syncedBack: true, previous: { id: 'a' } });
    expect(pool()['accounts']).toMatchObject([{ recordId: 'a', refreshToken: 'rt-file' }, { recordId: 'b' }]);

    const carol = tokenFor({ userId: 'carol', accountId: 'own', email: 'carol@example.com', iat: 1 });
    const tokens = { id_token: carol, access_token: carol, account_id: 'own', refresh_token: 'rt-carol' };
    writeJson(home.authFile, authFileOf({ tokens }));
    expect(await activated('b')).toMatchObject({ adopted: { email: 'carol@example.com' } });
    expect(pool()['accounts']).toMatchObject([{}, {}, { refreshToken: 'rt-carol' }]);
  });

  it('hands out the newest tokens when the file has newer ones of that very account', async () => {
    const { home, activated } = setUp();
    writeJson(home.authFile, authFileOf({ top: { theirs: 1 } }));
    await activated('a');
    expect(refreshIn(home.authFile)).toBe('rt-file');
    expect(readJson(home.authFile)).toMatchObject({ OPENAI_API_KEY: 'sk-made-up', theirs: 1 });
  });

  it('keeps an older login of the account whole when nobody here has ever seen it', async () => {
    const { root, home, activated } = setUp([
      accountOf('a', { ...alice, iat: 1100, refresh: 'rt-a' }),
      accountOf('b', { ...bob, refresh: 'rt-b' }),
    ]);
    const unseen = writeJson(home.authFile, authFileOf());
    const done = await activated('b');
    expect(done).toMatchObject({ previous: { id: 'a' }, syncedBack: false });
    expect(fs.readFileSync(done.kind === 'activated' ? (done.keptFile ?? '') : '', 'utf8')).toBe(unseen);

    // A login that was ours, or whose token we have exchanged, was replaced on purpose: no copy is kept.
    for (const event of ['signed-in', 'handed-out', 'refreshed'] as const) {
      const token = new Secret(`rt-${event}`);
      logLineage(root, { event, accountId: 'a', ...(event === 'refreshed' ? { before: token } : { after: token }) });
      writeJson(home.authFile, authFileOf({ tokens: { refresh_token: token.reveal() } }));
      expect(await activated('b'), event).not.toHaveProperty('keptFile');
    }
  });

  it('leaves a login that another provider issued under the same ids until the person agrees, and keeps it', async () => {
    const issued = (issuer: string) => ({ issuer, iat: 900, lastRefresh: 900_000 });
    const { home, activated, pool } = setUp([
      accountOf('a', { ...alice, ...issued('https://one.example'), refresh: 'rt-a' }),
      accountOf('b', { ...bob, refresh: 'rt-b' }),
    ]);
    const foreign = tokenFor({ ...alice, issuer: 'https://two.example', iat: 5000 });
    const login = authFileOf({ tokens: { id_token: foreign, access_token: foreign, refresh_token: 'rt-foreign' } });
    const theirs = writeJson(home.authFile, login);
    for (const id of ['a', 'b']) {
      expect(await activated(id)).toEqual({ kind: 'needs-consent', reason: 'other-issuer' });
    }
    expect(fs.readFileSync(home.authFile, 'utf8')).toBe(theirs);

    const done = await activated('a', { replaces: true });
    expect(done).toMatchObject({ kind: 'activated', syncedBack: false });
    expect(done).not.toHaveProperty('previous');
    expect(fs.readFileSync(done.kind === 'activated' ? (done.keptFile ?? '') : '', 'utf8')).toBe(theirs);
    expect(refreshIn(home.authFile)).toBe('rt-a');
    expect(pool()['accounts']).toMatchObject([{ refreshToken: 'rt-a' }, { refreshToken: 'rt-b' }]);
  });

  it('gives every account back what was in the file beside its tokens, and nobody else', async () => {
    const { home, activated } = setUp();
    writeJson(home.authFile, authFileOf({ top: { theirs: 1 } }));
    await activated('b');
    expect(readJson(home.authFile)).not.toHaveProperty('theirs');
    expect(readJson(home.authFile)['OPENAI_API_KEY']).toBeNull();
    await activated('a');
    expect(readJson(home.authFile)).toMatchObject({ OPENAI_API_KEY: 'sk-made-up', theirs: 1 });
  });
});

it('an account that another process has set aside meanwhile is not handed out when its access token has ended', async () => {
  const { root, home, activated } = setUp();
  await activated('a');
  await withStore(root, {}, (store) => {
    flagAccount(store, 'b', { reason: 'refresh_token_expired' });
  });
  const before = fs.readFileSync(home.authFile);
  await expect(activated('b')).rejects.toMatchObject({ code: 'sign-in-needed' });
  expect(fs.readFileSync(home.authFile)).toEqual(before);
});

describe('what cannot be adopted', () => {
  it('stays until the person agrees, and is then kept byte by byte', async () => {
    const { root, home, activated } = setUp();
    const rubbish = Buffer.from([0x7b, 0xff, 0x00, 0x7d]);
    fs.writeFileSync(home.authFile, rubbish);
    expect(await activated('b')).toEqual({ kind: 'needs-consent', reason: 'damaged' });
    expect(fs.readFileSync(home.authFile)).toEqual(rubbish);

    const done = await activated('b', { replaces: true });
    const keptFile = done.kind === 'activated' ? (done.keptFile ?? '') : '';
    expect(fs.readFileSync(keptFile)).toEqual(rubbish);
    expect([modeOf(root.paths.kept), modeOf(keptFile)]).toEqual([0o700, 0o600]);
    expect(refreshIn(home.authFile)).toBe('rt-b');
  });

  it('may be half of a file that an old client is just writing', async () => {
    const { home, activated } = setUp();
    const whole = JSON.stringify(authFileOf());
    fs.writeFileSync(home.authFile, whole.slice(0, 200));
    const written = new Promise<void>((resolve) => {
      setTimeout(() => resolve(fs.writeFileSync(home.authFile, whole)), 30);
    });
    expect(await activated('b')).toMatchObject({ kind: 'activated', syncedBack: true });
    await written;
  });
});

describe('a record that is no complete login', () => {
  it.each<[string, Account, RegExp]>([
    ['without id token', accountOf('a', { ...alice, withIdToken: false }), /no id token/],
    ['without refresh token', { ...accountOf('a', alice), tokens: { generation: 0 } }, /no id token/],
    ['whose tokens are for another workspace', { ...accountOf('a', alice), accountId: 'studio' }, /belong to another/],
    ['whose tokens are for another person', { ...accountOf('a', alice), userId: 'bob' }, /belong to another/],
  ])('%s is not handed out', (_what, account, message) => {
    expect(() => completeLogin(account)).toThrow(expect.objectContaining({ code: 'sign-in-needed' }));
    expect(() => completeLogin(account)).toThrow(message);
  });

  it('leaves auth.json as it was', async () => {
    const { home, activated } = setUp([accountOf('a', alice), accountOf('b', { ...bob, withIdToken: false })]);
    await activated('a');
    const before = fs.readFileSync(home.authFile);
    await expect(activated('b')).rejects.toMatchObject({ code: 'sign-in-needed' });
    expect(fs.readFileSync(home.authFile)).toEqual(before);
  });
});

describe('the lock of the official client', () => {
  it('is said not to be held where no helper for it is installed', async () => {
    const { activated } = setUp();
    const missing = [{ command: 'no-such-helper-anywhere', args: [], refusedExits: [] }];
    const risk =
      'neither flock nor perl is installed, so a refresh by the official client at this instant could be lost';
    expect(await activated('b', { helpers: missing })).toMatchObject({ changed: true, risk });
  });

  it.each(flockHelpers.map((helper) => [helper.command, helper] as const))(
    'is taken through %s',
    async (_name, helper) => {
      const { home, activated } = setUp();
      const outcome = await activated('b', { helpers: [helper] });
      expect(outcome).toMatchObject({ changed: true });
      expect(outcome).not.toHaveProperty('risk');
      expect(fs.readdirSync(home.directory).sort()).toEqual([
        '.codex-auth-home',
        'auth.json',
        'auth.json.lock',
        'auth.lock',
      ]);
    },
  );

  it
    .skipIf(!hasStrace)
    .each(
      flockHelpers.flatMap((helper) =>
        ['ENOLCK', 'EOPNOTSUPP', 'EINVAL'].map((error) => [error, helper.command, helper] as const),
      ),
    )('is said to be impossible where the file system answers %s to %s', async (error, _name, helper) => {
    await expectRefusal({ ...helper, command: 'strace', args: [...injecting(error), helper.command, ...helper.args] });
  });

  it('is said to be impossible where BusyBox says so: it ends as for a lock that is held, with words', async () => {
    const args = ['-c', 'echo "flock: No locks available" >&2; exit 1'];
    await expectRefusal({ command: 'sh', args, refusedExits: [] });
  });

  it('is taken through the second helper where only the first one cannot', async () => {
    const { activated } = setUp();
    const broken = { command: 'sh', args: ['-c', 'echo usage >&2; exit 1'], refusedExits: [] };
    expect(await activated('b', { helpers: [broken, ...flockHelpers] })).not.toHaveProperty('risk');
  });

  it('is waited for while another process has it', async () => {
    const { home, activated } = setUp();
    const holder = spawn('flock', ['-x', join(home.directory, 'auth.lock'), 'sh', '-c', 'echo held; read line'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(holder.stdout, 'data');
    const switching = activated('b');
    await expect(Promise.race([switching, pause(300).then(() => 'waiting')])).resolves.toBe('waiting');
    holder.stdin.end('\n');
    expect(await switching).not.toHaveProperty('risk');
  });

  /** Expects a switch that does not wait: where a lock is held, waiting ends with `lock-busy`. */
  async function expectRefusal(helper: FlockHelper) {
    const { home, activated } = setUp();
    const risk = `the file system of ${home.directory} knows no locks, so a refresh by the official client at this instant could be lost`;
    expect(await activated('b', { helpers: [helper] })).toMatchObject({ changed: true, risk });
    expect(refreshIn(home.authFile)).toBe('rt-b');
  }
});

const injecting = (error: string) => ['-qq', '-o', '/dev/null', '-f', '-e', `inject=flock:error=${error}`];
