import { beforeEach, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { refreshAsClient } from '../support/client-refresh.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
let home: RefreshHome;
beforeEach(async () => {
  home = new RefreshHome(temporaryDirectory(), provider);
  await home.addAccount('acc_alice', alice);
  await home.addAccount('acc_bob', bob);
  expect(await run('switch', 'acc_alice')).toMatchObject({ exitCode: 0 });
});

const run = (...argv: string[]) => runCli(home.home, argv);

/** Every login lives: its newest token is in the record, and in the client's file where it is in use. */
async function expectAlive(inUse: string): Promise<void> {
  expect(home.authFile().tokens.refresh_token).toBe(home.record(inUse).refreshToken);
  expect(home.flagged()).toEqual([]);
  expect(await run('renew', 'acc_alice', 'acc_bob', '--force')).toMatchObject({ exitCode: 0 });
  expect(home.authFile().tokens.refresh_token).toBe(home.record(inUse).refreshToken);
}

it.each([
  ['switch', ['switch', 'acc_bob']],
  ['disable', ['disable', 'acc_bob']],
  ['label', ['label', 'acc_alice', 'mine']],
  ['prefer', ['prefer', 'acc_alice']],
])('%s is taken back with the tokens that a refresh has brought since', async (_, argv) => {
  expect(await run(...argv)).toMatchObject({ exitCode: 0 });
  const before = ['acc_alice', 'acc_bob'].map((id) => home.record(id).refreshToken);
  expect(await run('renew', 'acc_alice', 'acc_bob', '--force')).toMatchObject({ exitCode: 0 });
  const refreshed = ['acc_alice', 'acc_bob'].map((id) => home.record(id).refreshToken);
  expect(refreshed).not.toEqual(before);
  expect(await run('undo')).toMatchObject({ exitCode: 0 });
  expect(['acc_alice', 'acc_bob'].map((id) => home.record(id).refreshToken)).toEqual(refreshed);
  await expectAlive('acc_alice');
});

it('a removed login that the official client has refreshed since comes back as that', async () => {
  expect(await run('remove', 'acc_alice', '--yes')).toMatchObject({ exitCode: 0 });
  const tokens = await refreshAsClient(home);
  expect(await run('undo')).toMatchObject({ exitCode: 0 });
  expect(home.record('acc_alice').refreshToken).toBe(tokens.refresh_token);
  await expectAlive('acc_alice');
});
