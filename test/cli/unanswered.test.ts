import { expect, onTestFinished, test } from 'vitest';
import { openCodexAuth } from '../../src/index.js';
import { runBuiltJson } from '../support/built.js';
import { muchLater, runJson } from '../support/cli.js';
import { alice, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

const refreshes = () => provider.requests.refreshes().length;

/** An expired account, whose next refresh gets no answer. */
async function homeOfLostAnswer(): Promise<RefreshHome> {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: -60 });
  provider.scenario.on('token', { kind: 'reset' }, { times: 1 });
  return seeded;
}

test('every way of asking leaves the token alone, says until when, and works after that', async () => {
  const { home, ...seeded } = await homeOfLostAnswer();
  const auth = openCodexAuth({ environment: home.variables, cwd: home.cwd });
  onTestFinished(() => auth.close());
  const details = { retryAt: expect.stringMatching(/^\d{4}-.*Z$/) };
  await expect(auth.accessToken('1')).rejects.toMatchObject({ code: 'unknown-outcome', details });
  await expect(auth.accessToken('1')).rejects.toMatchObject({ code: 'unknown-outcome', details });
  const problem = {
    code: 'unknown-outcome',
    message: expect.stringContaining('it may be tried again after'),
    ...details,
  };
  expect((await runJson(home, ['check'])).document.data.accounts).toMatchObject([{ problem }]);
  expect((await runBuiltJson(home, ['check'])).document.data.accounts).toMatchObject([{ problem }]);
  expect((await runJson(home, ['renew', '--force'])).document.data.accounts).toMatchObject([{ problem }]);
  expect((await runJson(home, ['doctor', '--offline'])).document.data.checks).toContainEqual(
    expect.objectContaining({ id: 'journal', message: expect.stringContaining('asking again after') }),
  );
  expect(refreshes()).toBe(1);

  const later = openCodexAuth({ environment: { ...home.variables, ...muchLater.variables }, cwd: home.cwd });
  onTestFinished(() => later.close());
  expect((await later.accessToken('1')).id).toBe('acc_home');
  expect([refreshes(), seeded.provider.issued.all.length]).toEqual([2, 2]);
});

test('calls at the same time in one process ask once', async () => {
  const { home } = await homeOfLostAnswer();
  const auth = openCodexAuth({ environment: home.variables, cwd: home.cwd });
  onTestFinished(() => auth.close());
  const calls = [1, 2, 3].map(() => auth.accessToken('1').catch(({ code }) => code));
  expect(await Promise.all(calls)).toEqual(['unknown-outcome', 'unknown-outcome', 'unknown-outcome']);
  expect(refreshes()).toBe(1);
});
