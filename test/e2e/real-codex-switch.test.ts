import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { signIn } from '../support/accounts.js';
import { runBuilt, runBuiltJson } from '../support/built.js';
import { createTestHome, type TestHome } from '../support/cli.js';
import type { TokenSet } from '../support/provider/grants.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { findRealCodex, type RealCodexHome, realCodexHome, runCodex } from '../support/real-codex.js';
import { useProvider } from '../support/use-provider.js';

const alice = { email: 'alice@example.com', accountId: '11111111-1111-4111-8111-111111111111' };
const carol = { email: 'carol@example.com', accountId: '44444444-4444-4444-8444-444444444444' };
const both = [alice, carol] as const;
type Login = (typeof both)[number];

const codex = findRealCodex();
const why = 'missing' in codex ? ` (skipped: ${codex.missing})` : '';

/** The official client refreshes within five minutes of the end of an access token (official-client.md#refresh). */
const clientSkewSeconds = 300;
const aboutToExpire = 120;
const longLived = 864_000;

describe.skipIf('missing' in codex)(`the official client beside our switch${why}`, () => {
  const provider = useProvider();
  let client: RealCodexHome;
  let home: TestHome;
  beforeEach(() => {
    const own = createTestHome(provider);
    client = realCodexHome(own.directory, provider);
    const { codexHome, authFile } = client;
    const root = join(codexHome, 'multi-auth');
    const variables = { ...own.variables, CODEX_HOME: codexHome };
    home = { ...own, codexHome, authFile, root, poolFile: join(root, 'openai-codex-accounts.json'), variables };
  });

  async function signInBoth(accessTokenSeconds = longLived): Promise<void> {
    provider.scenario.accessTokenSeconds = accessTokenSeconds;
    expect((await signIn(home, provider, alice)).exitCode).toBe(0);
    expect((await signIn(home, provider, carol, ['--no-activate'])).exitCode).toBe(0);
  }

  /** We do not refresh ahead of the client here, so that it refreshes by itself. */
  const leavingRefreshes = { CODEX_AUTH_REFRESH_AHEAD_MS: '0' };

  async function switchTo({ email }: Login) {
    const { exitCode, document } = await runBuiltJson(home, ['switch', email], { variables: leavingRefreshes });
    expect(exitCode, JSON.stringify(document)).toBe(0);
    return document.data;
  }

  /** One turn of the real client, which must succeed whatever happens beside it. */
  async function exec() {
    const { exitCode, stdout, stderr } = await runCodex(['exec', '--skip-git-repo-check', 'hi'], { home: client });
    expect(exitCode, stderr).toBe(0);
    expect(stderr).not.toMatch(/commit lock|timed out|os error/i);
    expectFreeLockNames();
    return { stdout, stderr };
  }

  /** The only lock files are the client's own, and they are empty. */
  function expectFreeLockNames(): void {
    for (const name of readdirSync(home.codexHome).filter((each) => each.endsWith('.lock'))) {
      expect(['auth.lock', 'auth.json.lock']).toContain(name);
      const entry = lstatSync(join(home.codexHome, name));
      expect({ name, isFile: entry.isFile(), size: entry.size }).toEqual({ name, isFile: true, size: 0 });
    }
  }

  const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  const authJson = () => readJson(home.authFile);
  const stored = ({ email }: Login) =>
    readJson(home.poolFile).accounts.find((account: { email: string }) => account.email === email);
  const turns = () => provider.requests.to(endpointPaths.responses).filter(({ method }) => method === 'POST');
  const refreshes = () => provider.requests.refreshes();
  const newestIssued = ({ accountId }: Login) =>
    provider.issued.all.filter((each) => each.accountId === accountId).at(-1) as TokenSet;

  /** Reads `auth.json` before the pool: our switch stores the login from the file before it replaces the file. */
  function holdsNewest(login: Login): boolean {
    const inUse = authJson().tokens.refresh_token;
    return [inUse, stored(login).refreshToken].includes(newestIssued(login).refresh_token);
  }

  it('is signed in, and works as the account that we switched to', async () => {
    await signInBoth();
    expect(await switchTo(carol)).toMatchObject({ changed: true, authFile: home.authFile });
    const status = await runCodex(['login', 'status'], { home: client });
    const { stdout } = await exec();

    expect(status).toEqual({ exitCode: 0, stdout: '', stderr: 'Logged in using ChatGPT\n' });
    expect(stdout).toContain('Hello carol@example.com');
    const { access_token } = newestIssued(carol);
    expect(turns().map(({ headers }) => [headers['chatgpt-account-id'], headers.authorization])).toEqual([
      [carol.accountId, `Bearer ${access_token}`],
    ]);
    expect(refreshes()).toEqual([]);
  });

  it('keeps what it refreshed when we switch away and back; nothing older returns', async () => {
    await signInBoth(aboutToExpire);
    const before = newestIssued(alice);
    const ours = refreshes().length;
    provider.scenario.accessTokenSeconds = longLived;
    await exec();
    const refreshed = authJson();
    const theirs = refreshes().slice(ours);
    expect(theirs.map(({ status }) => status)).toEqual([200]);
    expect(refreshed.tokens.refresh_token).toBe(newestIssued(alice).refresh_token);
    expect(refreshed.tokens.refresh_token).not.toBe(before.refresh_token);

    expect(await switchTo(carol)).toMatchObject({ syncedBack: true, adopted: false });
    expect(stored(alice)).toMatchObject({
      refreshToken: refreshed.tokens.refresh_token,
      accessToken: refreshed.tokens.access_token,
      idToken: refreshed.tokens.id_token,
    });
    expect(await switchTo(alice)).toMatchObject({ syncedBack: false });
    expect(authJson().tokens).toEqual(refreshed.tokens);
    expect(Date.parse(authJson().last_refresh)).toBe(Date.parse(refreshed.last_refresh));
    for (const file of [home.authFile, home.poolFile]) {
      expect(readFileSync(file, 'utf8')).not.toContain(before.refresh_token);
    }

    const { stdout } = await exec();
    expect(stdout).toContain('Hello alice@example.com');
    expect(refreshes()).toHaveLength(ours + 1);
  });

  it('finds its file the way it writes it itself: link, mode, order of keys, and keys that we do not know', async () => {
    await signInBoth();
    const target = join(home.directory, 'elsewhere', 'auth-of-codex.json');
    mkdirSync(dirname(target));
    const written = authJson();
    Object.assign(written, { future_key: { nested: [1, 'two'] } });
    written.tokens.future_token_key = 'kept';
    renameSync(home.authFile, target);
    writeFileSync(target, JSON.stringify(written, null, 2));
    symlinkSync(target, home.authFile);

    await switchTo(carol);
    expect(authJson()).not.toHaveProperty('future_key');
    expect(authJson().tokens).not.toHaveProperty('future_token_key');
    await switchTo(alice);

    expect(readlinkSync(home.authFile)).toBe(target);
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(authJson()).toEqual(written);
    expect(authJson().OPENAI_API_KEY).toBeNull();
    const ownKeys = ['auth_mode', 'OPENAI_API_KEY', 'tokens', 'last_refresh'];
    const isOwn = (key: string) => ownKeys.includes(key);
    expect(Object.keys(authJson()).filter(isOwn)).toEqual(ownKeys);
    const ownTokenKeys = [
      'id_token',
      'access_token',
      'refresh_token',
      'oauth_provenance',
      'login_owner_id',
      'account_id',
    ];
    expect(Object.keys(authJson().tokens).filter((key) => ownTokenKeys.includes(key))).toEqual(ownTokenKeys);
    expect(readFileSync(target, 'utf8')).toBe(JSON.stringify(authJson(), null, 2));

    await exec();
    expect(lstatSync(home.authFile).isSymbolicLink()).toBe(true);
    expect(readdirSync(dirname(target)).filter((name) => !name.endsWith('.lock'))).toEqual(['auth-of-codex.json']);
  });

  it('loses none of its refreshes while we switch between its runs', async () => {
    await signInBoth(clientSkewSeconds + 1);
    for (let round = 0; round < 8; round += 1) {
      const login = both[round % 2] ?? alice;
      await switchTo(login);
      // An access token is due again a second after its refresh.
      await systemClock.sleep(600);
      const before = refreshes().length;
      await exec();
      expect(refreshes().length).toBeGreaterThan(before);
      expect(authJson().tokens.refresh_token).toBe(newestIssued(login).refresh_token);
      for (const each of both) expect(holdsNewest(each)).toBe(true);
    }
    expect(new Set(refreshes().map(({ status }) => status))).toEqual(new Set([200]));
    for (const { accountId } of both) expect(liveTokens(accountId)).toHaveLength(1);
  });

  const liveTokens = (accountId: string) =>
    provider.issued.all.filter(
      (each) => each.accountId === accountId && provider.fateOf(each.refresh_token ?? '') === 'live',
    );

  it('saves every refresh beside our switching, but for those that it drops itself', async () => {
    await signInBoth(clientSkewSeconds + 2);
    const switching = new SwitchingLoop(switchTo, home.authFile);
    const outcome = { saved: 0, dropped: 0 };
    for (let round = 0; round < 8; round += 1) {
      const startedAt = Date.now();
      const before = refreshes().length;
      await exec();
      const sent = refreshes().slice(before);
      const lost = both.filter((login) => !holdsNewest(login));
      outcome.saved += sent.length > 0 && lost.length === 0 ? 1 : 0;
      for (const login of lost) {
        // The client drops what it receives when the file changes between its reading and its commit
        // (official-client.md#changed-meanwhile).
        const window = { from: startedAt, to: (sent.at(-1)?.at ?? 0) + 500 };
        expect(switching.replacedWithin(window), `${login.email} was lost although we did not switch`).toBe(true);
        outcome.dropped += 1;
        await signIn(home, provider, login);
      }
      await systemClock.sleep(1_000);
    }
    expect(await switching.stop()).toBeGreaterThan(8);
    for (const login of both) expect(holdsNewest(login)).toBe(true);
    expect(outcome.saved).toBeGreaterThan(0);
    expect((await runBuilt(home, ['list'])).exitCode).toBe(0);
  });
});

interface Period {
  readonly from: number;
  readonly to: number;
}

/** Switches to and fro until it is stopped, and remembers when it replaced the file. */
class SwitchingLoop {
  readonly #replaced: Period[] = [];
  readonly #ended: Promise<void>;
  #isOver = false;

  constructor(switchTo: (login: Login) => Promise<{ changed: boolean }>, authFile: string) {
    this.#ended = this.#run(switchTo, authFile);
    // `stop` reports a failure. Where the test ends before that, the rejection must not stay unhandled.
    this.#ended.catch(() => undefined);
  }

  replacedWithin({ from, to }: Period): boolean {
    return this.#replaced.some((period) => period.from <= to && period.to >= from);
  }

  /** Resolves to the number of replacements; rejects when a switch failed. */
  async stop(): Promise<number> {
    this.#isOver = true;
    await this.#ended;
    return this.#replaced.length;
  }

  async #run(switchTo: (login: Login) => Promise<{ changed: boolean }>, authFile: string): Promise<void> {
    for (let round = 1; !this.#isOver; round += 1) {
      const from = Date.now();
      const { changed } = await switchTo(both[round % 2] ?? alice);
      const to = Date.now();
      // The file was renamed into place right after it was written, unless the client has written it since.
      const writtenAt = statSync(authFile).mtimeMs;
      const isOurs = writtenAt > from && writtenAt < to;
      if (changed) this.#replaced.push(isOurs ? { from: writtenAt, to: Math.min(to, writtenAt + 50) } : { from, to });
      await systemClock.sleep(600 * Math.random());
    }
  }
}
