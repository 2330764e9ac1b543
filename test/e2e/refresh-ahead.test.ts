import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { runCli } from '../support/cli.js';
import { findRealCodex } from '../support/real-codex.js';
import { execPair, type Guarding, guardAhead, homeWithLife, refreshesSent } from '../support/refresh-ahead.js';
import type { RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const codex = findRealCodex();
const why = 'missing' in codex ? ` (skipped: ${codex.missing})` : '';

describe.skipIf('missing' in codex)(`clients on a token that is about to end${why}`, () => {
  const provider = useProvider();

  /**
   * A guard whose clock is a minute behind. So the test need not wait for the minute between the last moment at which
   * we refresh, six minutes before the end, and the first at which the client does.
   */
  function guardOfAMinuteAgo({ home }: RefreshHome): Guarding {
    const ending = new AbortController();
    const clock = { ...systemClock, now: () => Date.now() - 59_000 };
    const variables = { CODEX_AUTH_PROACTIVE_REFRESH_INTERVAL_MS: '1000' };
    const ended = runCli(home, ['guard'], { clock, variables, signal: ending.signal });
    return {
      async stop() {
        ending.abort();
        const result = await ended;
        expect(result.exitCode, result.stdout + result.stderr).toBe(130);
      },
    };
  }

  test('never refresh it while a guard runs, and are all answered', async () => {
    const result = await guardAhead(provider, temporaryDirectory(), {
      pairs: 6,
      firstSeconds: 315,
      laterSeconds: 345,
      startGuard: guardOfAMinuteAgo,
    });
    expect(result.execs.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
      result.execs.map(({ stderr }) => ({ exitCode: 0, stderr })),
    );
    expect(result.turns).toEqual(['completed', 'completed']);
    expect(result.hasTakenNewer).toBe(true);
    expect(result.refreshes).toMatchObject({ theirs: 0, areClean: true });
    expect(result.refreshes.ours).toBeGreaterThan(1);
    expect(result.fate).toBe('live');
  });

  test('end the login when two start together and no guard runs', async () => {
    const { client, ours } = await homeWithLife(provider, temporaryDirectory(), 200);
    const become = async (condition: () => boolean) => {
      while (!condition()) await systemClock.sleep(10);
    };
    // The first client is answered once both have sent the same token, and the second one after that.
    const refreshes = () => provider.requests.refreshes();
    for (const until of [become(() => refreshes().length > 1), become(() => refreshes()[0]?.status !== undefined)]) {
      provider.scenario.on('token', { kind: 'held', until }, { times: 1 });
    }
    await execPair(client);
    expect(refreshesSent(provider)).toMatchObject({ ours: 0, areClean: false });
    expect(provider.fateOf(ours.authFile().tokens.refresh_token)).not.toBe('live');
  });
});
