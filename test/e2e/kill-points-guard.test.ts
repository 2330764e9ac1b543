import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents } from '../../src/core/events/event-log.js';
import { readMark } from '../../src/core/service/installed.js';
import { muchLater, runCli } from '../support/cli.js';
import { killEverywhere } from '../support/crash/steps.js';
import type { CrashTrial } from '../support/crash/trial.js';
import { runAsVictim } from '../support/crash/victim.js';
import { eventsTold, keepingHook } from '../support/event-hook.js';
import { fakeManager } from '../support/fake-manager.js';
import { field } from '../support/provider/request-log.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { RefreshHome } from '../support/refresh-home.js';
import { directoryInMemory } from '../support/temporary.js';
import { makeTestHome } from '../support/test-home.js';

describe('a round that is killed at any step', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider();
  });
  afterAll(() => provider.stop());

  const argv = ['guard', '--once'];

  /** One account of a person of its own, whose token is due and whose quota is low. */
  async function trialIn(directory: string): Promise<CrashTrial> {
    const name = basename(directory);
    const accountId = `00000000-0000-4000-8000-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
    const who = { email: `${name}@example.com`, accountId };
    provider.people.addAccount(who);
    const window = { used_percent: 95, limit_window_seconds: 18_000, reset_after_seconds: 9_000 };
    const rate_limit = { allowed: true, limit_reached: false, primary_window: window, secondary_window: null };
    provider.scenario.setUsage(accountId, { overrides: { rate_limit } });
    const seeded = new RefreshHome(directory, provider);
    const tokens = await seeded.addAccount('acc_home', { ...who, expiresInSeconds: 60 });
    seeded.writeAuthFile(tokens);
    const home = { ...seeded.home, variables: { ...seeded.home.variables, ...keepingHook } };
    const sent = () =>
      provider.requests.refreshes().filter((request) => field(request, 'refresh_token') === tokens.refresh_token)
        .length;
    return {
      home,
      argv,
      async verify() {
        const again = await runCli(home, argv, muchLater);
        const { refreshToken = '' } = seeded.record('acc_home');
        const isLost = provider.fateOf(refreshToken) !== 'live';
        // Only a login whose answer came, but was not recorded before the kill, may be lost.
        if (!isLost) {
          assert.equal(again.exitCode, 0, again.stdout + again.stderr);
          assert.equal(seeded.authFile().tokens.refresh_token, refreshToken);
          assert.equal(sent(), 1, 'the token was sent again');
          assert.equal((await runCli(home, argv)).exitCode, 0);
        }
        const kept = readEvents(seeded.root).filter(({ name: event }) => event === 'quota-low');
        const told = eventsTold(home).filter(({ name: event }) => event === 'quota-low');
        if (!isLost) assert.equal(kept.length, 1, 'the event was lost');
        assert.ok(told.length <= 1, 'somebody was told twice');
        const left = readdirSync(home.codexHome, { recursive: true, encoding: 'utf8' });
        // What is left of the locks of a dead process holds no token, and the next process to take the lock removes it.
        const leftovers = left.filter((each) => each.endsWith('.tmp') && !each.includes('locks'));
        assert.deepEqual(isLost ? [] : leftovers, []);
        return isLost ? 'not-begun' : 'kept';
      },
    };
  }

  it('loses no login that was recorded and no event, and tells nobody twice', { timeout: 600_000 }, async () => {
    const directory = directoryInMemory();
    const whole = await trialIn(join(directory, 'not-killed'));
    assert.equal((await runCli(whole.home, argv)).exitCode, 0);
    assert.equal(await whole.verify(), 'kept');
    for (const { steps, outcomes } of await killEverywhere(trialIn, { directory })) {
      const isJournal = (step: string) => /\d+-[0-9a-f-]+\.json$/.test(step);
      const [first, last] = [
        steps.findIndex(isJournal),
        steps.findLastIndex((step) => isJournal(step) && step.startsWith('fsync')),
      ];
      const lost = outcomes.filter(({ outcome }) => outcome === 'not-begun').map(({ index }) => index);
      // A login is lost only by a kill between the request and the record of its answer.
      for (const index of lost) expect([index > first, index <= last]).toEqual([true, true]);
    }
  });
});

describe.each([
  ['install', ['guard', '--install', '--yes']],
  ['uninstall', ['guard', '--uninstall', '--yes']],
] as const)('an %s of the service that is killed at any step', (what, argv) => {
  async function prepared(directory: string) {
    mkdirSync(directory);
    const home = makeTestHome(directory);
    const manager = fakeManager(home, 'systemctl');
    const person = join(directory, 'person');
    const files = () =>
      readdirSync(person, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name));
    const before = files();
    if (what === 'uninstall') assert.equal((await manager.run(['guard', '--install', '--yes'])).exitCode, 0);
    const trial = { home, argv, watched: [directory], options: manager.options(), verify: async () => undefined };
    return { manager, trial, files, before };
  }

  it('leaves the file whole or none, and the next one of either kind puts all right', {
    timeout: 600_000,
  }, async () => {
    const directory = directoryInMemory();
    const whole = await prepared(join(directory, 'whole'));
    const { exitCode, steps, stderr } = await runAsVictim(whole.trial);
    assert.equal(exitCode, 0, stderr);
    expect(steps.length).toBeGreaterThan(3);
    for (const [index, step] of steps.entries()) {
      for (const next of ['install', 'uninstall'] as const) {
        const { manager, trial, files, before } = await prepared(join(directory, `${next}-${index + 1}`));
        const victim = await runAsVictim(trial, index + 1);
        assert.ok(victim.isDead, `it ended by itself at ${step}`);
        for (const path of files().filter((each) => each.endsWith('.service'))) {
          expect(readMark(readFileSync(path, 'utf8')), `killed at ${step}`).toMatchObject({ isChanged: false });
        }
        const result = await manager.run(['guard', `--${next}`, '--yes']);
        expect([step, result.exitCode, result.stderr]).toEqual([step, 0, '']);
        if (next === 'install') {
          expect(files().filter((each) => each.endsWith('.service'))).toHaveLength(1);
          await manager.run(['guard', '--uninstall', '--yes']);
        }
        expect(files(), `killed at ${step}`).toEqual(before);
      }
    }
  });
});
