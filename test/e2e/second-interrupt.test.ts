import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startBuilt } from '../support/built.js';
import type { ProgramProcess } from '../support/program-process.js';
import { alice, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

/** Longer than what counts as one press, however often the signal arrives. */
const anotherPress = () => delay(700);
const explanation = /^Waiting for the provider[^\n]*, at most 15 seconds[^\n]*\n/m;

/** A refresh whose answer the provider holds back. */
async function refreshUnderWay() {
  const home = new RefreshHome(temporaryDirectory(), provider);
  const { refresh_token } = await home.addAccount('acc_alice', { ...alice, expiresInSeconds: 30 });
  let answer: (value?: unknown) => void = () => undefined;
  const until = new Promise((resolve) => {
    answer = resolve;
  });
  provider.scenario.on('token', { kind: 'held', until }, { times: 1 });
  let said = '';
  const running = startBuilt(home.home, ['check'], {
    onStderr: (text) => {
      said = text;
    },
  });
  await expect.poll(() => provider.requests.refreshes(), { timeout: 20_000 }).toHaveLength(1);
  return { home, running, answer, spent: refresh_token, said: () => said };
}

/** Presses again: on a busy machine, a signal is lost that comes while an earlier one is still pending. */
async function pressUntil(running: ProgramProcess, isHeard: () => boolean): Promise<void> {
  for (let press = 1; press <= 10 && !isHeard(); press += 1) {
    running.signal('SIGINT');
    for (let look = 1; look <= 20 && !isHeard(); look += 1) await delay(100);
  }
}

describe.skipIf(process.platform === 'win32')('Ctrl-C while a login is being renewed', () => {
  test('once more explains what is waited for, and the answer is stored', async () => {
    const { home, running, answer, spent, said } = await refreshUnderWay();
    running.signal('SIGINT');
    await anotherPress();
    await pressUntil(running, () => explanation.test(said()));
    answer();
    const { exitCode, stderr } = await running.ended;
    expect(exitCode).toBe(130);
    expect(stderr.match(new RegExp(explanation, 'gm'))).toHaveLength(1);
    expect(provider.fateOf(spent)).toBe('spent');
    expect(provider.fateOf(home.record('acc_alice').refreshToken ?? '')).toBe('live');
    expect(home.journal()).toEqual([]);
  });

  test('a third time ends it at once, and the journal remembers the token', async () => {
    const { home, running, answer, said } = await refreshUnderWay();
    running.signal('SIGINT');
    await anotherPress();
    await pressUntil(running, () => explanation.test(said()));
    await anotherPress();
    let hasEnded = false;
    void running.ended.then(() => {
      hasEnded = true;
    });
    await pressUntil(running, () => hasEnded);
    // The provider has not answered yet.
    expect((await running.ended).exitCode).toBe(130);
    expect(home.journal()).toMatchObject([{ header: { accountIds: ['acc_alice'] } }]);
    expect(home.journal()[0]).not.toHaveProperty('answer');
    answer();
  });

  // npx passes on a signal that the terminal has sent to the whole group already, and a key that is held down repeats.
  test('that arrives several times at once is one press', async () => {
    const { home, running, answer, spent } = await refreshUnderWay();
    for (let time = 1; time <= 3; time += 1) {
      running.signal('SIGINT');
      await delay(20);
    }
    answer();
    expect((await running.ended).exitCode).toBe(130);
    expect(provider.fateOf(spent)).toBe('spent');
    expect(provider.fateOf(home.record('acc_alice').refreshToken ?? '')).toBe('live');
  });
});
