import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { say, trust } from '../support/client-terminal.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { findRealCodex } from '../support/real-codex.js';
import { alice, bob } from '../support/refresh-home.js';
import { RunHome } from '../support/run-home.js';
import { setUsage } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { missingForTerminal, Terminal } from '../support/terminal.js';
import { useProvider } from '../support/use-provider.js';

const codex = findRealCodex();
const why = 'missing' in codex ? ` (skipped: ${codex.missing})` : '';

const limitReached = { error: { type: 'usage_limit_reached', message: 'The usage limit has been reached' } };
const refusedContent = {
  error: {
    type: 'invalid_request_error',
    code: 'invalid_encrypted_content',
    message: 'The encrypted content could not be verified.',
  },
};

describe.skipIf('missing' in codex)(`a task of the official client at the limit${why}`, () => {
  const provider = useProvider();
  let home: RunHome;
  beforeEach(async () => {
    home = new RunHome(temporaryDirectory(), provider);
    await home.ours.addAccount('ada', alice);
    await home.ours.addAccount('bob', bob);
  });

  function answer(who: typeof alice, status: number, body: unknown): void {
    provider.scenario.on('responses', { kind: 'status', status, body }, { accountId: who.accountId });
  }

  /** Uses the quota up in the answers to the client, and at the free endpoint. */
  function useUp(who: typeof alice): void {
    answer(who, 429, limitReached);
    setUsage(provider, who, 0, 100);
  }

  function run(onLimit: string, ...words: string[]) {
    const path = 'path' in codex ? codex.path : '';
    const task = [path, 'exec', '--skip-git-repo-check', ...words];
    return home.command(['run', alice.email, '--on-limit', onLimit, '--', ...task], { timeoutMs: 50_000 });
  }

  test('goes on as the next account, in the same session, and says who did what', async () => {
    useUp(alice);
    const result = await run('next', '--json', 'fix the tests');
    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stdout).toContain(`Hello ${bob.email}`);
    expect(home.threads()).toHaveLength(1);
    expect(result.stderr).toContain(`going on as ${bob.email}`);
    expect(result.stderr).toMatch(
      /alice@example\.com.*: .*, until its quota was used up\nbob@example\.com.*: .*, ended with 0\n1 continuation\n/,
    );
    expect(provider.requests.to(endpointPaths.resetCredits)).toEqual([]);
  });

  test.each(['stop', 'ask'])(
    'with %s and no terminal says how to go on, and ends as the client did',
    async (onLimit) => {
      useUp(alice);
      const result = await run(onLimit, 'fix the tests');
      const [thread] = home.threads();
      expect([result.exitCode, result.stderr]).toEqual([
        1,
        expect.stringContaining(`codex-auth resume ${thread} --as bob`),
      ]);
      expect(result.stdout).not.toContain('Hello');
    },
  );

  test('ends where nobody else is ready', async () => {
    useUp(alice);
    useUp(bob);
    const result = await run('next', 'fix the tests');
    expect([result.exitCode, result.stderr]).toEqual([1, expect.stringContaining('no other account is ready')]);
  });

  test('stays where the free endpoint does not say that the quota is used up', async () => {
    answer(alice, 429, limitReached);
    const result = await run('next', 'fix the tests');
    expect([result.exitCode, result.stderr]).toEqual([1, expect.not.stringContaining('going on as')]);
  });

  test('begins a new session with a summary where the provider refuses what the first model has thought', async () => {
    useUp(alice);
    provider.scenario.on(
      'responses',
      { kind: 'status', status: 400, body: refusedContent },
      { accountId: bob.accountId, times: refusedRequests },
    );
    const result = await run('next', 'fix the tests');
    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stderr).toContain('does not take from bob@example.com');
    expect(result.stdout).toContain(`Hello ${bob.email}`);
    expect(home.threads()).toHaveLength(2);
    const prompts = home.rollouts().map((path) => readFileSync(path, 'utf8'));
    expect(prompts.some((text) => text.includes('It began with:\\nfix the tests'))).toBe(true);
  });

  /** The client asks by a WebSocket first, and then by POST. */
  const refusedRequests = 2;
});

const unseen = 'missing' in codex ? codex.missing : missingForTerminal && `${missingForTerminal} is not installed`;
const whyUnseen = unseen === undefined ? '' : ` (skipped: ${unseen})`;

describe.skipIf(unseen !== undefined)(`the official client's own terminal at the limit${whyUnseen}`, () => {
  const provider = useProvider();

  test('is left by the person, and goes on with the conversation as the next account', {
    timeout: 120_000,
  }, async () => {
    const home = new RunHome(temporaryDirectory(), provider);
    await home.ours.addAccount('ada', alice);
    await home.ours.addAccount('bob', bob);
    trust(home.client, home.ours.home.cwd);
    provider.scenario.on(
      'responses',
      { kind: 'status', status: 429, body: limitReached },
      { accountId: alice.accountId },
    );
    setUsage(provider, alice, 0, 100);

    const terminal = await Terminal.open(home.ours.home, {
      columns: 120,
      rows: 40,
      variables: { ...home.client.env, TERM: 'xterm-256color' },
    });
    const path = 'path' in codex ? codex.path : '';
    await terminal.run(`codex-auth run ${alice.email} --on-limit next -- ${path} --no-daemon`);
    await terminal.shows('›');
    await say(terminal, 'fix the tests');
    await terminal.shows('usage limit');
    // Pressed once: a second Ctrl-C would reach us, who go on with the next account.
    await terminal.press('C-c');
    await terminal.hides('usage limit');
    await terminal.shows('fix the tests', '›');
    await say(terminal, 'once more');
    // Only once its turn is over does the client take the key for the wish to leave.
    await terminal.shows(`Hello ${bob.email}`, 'Worked for');
    await terminal.press('C-c');
    await terminal.shows(/bob@example\.com.*: .*, ended with 0/, '1 continuation');
    expect(home.threads()).toHaveLength(1);
  });
});
