import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { runCli, runJson } from '../support/cli.js';
import { setAside } from '../support/flagged-records.js';
import type { TokenSet } from '../support/provider/grants.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { flatFile } from '../support/token-files.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
let home: RefreshHome;
beforeEach(() => {
  home = new RefreshHome(temporaryDirectory(), provider);
});

const withoutRefreshToken = { refreshToken: undefined };
const run = (...argv: string[]) => runCli(home.home, argv);
const json = async (...argv: string[]) => (await runJson(home.home, argv)).document.data;

describe('a login without a refresh token, while its access token lives', () => {
  let tokens: TokenSet;
  beforeEach(async () => {
    tokens = await home.addAccount('acc_alice', { ...alice, expiresInSeconds: 240 }, withoutRefreshToken);
  });
  afterEach(() => {
    expect(provider.requests.refreshes()).toEqual([]);
    expect(home.flagged()).toEqual([]);
  });

  it.each([['list'], ['status'], ['usage'], ['forecast'], ['check']])(
    '%s says until when, and that it cannot be renewed here',
    async (command) => {
      expect((await run(command)).stdout).toMatch(/until .*cannot be renewed here/);
    },
  );

  it('is told in every JSON', async () => {
    const life = { renewable: false, endsAt: expect.stringMatching(/Z$/) };
    for (const command of ['list', 'usage', 'forecast', 'check']) {
      expect((await json(command)).accounts).toEqual([expect.objectContaining(life)]);
    }
    expect((await json('status')).account).toMatchObject(life);
  });

  it('is recommended and switched to like any other, and handed to the client as the client understands it', async () => {
    expect(await run('best', '--switch')).toMatchObject({ exitCode: 0 });
    expect(home.authFile().tokens).toMatchObject({ refresh_token: '', access_token: tokens.access_token });
    expect((await json('list')).activeId).toBe('acc_alice');
    const { checks } = await json('doctor', '--offline');
    expect(checks.find(({ id }: { id: string }) => id === 'auth-file')).toMatchObject({ status: 'ok' });
    // The switch copies the login back unchanged, without a question.
    await home.addAccount('acc_bob', bob);
    expect(await run('switch', 'acc_bob')).toMatchObject({ exitCode: 0 });
    expect(home.kept()).toEqual([]);
    expect(home.records()).toHaveLength(2);
  });

  it.each([['codex'], ['flat'], ['pool']])('is exported as %s and imported again', async (format) => {
    const out = join(home.home.directory, 'out');
    expect(await run('export', '1', '--format', format, '--out', out)).toMatchObject({ exitCode: 0 });
    const again = new RefreshHome(temporaryDirectory(), provider);
    expect(await runCli(again.home, ['import', out, '--yes'])).toMatchObject({ exitCode: 0 });
    expect(again.records()).toEqual([expect.objectContaining({ accessToken: tokens.access_token })]);
    expect(again.records()[0]).not.toHaveProperty('refreshToken');
    const second = await runJson(again.home, ['import', out, '--yes']);
    expect(second.document.data.entries).toMatchObject([{ outcome: 'same' }]);
  });

  it('is no error, and no round refreshes it', async () => {
    for (const argv of [['fix'], ['guard', '--once'], ['renew'], ['renew', '--before', '1h']]) {
      expect(await run(...argv)).toMatchObject({ exitCode: 0 });
    }
    const { checks } = await json('doctor', '--offline');
    expect(checks.find(({ id }: { id: string }) => id === 'tokens')).toMatchObject({ status: 'warn' });
  });
});

describe('a login without a refresh token, when it has ended', () => {
  beforeEach(async () => {
    await home.addAccount('acc_alice', { ...alice, expiresInSeconds: -60 }, withoutRefreshToken);
    await home.addAccount('acc_bob', bob);
  });

  it('says to sign in again, is not recommended, not switched to and not set aside', async () => {
    for (const argv of [['check'], ['fix'], ['guard', '--once']]) await run(...argv);
    expect(home.flagged()).toEqual([]);
    const [ended] = (await json('list')).accounts;
    expect(ended).toMatchObject({ id: 'acc_alice', state: 'sign-in-needed', renewable: false });
    expect((await run('list')).stdout).toMatch(/1: ended .*sign in again/);
    const checked = (await json('check', 'acc_alice')).accounts[0];
    expect(checked).toMatchObject({ problem: { code: 'sign-in-needed', hint: 'codex-auth login' } });
    expect((await json('best')).recommendation).toMatchObject({ id: 'acc_bob' });
    const refused = await runJson(home.home, ['switch', 'acc_alice']);
    expect(refused).toMatchObject({ exitCode: 4, document: { error: { code: 'sign-in-needed' } } });
    expect(provider.requests.refreshes()).toEqual([]);
  });

  it('is renewed in its place by an import', async () => {
    const tokens = await provider.issueTokens(alice);
    writeFileSync(join(home.home.cwd, 'alice.json'), JSON.stringify(flatFile(tokens)));
    expect(await run('import', 'alice.json', '--yes')).toMatchObject({ exitCode: 0 });
    expect(home.records()[0]).toMatchObject({ recordId: 'acc_alice', refreshToken: tokens.refresh_token });
    expect((await json('list')).accounts[0]).not.toHaveProperty('renewable');
  });
});

test('an older login that can be renewed takes the place of a later one that cannot', async () => {
  const now = provider.scenario.now();
  const older = await provider.issueTokens({ ...alice, issuedAt: now - 3_600_000 });
  await home.addAccount('acc_alice', alice, withoutRefreshToken);
  writeFileSync(join(home.home.cwd, 'alice.json'), JSON.stringify(flatFile(older)));
  expect(await run('import', 'alice.json', '--yes')).toMatchObject({ exitCode: 0 });
  expect(home.record('acc_alice')).toMatchObject({ refreshToken: older.refresh_token });
});

test('a later login that cannot be renewed takes no refresh token away', async () => {
  const own = await home.addAccount('acc_alice', { ...alice, issuedAt: provider.scenario.now() - 3_600_000 });
  const later = await provider.issueTokens(alice);
  writeFileSync(join(home.home.cwd, 'alice.json'), JSON.stringify(flatFile(later, { refresh_token: '' })));
  expect(await run('import', 'alice.json', '--yes')).toMatchObject({ exitCode: 0 });
  expect(home.record('acc_alice')).toMatchObject({ refreshToken: own.refresh_token, accessToken: later.access_token });
});

test.each([[''], [undefined]])(
  'an auth.json with %j for a refresh token is adopted before a switch',
  async (refresh) => {
    await home.addAccount('acc_bob', bob);
    const tokens = await provider.issueTokens(alice);
    home.writeAuthFile(tokens, { tokens: { ...tokens, refresh_token: refresh } });
    expect(await run('switch', 'acc_bob')).toMatchObject({ exitCode: 0 });
    expect(home.kept()).toEqual([]);
    expect(home.records()[1]).toMatchObject({ accessToken: tokens.access_token });
  },
);

test('one that was set aside comes back when its access token works', async () => {
  await home.addAccount('acc_alice', alice, withoutRefreshToken);
  setAside(home, ['acc_alice']);
  const predicted = await json('verify-flagged', '--dry-run');
  expect(predicted.results).toMatchObject([{ outcome: 'would-restore' }]);
  expect((await json('verify-flagged')).results).toMatchObject([{ outcome: 'restored' }]);
  expect(provider.requests.refreshes()).toEqual([]);
});
