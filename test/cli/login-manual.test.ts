import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { keys, runWithAnswers } from '../support/answers.js';
import { createTestHome, runCli, type TestHome } from '../support/cli.js';
import { contentOf } from '../support/home-content.js';
import { homeBefore, loginIn } from '../support/login-home.js';
import { withLogin } from '../support/manual-login.js';
import { alice, bob } from '../support/people-refs.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

describe('login --manual', () => {
  /** Everything on stderr is read before the paste, as a person would. */
  async function paste(home: TestHome, textOf: (callback: URL) => string, who = alice) {
    const stdin = new PassThrough();
    return withLogin(
      home,
      provider,
      async ({ callbackUrlOf }) => stdin.end(`${textOf(new URL(await callbackUrlOf(who)))}\n`),
      ['--manual'],
      { stdin },
    );
  }
  const code = (url: URL) => url.searchParams.get('code');
  const state = (url: URL) => url.searchParams.get('state');

  test.each<[string, (callback: URL) => string]>([
    ['the whole address', (url) => url.href],
    ['its query', (url) => url.search],
    ['its query without the question mark', (url) => url.search.slice(1)],
    ['code#state', (url) => `${code(url)}#${state(url)}`],
    ['a quoted address that a terminal wrapped', (url) => `"${url.href.slice(0, 40)} ${url.href.slice(40)}"`],
  ])('takes %s', async (_what, textOf) => {
    const home = createTestHome(provider);
    const { exitCode, stdout } = await paste(home, textOf);
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('alice@example.com') });
    expect(loginIn(home)['account_id']).toBe(alice.accountId);
  });

  test.each<[string, (callback: URL) => string, number, string]>([
    [
      'another state',
      (url) => `${code(url)}#not-ours`,
      2,
      'that address belongs to another login, not to the one just started',
    ],
    ['no code', (url) => `?state=${state(url)}`, 2, 'that address has no code in it'],
    ['junk', () => 'hello there', 2, 'that is not the address of a finished sign-in'],
    ['nothing', () => '', 2, 'no address came in on standard input'],
    [
      'a denial',
      (url) => `?error=access_denied&state=${state(url)}`,
      1,
      'the sign-in was declined in the browser (access_denied)',
    ],
  ])('refuses %s, and stores nothing', async (_what, textOf, exitCode, message) => {
    const { home, before } = await homeBefore(provider);
    const result = await paste(home, textOf, bob);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(`error: ${message}\n  → `);
    expect(contentOf(home)).toEqual(before);
    expect(provider.requests.to(endpointPaths.token)).toEqual([]);
  });

  test.each([['--no-browser'], ['BROWSER=none']])('is what %s means', async (how) => {
    const home = createTestHome(provider);
    const variables = how.startsWith('BROWSER') ? { BROWSER: 'none' } : {};
    const { stderr } = await runCli(home, how.startsWith('-') ? ['login', how] : ['login'], { variables });
    expect(stderr).toContain(
      'The browser ends on a page that cannot be reached. Copy its whole address and paste it here.\n',
    );
  });

  test('on a terminal a wrong paste may be repeated', async () => {
    const home = createTestHome(provider);
    const { exitCode, stderr } = await runWithAnswers(
      home,
      ['login', '--manual'],
      [
        [/Paste the address:/, `junk${keys.enter}`],
        [/try again\.\n[\s\S]*Paste the address:/, `more junk${keys.enter}`],
        [/try again\.\n[\s\S]*Paste the address:/, keys.ctrlC],
      ],
    );
    expect(exitCode).toBe(130);
    expect(stderr.match(/that is not the address of a finished sign-in; try again\.\n/g)).toHaveLength(2);
  });
});
