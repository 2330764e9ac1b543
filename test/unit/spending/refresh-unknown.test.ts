import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HttpClient } from '../../../src/core/http/client.js';
import { fingerprint } from '../../../src/core/lineage/journal.js';
import { openEntry } from '../../../src/core/lineage/open-entry.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import type { ProcessTable } from '../../../src/core/storage/process-table.js';
import { challenge, rateLimited, refused } from '../../support/provider/faults.js';
import type { Fault } from '../../support/provider/scenario.js';
import { alice, aliceAtStudio, carol, RefreshHome } from '../../support/refresh-home.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { useProvider } from '../../support/use-provider.js';
import { freePort } from '../http/loopback-servers.js';

const provider = useProvider();

const expired = { expiresInSeconds: -60 };
const newHome = () => new RefreshHome(temporaryDirectory(), provider);
const sent = () => provider.requests.refreshes().map(({ body }) => Reflect.get(Object(body), 'refresh_token'));
const newestIssued = () => provider.issued.all.at(-1);
const impatient = { callOptions: { userAgent: 'codex-auth/test', spendingDeadlineMs: 500 } };

/** Sets the clock ahead: for five minutes after an answer that did not come, the journal holds its token back. */
function afterMinutes(home: RefreshHome, minutes: number): RefreshHome {
  const clock = { ...home.root.clock, now: () => Date.now() + minutes * 60_000 };
  Object.assign(home, { root: { ...home.root, clock } });
  return home;
}

/** The processes of this machine, as they look when every other run has ended. */
function afterTheEnd(home: RefreshHome): RefreshHome {
  const { self } = home.root.processes;
  const processes: ProcessTable = {
    self: { ...self, startedAt: 'another process' },
    stateOf: (identity) => (identity.startedAt === self.startedAt ? 'dead' : 'alive'),
  };
  Object.assign(home, { root: { ...home.root, processes } });
  return home;
}

/** `elsewhere`: somebody else than the provider has answered, which the account is not to be blamed for. */
const doubtful: readonly [string, Fault, { spends: boolean; elsewhere?: true }][] = [
  ['a timeout after sending', { kind: 'hang' }, { spends: false }],
  ['a connection that is cut', { kind: 'reset' }, { spends: false }],
  ['a connection that is cut after processing', { kind: 'resetAfterProcessing' }, { spends: true }],
  ['half of an answer', { kind: 'torn' }, { spends: true }],
  ['an answer byte by byte', { kind: 'drip', intervalMs: 40 }, { spends: true }],
  ['a 500 after processing', { kind: 'processedThen500' }, { spends: true }],
  ['a 503', { kind: 'status', status: 503, body: 'busy' }, { spends: false }],
  ['an answer that is no JSON', { kind: 'status', status: 200, body: 'OK' }, { spends: false }],
  ['a page', { kind: 'garbage' }, { spends: false, elsewhere: true }],
  ['an answer without end', { kind: 'huge', bytes: 400 * 1024 * 1024 }, { spends: false }],
  ['a redirect', { kind: 'redirect', to: 'http://127.0.0.1:9/oauth/token' }, { spends: false, elsewhere: true }],
];

describe.each(doubtful)('after %s', (_name, fault, { spends, elsewhere }) => {
  test('nobody sends the token again for five minutes, nothing is flagged, and then it is tried once', async () => {
    const home = newHome();
    const old = await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', fault, { times: 1 });
    const run = home.run('1', impatient);
    const startedAt = performance.now();
    const first = await run.refresh('a');
    expect(first).toMatchObject({ kind: 'unknown', retryAt: (home.journal()[0]?.header.startedAt ?? 0) + 300_000 });
    const again = {
      kind: 'unknown',
      message: expect.stringContaining('sent once'),
      retryAt: Reflect.get(first, 'retryAt'),
    };
    expect(await run.refresh('a')).toMatchObject(again);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(await afterMinutes(home, 4).run('2').refresh('a')).toMatchObject(again);
    expect(sent()).toEqual([old.refresh_token]);
    expect(home.flagged()).toEqual([]);
    expect(home.journal()).toMatchObject([{ isLeft: true }]);
    if (elsewhere === true) expect(existsSync(home.root.paths.accountState)).toBe(false);
    else expect(home.state().accounts['a']?.health).toMatchObject({ score: 80, cooldown: {} });
    expect(home.lineage()).toContain('"event":"unknown"');

    const next = await afterMinutes(home, 6).run('3').refresh('a');
    expect(sent()).toEqual([old.refresh_token, old.refresh_token]);
    if (spends) {
      expect(next).toMatchObject({ kind: 'refused', flaggedAs: 'rotation-lost' });
      expect(home.flagged()).toMatchObject([{ recordId: 'a', flaggedReason: 'rotation-lost' }]);
      expect(home.records()).toEqual([]);
    } else {
      expect(next).toMatchObject({ kind: 'usable', how: 'refreshed' });
      expect(home.record('a').refreshToken).toBe(newestIssued()?.refresh_token);
    }
    expect(home.journal()).toEqual([]);
  });
});

describe('an unknown outcome', () => {
  test('is settled without a request when a newer copy turns up in auth.json', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', { kind: 'reset' });
    const run = home.run('1');
    await run.refresh('a');
    home.writeAuthFile(await provider.issueTokens({ ...carol, issuedAt: Date.now() + 5_000 }));
    expect(await run.refresh('a')).toMatchObject({ kind: 'usable', how: 'adopted' });
    expect(sent()).toHaveLength(1);
  });

  test('leaves one entry however often it happens, and none once nobody holds its token', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', { kind: 'reset' });
    await home.run('1').refresh('a');
    for (const [minutes, tries] of [
      [6, 2],
      [12, 3],
    ] as const) {
      await afterMinutes(home, minutes).run('again').refresh('a');
      expect(home.journal()).toMatchObject([{ header: { tries } }]);
    }
    expect(await home.run('too soon').refresh('a')).toMatchObject({ message: expect.stringContaining('sent 3 times') });
    expect(sent()).toHaveLength(3);

    renameSync(home.home.poolFile, `${home.home.poolFile}.away`);
    await withStore(home.root, {}, () => undefined);
    expect(home.journal()).toEqual([]);
  });

  test('counts from the moment of asking in entries of older versions, which do not say how often', async () => {
    const home = newHome();
    const { refresh_token } = await home.addAccount('a', { ...carol, ...expired });
    const entry = await openEntry(home.root.paths.journal, home.root.processes, {
      kind: 'refresh',
      startedAt: Date.now() - 120_000,
      spent: fingerprint(refresh_token),
      accountIds: ['a'],
      issuer: provider.issuer,
      clientId: 'app',
    });
    entry.leave();
    const outcome = { kind: 'unknown', retryAt: home.journal()[0]?.header.startedAt ?? 0 };
    expect(await home.run('1').refresh('a')).toMatchObject({ ...outcome, retryAt: outcome.retryAt + 300_000 });
    expect(sent()).toEqual([]);
    expect(await afterMinutes(home, 4).run('2').refresh('a')).toMatchObject({ kind: 'usable', how: 'refreshed' });
  });

  test('of a killed process holds for the others as well', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', { kind: 'reset' }, { times: 1 });
    await home.run('1').refresh('a');
    const [left = ''] = readdirSync(home.root.paths.journal);
    const journal = (name: string) => join(home.root.paths.journal, name);
    renameSync(journal(left), journal(left.replace('.left', '')));
    expect(await home.run('the same process').refresh('a')).toMatchObject({
      message: expect.stringContaining('waits'),
    });
    const later = afterTheEnd(home);
    expect(await later.run('2').refresh('a')).toMatchObject({ kind: 'unknown', retryAt: expect.any(Number) });
    expect(sent()).toHaveLength(1);
    expect(await afterMinutes(later, 6).run('3').refresh('a')).toMatchObject({ kind: 'usable', how: 'refreshed' });
  });

  test('that a clock far ahead has written down blocks nothing for days', async () => {
    const home = afterMinutes(newHome(), 2 * 24 * 60);
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', { kind: 'reset' }, { times: 1 });
    await home.run('1').refresh('a');
    expect(await afterMinutes(home, 6).run('2').refresh('a')).toMatchObject({ kind: 'usable', how: 'refreshed' });
  });

  test('of one workspace holds for the other one that shares its token', async () => {
    const home = newHome();
    const { refresh_token } = await home.addAccount('personal', { ...alice, ...expired });
    await home.addAccount('studio', { ...aliceAtStudio, ...expired, refreshToken: refresh_token });
    provider.scenario.on('token', { kind: 'resetAfterProcessing' }, { times: 1 });
    const run = home.run('1');
    expect(await run.refresh('personal')).toMatchObject({ kind: 'unknown' });
    expect(await run.refresh('studio')).toMatchObject({ kind: 'unknown' });
    expect(sent()).toHaveLength(1);
    expect(await afterMinutes(home, 6).run('2').refresh('studio')).toMatchObject({
      kind: 'refused',
      flaggedAs: 'rotation-lost',
    });
    expect(home.flagged().map(({ flaggedReason }) => flaggedReason)).toEqual(['rotation-lost', 'rotation-lost']);
    expect(sent()).toHaveLength(2);
  });
});

describe('a request that was certainly not sent', () => {
  test('is repeated on fresh connections, three times at most, and says that nothing left', async () => {
    const home = newHome();
    const { http, provider: reachable } = home.run('0').deps;
    let attempts = 0;
    const counting: HttpClient = {
      ...http,
      send(request) {
        attempts += 1;
        return http.send(request);
      },
    };
    const issuer = `http://127.0.0.1:${await freePort()}`;
    const changes = { http: counting, provider: { ...reachable, issuer } };
    home.addRecord('b', await provider.issueTokens({ ...alice, ...expired }), { provenance: undefined });
    expect(await home.run('1', changes).refresh('b')).toMatchObject({ kind: 'unsent' });
    expect(attempts).toBe(3);
    expect(home.journal()).toEqual([]);
    expect(home.state().accounts['b']?.health).toMatchObject({ score: 80 });
    expect(await home.run('1').refresh('b')).toMatchObject({ kind: 'usable', how: 'refreshed' });
  });
});

describe('being turned away', () => {
  test.each([
    ['a challenge page', challenge(), { by: 'challenge', status: 403 }],
    ['a region refusal', refused(403, 'unsupported_country_region_territory'), { by: 'region', status: 403 }],
    ['a region refusal like one of the token', refused(401, 'unsupported_country_region_territory'), { by: 'region' }],
    ['a proxy that wants a password', { kind: 'status', status: 407 }, { by: 'page' }],
    ['a captive portal', { kind: 'status', status: 511, body: '<html>' }, { by: 'page' }],
  ] as const)('with %s leaves the token unspent and the account as it was', async (_name, fault, obstruction) => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', fault, { times: 1 });
    const run = home.run('1');
    expect(await run.refresh('a')).toMatchObject({ kind: 'obstructed', obstruction });
    expect(home.journal()).toEqual([]);
    expect(home.flagged()).toEqual([]);
    expect(existsSync(home.root.paths.accountState)).toBe(false);
    expect(await run.refresh('a')).toMatchObject({ kind: 'usable', how: 'refreshed' });
  });

  test('with 429 leaves the token unspent, flags nothing, and pauses', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', rateLimited(120), { times: 1 });
    const run = home.run('1');
    expect(await run.refresh('a')).toMatchObject({ kind: 'rate-limited', retryAfterMs: 120_000 });
    expect(home.journal()).toEqual([]);
    expect(home.flagged()).toEqual([]);
    expect(home.state().accounts['a']?.health).toMatchObject({
      score: 90,
      cooldown: {},
      providerMessage: 'Too many requests',
    });
    expect(await run.refresh('a')).toMatchObject({ kind: 'usable', how: 'refreshed' });
  });
});

describe('an answer that cannot be stored', () => {
  test('stays in the journal, the error says where, and the next healthy run has the new token', async () => {
    const home = newHome();
    const old = await home.addAccount('a', { ...carol, ...expired });
    // A pool is not replaced without a backup of what it held, and a directory is in the way of the backup.
    const backup = `${home.home.poolFile}.bak`;
    mkdirSync(`${backup}/in-the-way`, { recursive: true });
    const run = home.run('1');
    await expect(run.refresh('a')).rejects.toMatchObject({
      code: expect.stringMatching(/^storage-/),
      message: expect.stringContaining(home.root.paths.journal),
    });
    expect(home.record('a').refreshToken).toBe(old.refresh_token);
    await expect(run.refresh('a')).rejects.toMatchObject({ code: expect.stringMatching(/^storage-/) });
    expect(sent()).toHaveLength(1);

    rmdirSync(`${backup}/in-the-way`);
    rmdirSync(backup);
    expect(await home.run('2').refresh('a')).toMatchObject({ kind: 'usable', how: 'adopted' });
    expect(home.record('a').refreshToken).toBe(newestIssued()?.refresh_token);
    expect(sent()).toHaveLength(1);
    expect(readdirSync(home.root.paths.journal)).toEqual([]);
  });

  test('because only what is known about health cannot be written counts as stored', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    // A link that leads in a circle.
    symlinkSync('account-state.json', home.root.paths.accountState);
    const run = home.run('1');
    expect(await run.refresh('a')).toMatchObject({ how: 'refreshed' });
    expect(run.warnings).toHaveLength(1);
    expect(home.record('a').refreshToken).toBe(newestIssued()?.refresh_token);
  });
});
