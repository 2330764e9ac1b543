import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { doctorCommand } from '../../src/cli/commands/doctor.js';
import { readClaims } from '../../src/core/accounts/jwt-claims.js';
import { signIn } from '../support/accounts.js';
import { runCli, runJson } from '../support/cli.js';
import { contentOf } from '../support/home-content.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';
import { type BrokenWorld, brokenWorlds, healthyWorld, writePrivate } from '../support/worlds.js';
import { lostTokenWorlds, rotate } from '../support/worlds-of-lost-tokens.js';
import { otherToolsWorlds } from '../support/worlds-of-other-tools.js';

const provider = useProvider({ keepsState: true });

/** The stand-in's address would be a finding of its own; these worlds ask nobody. */
const quiet = { CODEX_AUTH_ISSUER: '', CODEX_AUTH_BACKEND_URL: '', PATH: '/usr/bin:/bin', CODEX_AUTH_LOGIN_PORTS: '0' };

async function plantWorld(world: Pick<BrokenWorld, 'plant' | 'variables'>) {
  const home = new RefreshHome(temporaryDirectory(), provider);
  const healthy = await healthyWorld(home);
  const planted = (await world.plant(healthy)) ?? {};
  const variables = { ...quiet, ...world.variables, ...planted.variables };
  const doctor = (...argv: string[]) => runJson(home.home, ['doctor', '--offline', ...argv], { ...planted, variables });
  return { home, healthy, doctor, variables };
}

/** The rows with a finding, but for `issuer`: the accounts were signed in at the stand-in, which `quiet` unsets. */
function wrongRows<Row extends { id: string; status: string }>({ data }: { data: { checks: Row[] } }): Row[] {
  return data.checks.filter(({ id, status }) => (status === 'warn' || status === 'error') && id !== 'issuer');
}

function troubles(document: { data: { checks: { id: string; status: string }[] } }): Record<string, string> {
  return Object.fromEntries(wrongRows(document).map(({ id, status }) => [id, status]));
}

/** The newest refresh token of every login, by the server's clock, wherever it is kept. */
function newestLogins(home: RefreshHome): Map<string, { issuedAt: number; token: string }> {
  const newest = new Map<string, { issuedAt: number; token: string }>();
  const files = Object.values(contentOf(home.home));
  const pairs = files.flatMap((content) => {
    const unescaped = content.replaceAll('\\"', '"');
    const access = [...unescaped.matchAll(/"access_?[tT]oken":\s*"([^"]+)"/g)].map(([, token = '']) => token);
    return access;
  });
  for (const token of pairs) {
    const { userId, accountId, issuedAt = 0 } = readClaims(token) ?? {};
    const key = `${userId}/${accountId}`;
    if (issuedAt >= (newest.get(key)?.issuedAt ?? -1)) newest.set(key, { issuedAt, token });
  }
  return newest;
}

describe('doctor', () => {
  it('finds nothing wrong in a healthy world', async () => {
    const { doctor } = await plantWorld({ plant: () => undefined });
    const { document, exitCode } = await doctor();
    expect(troubles(document)).toEqual({});
    expect(exitCode).toBe(0);
    expect(doctorCommand.schema.safeParse(document.data).success).toBe(true);
  });

  it('shows what is wrong first and counts what is fine, until all of it is asked for', async () => {
    const { home, variables } = await plantWorld({ plant: () => undefined });
    const settings = join(home.home.root, 'settings.json');
    const doctor = async (...argv: string[]) =>
      (await runCli(home.home, ['doctor', '--offline', ...argv], { variables })).stdout;
    const fine = await doctor();
    expect(fine).toMatch(
      /^(! Issuer .*\n.*\n)?\n?(1 to look at, )?\d+ fine, \d+ skipped; all of it: codex-auth doctor --verbose\n$/,
    );
    writePrivate(settings, '{"version":1,"pluginConfig":{"quotaTtlMs":-5}}');
    const wrong = (await doctor()).split('\n');
    expect(wrong[0]).toMatch(/^✗ Settings {2}/);
    expect(wrong.filter((line) => line.startsWith('✓'))).toEqual([]);
    const all = (await doctor('--verbose')).split('\n');
    expect(all[0]).toMatch(/^✗ Settings /);
    expect(all.filter((line) => line.startsWith('✓')).length).toBeGreaterThan(20);
  });

  it('finds nothing wrong where there is nothing yet', async () => {
    const home = new RefreshHome(temporaryDirectory(), provider);
    const { document, exitCode } = await runJson(home.home, ['doctor', '--offline'], { variables: quiet });
    expect(troubles(document)).toEqual({});
    expect(exitCode).toBe(0);
  });

  it.each([...brokenWorlds, ...lostTokenWorlds, ...otherToolsWorlds])(
    'names, mends and then finds clean: $name',
    async (world) => {
      const { home, healthy, doctor } = await plantWorld(world);
      const loginsBefore = newestLogins(home);
      const bytesBefore = contentOf(home.home);

      const found = await doctor();
      expect(troubles(found.document)).toEqual(world.finds);
      expect(found.exitCode).toBe(Object.values(world.finds).includes('error') ? 1 : 0);
      for (const row of found.document.data.checks) expect(row.message).toMatch(world.says?.[row.id] ?? '');

      const dry = await doctor('--fix', '--dry-run');
      expect(dry.document.data.plan).toEqual(found.document.data.plan);
      const after = withoutSwept(contentOf(home.home));
      expect(after).toEqual(withoutSwept(bytesBefore));

      const fixed = await doctor('--fix');
      const remaining = Object.keys(troubles(fixed.document));
      expect(remaining.sort()).toEqual([...(world.remains ?? [])].sort());
      expect((fixed.document.data.repairs ?? []).filter(({ done }: { done: boolean }) => !done)).toEqual([]);

      world.holds?.(healthy);

      const bytesFixed = contentOf(home.home);
      const again = await doctor('--fix');
      expect(Object.keys(troubles(again.document)).sort()).toEqual(remaining.sort());
      expect(contentOf(home.home)).toEqual(bytesFixed);
      for (const [login, { token }] of loginsBefore) expect(newestLogins(home).get(login)?.token).toBe(token);
    },
  );

  it('tells times in the text as every command does, and in UTC in the JSON', async () => {
    const home = new RefreshHome(temporaryDirectory(), provider);
    await home.addAccount('acc_alice', alice);
    await runCli(home.home, ['flag', 'acc_alice'], { variables: quiet });
    const { stdout } = await runCli(home.home, ['doctor', '--offline'], { variables: quiet });
    expect(stdout).toMatch(/alice@example\.com: manual, set aside \d\d:\d\d, now, usable until /);
    const { document } = await runJson(home.home, ['doctor', '--offline'], { variables: quiet });
    const row = document.data.checks.find(({ id }: { id: string }) => id === 'flagged');
    expect(row.message).toMatch(/set aside \d{4}-\d\d-\d\dT[\d:.]+Z, usable until/);
  });

  it('covers at least thirty broken worlds', () => {
    expect(brokenWorlds.length).toBeGreaterThanOrEqual(30);
  });

  it('tells as text what is wrong, what it means and what to do', async () => {
    const { home, variables } = await plantWorld({
      plant: ({ world }) => {
        writeSettings(world);
      },
    });
    const { stdout, exitCode } = await runCli(home.home, ['doctor', '--offline'], { variables });
    expect(stdout).toContain('probeConcurrency is 0, but must be a whole number from 1 to 64');
    expect(stdout).toContain('codex-auth doctor --fix would');
    expect(stdout).toContain('unset probeConcurrency, so that its default applies');
    expect(exitCode).toBe(1);
  });

  it('sends nothing with --offline, and no token without it', async () => {
    const { home } = await plantWorld({ plant: () => undefined });
    const before = provider.requests.all.length;
    await runCli(home.home, ['doctor', '--offline']);
    expect(provider.requests.all.length).toBe(before);
    const { document } = await runJson(home.home, ['doctor']);
    const sent = provider.requests.all.slice(before);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter(({ headers }) => headers['authorization'] !== undefined)).toEqual([]);
    expect(sent.filter(({ path }) => path === '/oauth/token')).toEqual([]);
    const network = document.data.checks.find(({ id }: { id: string }) => id === 'reachability');
    expect(network.status).toBe('ok');
  });

  it('reports a clock that is an hour off, and hosts that do not answer', async () => {
    const { home } = await plantWorld({ plant: () => undefined });
    const clock = {
      now: () => Date.now() + 3_600_000,
      monotonicMs: () => performance.now(),
      sleep: async () => undefined,
    };
    const shifted = await runJson(home.home, ['doctor'], { clock });
    expect(troubles(shifted.document)).toMatchObject({ clock: 'warn' });
    const messages = shifted.document.data.checks.map(({ message }: { message: string }) => message);
    expect(messages).toContain("this machine's clock is 60 minutes ahead of the server's, so expiry is misjudged");
    const variables = { CODEX_AUTH_ISSUER: 'http://127.0.0.1:9', CODEX_AUTH_BACKEND_URL: 'http://127.0.0.1:9' };
    const dark = await runJson(home.home, ['doctor'], { variables });
    expect(troubles(dark.document)).toMatchObject({ reachability: 'error' });
    expect(dark.exitCode).toBe(1);
  });

  it('names the accounts that were signed in at another address than the one that is set', async () => {
    const { home, variables } = await plantWorld({ plant: () => undefined });
    const issuerRow = async (more: Record<string, string>) => {
      const options = { variables: { ...variables, ...more } };
      const { document, exitCode } = await runJson(home.home, ['doctor', '--offline'], options);
      return { ...document.data.checks.find(({ id }: { id: string }) => id === 'issuer'), exitCode };
    };
    expect(await issuerRow({ CODEX_AUTH_ISSUER: `${provider.issuer}/` })).toMatchObject({
      status: 'ok',
      message: provider.issuer,
    });
    const other = await issuerRow({ CODEX_AUTH_ISSUER: '' });
    expect(other).toMatchObject({ status: 'warn', exitCode: 0 });
    expect(other.message).toBe(
      `alice@example.com, bob@example.com: signed in at ${provider.issuer}, and their tokens are sent to nobody else, not to https://auth.openai.com`,
    );
    expect(other.commands).toEqual([
      'codex-auth login, to sign in at https://auth.openai.com, or set CODEX_AUTH_ISSUER to the other one',
    ]);
  });

  it('says how to close a home that everybody can write to, and leaves its mode to the person', async () => {
    const { home, doctor } = await plantWorld({ plant: ({ world }) => chmodSync(world.home.codexHome, 0o777) });
    const { document } = await doctor('--fix');
    expect(remainingCommands(document)).toEqual({ permissions: [`chmod go-w '${home.home.codexHome}'`] });
    expect(statSync(home.home.codexHome).mode & 0o777).toBe(0o777);
  });

  it('says of a directory in place of auth.json what every command says', async () => {
    const { home, doctor } = await plantWorld({
      plant({ world }) {
        rmSync(world.home.authFile);
        mkdirSync(world.home.authFile, { mode: 0o700 });
      },
    });
    const { document } = await doctor();
    const way = `move the directory ${home.home.authFile} away, then run the command again`;
    expect(remainingCommands(document)).toMatchObject({ 'auth-file': [way] });
    const other = await runJson(home.home, ['switch', 'acc_second'], { variables: quiet });
    expect(other.document.error.hint).toBe(way);
  });

  it('warns while "codex auth" would reach the official client', async () => {
    const { home, variables } = await plantWorld({ plant: () => undefined });
    const directory = join(home.home.directory, 'bin');
    mkdirSync(directory);
    writeFileSync(join(directory, 'codex'), '#!/bin/sh\necho codex-cli 0.160.1\n', { mode: 0o755 });
    const { document } = await runJson(home.home, ['doctor', '--offline'], {
      variables: { ...variables, PATH: `${directory}:/usr/bin:/bin` },
    });
    expect(troubles(document)).toEqual({ wiring: 'warn', client: 'warn' });
  });

  it('asks the official client for its version without letting it into its home, where it would leave files', async () => {
    const { home, variables } = await plantWorld({ plant: () => undefined });
    const directory = join(home.home.directory, 'bin');
    writePrivate(join(directory, 'codex'), '#!/bin/sh\necho "codex-cli 0.169.0 with $CODEX_HOME"\n');
    chmodSync(join(directory, 'codex'), 0o755);
    const path = { ...variables, PATH: `${directory}:/usr/bin:/bin` };
    const { document } = await runJson(home.home, ['doctor', '--offline'], { variables: path });
    const { message } = document.data.checks.find(({ id }: { id: string }) => id === 'client');
    expect(message).toMatch(/^codex-cli 0\.169\.0 with \//);
    expect(message).not.toContain(home.home.codexHome);
  });

  it('refuses to repair for somebody else, and says who should', async () => {
    const { home, variables } = await plantWorld({ plant: ({ world }) => chmodSync(world.home.poolFile, 0o644) });
    const somebodyElse = { variables, effectiveUserId: 54_321 };
    const before = contentOf(home.home);
    const found = await runJson(home.home, ['doctor', '--offline'], somebodyElse);
    expect(troubles(found.document)).toEqual({ root: 'error' });
    const fixed = await runJson(home.home, ['doctor', '--offline', '--fix'], somebodyElse);
    expect(contentOf(home.home)).toEqual(before);
    expect([found.exitCode, fixed.exitCode]).toEqual([1, 1]);
  });

  it('leads out of a state in which no account can be used', async () => {
    const { home, doctor } = await plantWorld({
      async plant({ world }) {
        const [first, second] = await Promise.all(
          [alice, bob].map((who) => world.provider.issueTokens({ ...who, expiresInSeconds: -60 })),
        );
        if (first === undefined || second === undefined) throw new Error('no tokens');
        writePrivate(world.home.poolFile, { version: 3, accounts: [], activeIndex: 0 });
        world.addRecord('acc_first', first);
        world.addRecord('acc_second', second);
        chmodSync(world.home.poolFile, 0o644);
        world.writeAuthFile(first);
        const health = { score: 10, at: Date.now(), consecutiveRefreshFailures: 1 };
        const accounts = { acc_first: { health }, acc_second: { health } };
        writePrivate(join(world.home.root, 'account-state.json'), { version: 1, accounts, affinity: {} });
      },
    });
    provider.revokeAccount(bob);
    onTestFinished(() => provider.reset());

    const fixed = await doctor('--fix');
    expect(remainingCommands(fixed.document)).toEqual({ tokens: ['codex-auth check'], health: ['codex-auth check'] });
    await runCli(home.home, ['check']);

    const checked = await doctor();
    expect(checked.document.data.checks.find(({ id }: { id: string }) => id === 'flagged').message).toMatch(
      /^bob@example\.com: refresh_token_invalidated/,
    );
    expect(remainingCommands(checked.document)).toEqual({ flagged: [expect.stringMatching(/^codex-auth login/)] });
    provider.reviveAccount(bob);
    expect((await signIn(home.home, provider, bob)).exitCode).toBe(0);

    expect(troubles((await doctor()).document)).toEqual({});
  });

  describe('about a dead refresh token', () => {
    it.each<{ name: string; plant: (home: RefreshHome, spent: string) => Promise<unknown> | undefined; story: RegExp }>(
      [
        {
          name: 'that we have exchanged ourselves',
          plant: (home) => rotate(home, 'acc_second'),
          story: /process \d+ of ours exchanged this token at \d{4}-/,
        },
        {
          name: 'that the official client has had',
          plant: (home) => runCli(home.home, ['switch', 'acc_second']),
          story: /the official client has had this token since \d{4}-.* is the likely one to have spent it/,
        },
        {
          name: 'that was overtaken by the official client',
          async plant(home) {
            home.writeAuthFile(await provider.issueTokens({ ...bob, issuedAt: Date.now() - 60_000 }));
            await runCli(home.home, ['switch', 'acc_first']);
          },
          story: /somebody else had exchanged this token when we looked at .*, most likely the official client/,
        },
        {
          name: 'of which nothing is known',
          plant: () => undefined,
          story: /our log does not go back to whoever spent it/,
        },
      ],
    )('$name: tells from the log and the copies what happened', async ({ plant, story }) => {
      const { home, doctor } = await plantWorld({ plant: () => undefined });
      const before = home.record('acc_second');
      const spent = before.refreshToken ?? '';
      const original = readFileSync(home.home.poolFile, 'utf8');
      await plant(home, spent);
      writePrivate(`${home.home.poolFile}.bak.2`, original);
      const { accounts, ...pool } = JSON.parse(readFileSync(home.home.poolFile, 'utf8'));
      writePrivate(home.home.poolFile, { ...pool, accounts: accounts.slice(0, 1) });
      const flagged = { ...before, flaggedReason: 'refresh_token_reused', flaggedAt: 1, movedAt: Date.now() };
      writePrivate(join(home.home.root, 'openai-codex-flagged-accounts.json'), { version: 1, accounts: [flagged] });
      const { document, stdout } = await doctor();
      const row = document.data.checks.find(({ id }: { id: string }) => id === 'flagged');
      expect(row.message).toMatch(story);
      expect(row.message).toContain('the same dead token is in a backup (openai-codex-accounts.json.bak');
      for (const token of provider.issued.strings()) expect(stdout).not.toContain(token);
    });

    it('names another root that has the login', async () => {
      const { home, doctor } = await plantWorld({ plant: () => undefined });
      const other = join(home.home.variables['HOME'] ?? '', '.codex', 'multi-auth', 'openai-codex-accounts.json');
      writePrivate(other, JSON.parse(readFileSync(home.home.poolFile, 'utf8')));
      const before = home.record('acc_second');
      const { accounts, ...pool } = JSON.parse(readFileSync(home.home.poolFile, 'utf8'));
      writePrivate(home.home.poolFile, { ...pool, accounts: accounts.slice(0, 1) });
      const flagged = { ...before, flaggedReason: 'refresh_token_reused', flaggedAt: 1, movedAt: Date.now() };
      writePrivate(join(home.home.root, 'openai-codex-flagged-accounts.json'), { version: 1, accounts: [flagged] });
      const { document } = await doctor();
      const row = document.data.checks.find(({ id }: { id: string }) => id === 'flagged');
      expect(row.message).toContain(`another copy of this login is in ${other}, whose owner may have spent it`);
    });
  });

  it('gives every finding a next step, and one line to it', async () => {
    for (const world of brokenWorlds.slice(0, 12)) {
      const { doctor } = await plantWorld(world);
      const { document } = await doctor();
      for (const { status, fixable, commands } of document.data.checks) {
        if (status === 'warn' || status === 'error') expect(fixable || commands.length > 0).toBe(true);
        for (const command of commands) expect(command).not.toContain('\n');
      }
    }
  });
});

function remainingCommands(document: { data: { checks: { id: string; status: string; commands: string[] }[] } }) {
  return Object.fromEntries(wrongRows(document).map(({ id, commands }) => [id, commands]));
}

/** Without the temporary files of dead processes, which a command removes before it reads the accounts. */
function withoutSwept(content: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(content).filter(([name]) => !name.endsWith('.tmp')));
}

function writeSettings(world: RefreshHome): void {
  writeFileSync(
    join(world.home.root, 'settings.json'),
    JSON.stringify({ version: 1, pluginConfig: { probeConcurrency: 0 } }),
    { mode: 0o600 },
  );
}
