import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signIn } from '../support/accounts.js';
import { createTestHome, runCli, runJson } from '../support/cli.js';
import { type Provider, startProvider } from '../support/provider/start.js';

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.stop());

it('signs in, lists, switches', async () => {
  const home = createTestHome(provider);
  const [a, b] = provider.people.all();
  if (!a || !b) throw new Error();
  console.log(await signIn(home, provider, a, ['--label', 'one']));
  console.log(await signIn(home, provider, b));
  console.log((await runCli(home, ['list'])).stdout);
  console.log((await runCli(home, ['switch', '2'])));
  console.log((await runCli(home, ['switch', '-'])));
  console.log((await runCli(home, ['status'])));
  console.log((await runJson(home, ['list'])).stdout);
  console.log(readFileSync(home.authFile, 'utf8').replace(/ey[A-Za-z0-9_.-]+/g, 'JWT'));
  console.log(await runCli(home, ['remove', '2', '--yes']));
  expect(1).toBe(1);
});
