import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exchange } from '../../../src/core/sharing/exchange.js';
import { readShare } from '../../../src/core/sharing/share-file.js';
import { withdrawFromShare } from '../../../src/core/sharing/share-logins.js';
import { findPostgres } from '../../support/postgres/find-postgres.js';
import { type Postgres, startPostgres } from '../../support/postgres/server.js';
import { type Provider, startProvider } from '../../support/provider/start.js';
import { alice, aliceAtStudio } from '../../support/refresh-home.js';
import { type SharingMachine, sharingMachines } from '../../support/sharing/machine.js';
import { endRun, mortalRun } from '../../support/sharing/mortal.js';
import { temporaryDirectory } from '../../support/temporary.js';

const found = findPostgres();
const missing = 'missing' in found ? ` (skipped: ${found.missing})` : '';

describe.skipIf(missing !== '')(`two workspaces with one refresh token${missing}`, () => {
  let postgres: Postgres;
  let provider: Provider;
  let laptop: SharingMachine;
  let desktop: SharingMachine;
  beforeAll(async () => {
    [postgres, provider] = await Promise.all([startPostgres(), startProvider()]);
  });
  beforeEach(async () => {
    provider.reset();
    provider.scenario.accessTokenSeconds = 50;
    const { url } = await postgres.newDatabase();
    const machines = await sharingMachines(temporaryDirectory(), url, provider, ['laptop', 'desktop']);
    [laptop, desktop] = machines as [SharingMachine, SharingMachine];
    laptop.home.writeAuthFile(await laptop.home.addAccount('personal', alice));
  });
  afterAll(() => Promise.all([postgres.stop(), provider.stop()]));

  /** Adds the studio with the same refresh token, as the official client does when it changes to another workspace. */
  async function addStudio(): Promise<void> {
    const [refreshToken = ''] = laptop.held();
    await laptop.home.addAccount('studio', { ...aliceAtStudio, refreshToken });
  }

  async function shareBoth(): Promise<void> {
    await addStudio();
    await laptop.add('personal', 'studio');
    await desktop.exchange();
  }

  /** The refresh token of each workspace, and of the home of the official client. */
  const tokensOf = ({ home }: SharingMachine) => {
    const tokenIn = (accountId: string) =>
      [...home.records(), ...home.flagged()].find((record) => record['accountId'] === accountId)?.refreshToken;
    return [tokenIn(alice.accountId), tokenIn(aliceAtStudio.accountId)];
  };
  const idOn = ({ home }: SharingMachine, { accountId }: { readonly accountId: string }) =>
    home.records().find((record) => record['accountId'] === accountId)?.recordId ?? '';
  const later = () => {
    provider.scenario.clockOffsetSeconds += 2;
  };
  const newest = () => provider.issued.all.findLast(({ refresh_token }) => refresh_token !== undefined)?.refresh_token;
  const syncAll = async () => {
    for (const each of [laptop, desktop, laptop, desktop]) await each.exchange();
  };

  async function expectOneHand(holder: SharingMachine, other: SharingMachine): Promise<void> {
    expect(tokensOf(other)).toEqual([undefined, undefined]);
    expect(tokensOf(holder)).toEqual([newest(), newest()]);
    expect(provider.fateOf(newest() ?? '')).toBe('live');
    later();
    expect(await holder.refresh(idOn(holder, alice))).toMatchObject({ kind: 'usable', how: 'refreshed' });
    await syncAll();
    expect(tokensOf(holder)).toEqual([newest(), newest()]);
    expect(provider.fateOf(newest() ?? '')).toBe('live');
    expect(other.home.record(idOn(other, alice)).accessToken).toBe(holder.home.record(idOn(holder, alice)).accessToken);
  }

  const isGivingAway = ({ home }: SharingMachine) =>
    readShare(home.root)?.rows.some(({ role }) => role === 'releasing') === true;

  let nextPid = 1_000_000;
  /** Whether the exchange came as far as `killAt`, and was killed there. */
  async function exchangeKilled({ home, deps }: SharingMachine, killAt: number): Promise<boolean> {
    const pid = nextPid++;
    const run = mortalRun({ root: home.root, killAt, clockAheadMs: 0, pid });
    await exchange({ ...deps, root: run.root }).catch(() => undefined);
    endRun(pid);
    return run.wasKilled();
  }

  it('are shared together when one of them is', async () => {
    await addStudio();
    await laptop.add('studio');
    await desktop.exchange();
    expect(desktop.home.records().map((record) => record['accountId'])).toEqual(
      expect.arrayContaining([alice.accountId, aliceAtStudio.accountId]),
    );
    await expectOneHand(laptop, desktop);
  });

  it('are shared together also where one comes later', async () => {
    await laptop.add('personal');
    await desktop.exchange();
    await addStudio();
    await desktop.take(idOn(desktop, alice));
    await syncAll();
    await expectOneHand(desktop, laptop);
  });

  it('go together when one of them is taken', async () => {
    await shareBoth();
    await desktop.take(idOn(desktop, aliceAtStudio));
    await laptop.exchange();
    expect(tokensOf(laptop)).toEqual([undefined, undefined]);
    expect(laptop.home.authFile().tokens.refresh_token ?? '').toBe('');
    await desktop.exchange();
    await expectOneHand(desktop, laptop);
  });

  it('go together when one of them is taken by force, with what the keeper had been answered', async () => {
    await shareBoth();
    later();
    await laptop.home.run('without the pool').refresh('personal');
    await desktop.take(idOn(desktop, aliceAtStudio), true);
    await syncAll();
    await expectOneHand(desktop, laptop);
  });

  it('go together whenever the keeper is killed while it gives them away', async () => {
    await shareBoth();
    let [giver, taker] = [laptop, desktop];
    let beginning = 10;
    for (let killAt = 20, wasKilled = true; wasKilled; killAt += 5) {
      await taker.take(idOn(taker, alice));
      // The giver is killed once it has begun to give them away, and then in the exchange that goes on with it.
      for (beginning -= 5; !isGivingAway(giver); beginning += 1) await exchangeKilled(giver, beginning);
      wasKilled = await exchangeKilled(giver, killAt);
      // The next keeper exchanges before the one that was killed.
      await taker.exchange();
      const held = [giver, taker].filter((each) => each.held().length > 0);
      expect(held.length, `killed at ${killAt}`).toBeLessThanOrEqual(1);
      later();
      const renewable = taker.home.records().find(({ refreshToken }) => refreshToken);
      if (renewable !== undefined) await taker.refresh(renewable.recordId);
      for (const each of [giver, taker, giver, taker]) await each.exchange();
      expect([tokensOf(giver), tokensOf(taker)], `killed at ${killAt}`).toEqual([
        [undefined, undefined],
        [newest(), newest()],
      ]);
      [giver, taker] = [taker, giver];
    }
    await expectOneHand(giver, taker);
  });

  it('are withdrawn together', async () => {
    await shareBoth();
    await withdrawFromShare(laptop.deps, ['studio']);
    await desktop.exchange();
    await desktop.take(idOn(desktop, alice), true).catch(() => undefined);
    await syncAll();
    expect(tokensOf(desktop)).toEqual([undefined, undefined]);
    expect(tokensOf(laptop)).toEqual([newest(), newest()]);
  });

  it('of which another machine has one by a later sign-in of its own stay with their keepers', async () => {
    await addStudio();
    await laptop.add('personal', 'studio');
    later();
    const own = await desktop.home.addAccount('own', { ...aliceAtStudio, issuedAt: provider.scenario.now() });
    await syncAll();
    const [personal, studio] = tokensOf(laptop);
    expect([provider.fateOf(personal ?? ''), studio]).toEqual(['live', undefined]);
    expect(tokensOf(desktop)).toEqual([undefined, own.refresh_token]);
    expect(laptop.home.authFile().tokens.refresh_token).toBe(personal);
    later();
    expect(await laptop.refresh('personal')).toMatchObject({ kind: 'usable', how: 'refreshed' });
    later();
    expect(await desktop.refresh('own')).toMatchObject({ kind: 'usable', how: 'refreshed' });
    await syncAll();
    expect(provider.fateOf(tokensOf(laptop)[0] ?? '')).toBe('live');
    expect(provider.fateOf(tokensOf(desktop)[1] ?? '')).toBe('live');
  });
});
