import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Launch } from '../../src/cli/program/machine.js';
import { keys, runWithAnswers } from '../support/answers.js';
import { type CliOptions, runCli } from '../support/cli.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { alice, bob, carol, RefreshHome } from '../support/refresh-home.js';
import { linesOf, writeRollout } from '../support/rollouts.js';
import { said, setUsage } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

/** How a turn of the client goes: what its session file says last, and its exit status. */
interface Turn {
  readonly end: 'limit' | 'content' | 'answered' | 'none';
  readonly status?: number;
  /** The threads that are written to during the turn; other programs may write to some of them. */
  readonly threads?: readonly string[];
  /** What the provider says from then on. */
  readonly after?: readonly (() => void)[];
}

const thread = '11111111-2222-4333-8444-555555555555';
const other = '99999999-2222-4333-8444-555555555555';

const provider = useProvider();
let home: RefreshHome;
let codex: string;
let launched: Launch[];
let turns: Turn[];
beforeEach(async () => {
  launched = [];
  turns = [];
  const directory = temporaryDirectory();
  home = new RefreshHome(directory, provider);
  await home.addAccount('acc_alice', alice);
  await home.addAccount('acc_bob', bob);
  codex = join(home.home.cwd, 'codex');
  writeFileSync(codex, '#!/bin/sh\n');
  chmodSync(codex, 0o755);
});

/** Stands in for the client, and writes what that writes. Other tests run the real client. */
const launch = async (program: Launch) => {
  launched.push(program);
  const {
    end,
    status = end === 'answered' ? 0 : 1,
    threads = [thread],
    after = [],
  } = turns.shift() ?? { end: 'answered' };
  for (const id of end === 'none' ? [] : threads) writeTurn(id, end);
  for (const change of after) change();
  return status;
};

function writeTurn(id: string, end: Turn['end']): void {
  const errors = {
    limit: { message: 'You have hit your usage limit.', codex_error_info: 'usage_limit_exceeded' },
    content: { message: '{"error":{"code":"invalid_encrypted_content"}}', codex_error_info: 'other' },
    answered: undefined,
    none: undefined,
  };
  const rollout = { id, firstWords: 'fix the tests', writtenAt: 1_000_000 * (launched.length + 1) };
  const item = { type: 'AgentMessage', content: [{ text: 'I have found the fault.' }] };
  const events = [
    { type: 'item_completed', item },
    { type: 'task_complete', error: errors[end] },
  ];
  const lines = events.map((payload) => `${JSON.stringify({ type: 'event_msg', payload })}\n`);
  writeRollout(home.home.codexHome, { ...rollout, content: linesOf(rollout) + lines.join('') });
}

const useUp = (who: typeof alice) => () => setUsage(provider, who, 0, 100);
const fill = (who: typeof alice) => () => setUsage(provider, who, 0, 0);
const run = (onLimit: string, words: readonly string[], options: CliOptions = {}) =>
  runCli(home.home, ['run', alice.email, '--on-limit', onLimit, '--', codex, ...words], { launch, ...options });
const accounts = () => launched.map(({ variables }) => variables['CODEX_AUTH_ACCOUNT']);
const wordsOf = (at: number) => launched[at]?.arguments;

describe('next', () => {
  test('goes on with the session as the next account, with the options of the first call', async () => {
    turns = [{ end: 'limit', after: [useUp(alice)] }];
    const result = await run('next', ['-m', 'gpt', 'exec', '--json', '-i', 'a.png', '-C', '/tmp', 'fix the tests']);
    expect([result.exitCode, accounts()]).toEqual([0, [alice.email, bob.email]]);
    expect(wordsOf(1)).toEqual(['-m', 'gpt', 'exec', '--json', '-C', '/tmp', 'resume', thread, 'Continue.']);
    expect(launched[1]?.announcement).toContain(`going on as ${bob.email}`);
    expect(launched.every(({ isWaitedFor }) => isWaitedFor === true)).toBe(true);
    expect(result.stderr).toMatch(/until its quota was used up\n.*ended with 0\n1 continuation\n$/);
  });

  test('goes on with an interactive session, which ends well at the limit', async () => {
    turns = [{ end: 'limit', status: 0, after: [useUp(alice)] }];
    await run('next', []);
    expect(wordsOf(1)).toEqual(['resume', thread]);
  });

  test('never returns to an account within its dwell time', async () => {
    await home.addAccount('acc_carol', carol);
    turns = [
      { end: 'limit', after: [useUp(alice)] },
      { end: 'limit', after: [fill(alice), useUp(bob)] },
      { end: 'limit', after: [fill(bob), useUp(carol)] },
    ];
    const result = await run('next', ['exec', 'fix the tests']);
    expect(new Set(accounts()).size).toBe(3);
    expect([result.exitCode, launched.length]).toEqual([1, 3]);
    expect(result.stderr).toMatch(/no other account is ready[\s\S]*2 continuations\n$/);
  });

  test('returns after it, and ends all the same after ten continuations', async () => {
    const [toBob, toAlice] = [
      { end: 'limit', after: [fill(bob), useUp(alice)] },
      { end: 'limit', after: [fill(alice), useUp(bob)] },
    ] as const;
    turns = Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? toBob : toAlice));
    const variables = { CODEX_AUTH_DWELL_MS: '0' };
    const result = await run('next', ['exec', 'fix the tests'], { variables });
    expect([result.exitCode, launched.length]).toEqual([1, 11]);
  });

  test.each<[string, Turn]>([
    ['a task that has succeeded', { end: 'answered', after: [useUp(alice)] }],
    ['a task that failed for another reason', { end: 'answered', status: 1, after: [useUp(alice)] }],
    ['a limit that the free endpoint does not know of', { end: 'limit' }],
    ['a session of which nothing was written', { end: 'none', status: 0 }],
  ])('leaves %s alone', async (_, turn) => {
    turns = [turn];
    const result = await run('next', ['exec', 'fix the tests']);
    expect([result.exitCode, launched.length, result.stderr]).toEqual([
      turn.status ?? (turn.end === 'limit' ? 1 : 0),
      1,
      expect.not.stringContaining('going on'),
    ]);
  });

  test('does not guess which of two sessions it was', async () => {
    turns = [{ end: 'limit', threads: [thread, other], after: [useUp(alice)] }];
    const result = await run('next', ['exec', 'fix the tests']);
    expect([launched.length, result.stderr]).toEqual([1, expect.stringContaining('codex-auth sessions')]);
  });

  test('knows the session that the command names, whatever else is written', async () => {
    turns = [{ end: 'limit', threads: [thread, other], after: [useUp(alice)] }];
    await run('next', ['exec', 'resume', thread, 'go on']);
    expect(wordsOf(1)).toEqual(['exec', 'resume', thread, 'Continue.']);
  });

  test('a subcommand behind a prompt is what the client obeys', async () => {
    turns = [{ end: 'limit', after: [useUp(alice)] }, { end: 'answered' }];
    await run('next', ['hello', 'exec', 'fix the tests']);
    expect(wordsOf(1)).toEqual(['exec', 'resume', thread, 'Continue.']);
  });

  test('does not go on with credits', async () => {
    const credits = { has_credits: true, unlimited: false, balance: '5' };
    setUsage(provider, bob, 0, 100, { credits });
    turns = [{ end: 'limit', after: [useUp(alice)] }];
    const result = await run('next', ['exec', 'fix the tests']);
    expect([launched.length, result.stderr]).toEqual([1, expect.stringContaining('no other account is ready')]);
  });

  test('begins anew with a summary where the provider refuses the history, as the same account', async () => {
    turns = [{ end: 'limit', after: [useUp(alice)] }, { end: 'content' }, { end: 'answered', threads: [other] }];
    const result = await run('next', ['exec', '--json', 'fix the tests']);
    expect([result.exitCode, accounts()]).toEqual([0, [alice.email, bob.email, bob.email]]);
    const [exec, json, dashes, prompt] = wordsOf(2) ?? [];
    expect([exec, json, dashes]).toEqual(['exec', '--json', '--']);
    expect(prompt).toMatch(/It began with:\nfix the tests\n[\s\S]*Assistant: I have found the fault\./);
    expect(result.stderr).toContain('session 11111111-2222-4333-8444-555555555555 stays as it is');
  });
});

describe('ask', () => {
  const atLimit = () => {
    turns = [{ end: 'limit', after: [useUp(alice)] }];
  };
  const words = () => ['run', alice.email, '--on-limit', 'ask', '--', codex, 'exec', 'fix the tests'];

  test.each([
    ['yes', keys.enter, [alice.email, bob.email]],
    ['no', `n${keys.enter}`, [alice.email]],
  ])('goes on after a question, here with %s', async (_, typed, ran) => {
    atLimit();
    const result = await runWithAnswers(home.home, words(), [[/is used up/, typed]], { launch });
    expect([accounts(), result.exitCode]).toEqual([ran, ran.length === 2 ? 0 : 1]);
  });

  test.each(['ask', 'stop'])('%s without a terminal only says how', async (onLimit) => {
    atLimit();
    const result = await run(onLimit, ['exec', 'fix the tests']);
    expect([launched.length, result.exitCode, said(result)]).toEqual([
      1,
      1,
      expect.stringContaining(`codex-auth resume ${thread} --as acc_bob`),
    ]);
  });

  test('a new session is not begun without being asked for', async () => {
    turns = [{ end: 'content' }];
    const result = await run('stop', ['exec', 'resume', thread, 'go on']);
    expect([launched.length, result.stderr]).toEqual([1, expect.stringContaining('as the account that began it')]);
  });
});

describe('refused', () => {
  test.each([
    ['another program', ['sh']],
    ['another subcommand', ['codex', 'mcp', 'list']],
    ['a review', ['codex', 'exec', 'review']],
    ['a session that is not kept', ['codex', 'exec', '--ephemeral', 'hi']],
  ])('%s', async (_, [name = '', ...rest]) => {
    const program = name === 'codex' ? codex : name;
    const words = ['run', alice.email, '--on-limit', 'next', '--', program, ...rest];
    const result = await runCli(home.home, words, { launch });
    expect([result.exitCode, said(result)]).toEqual([2, expect.stringContaining('leave out --on-limit')]);
    expect(launched).toEqual([]);
  });

  test('a word that is none of the three', async () => {
    expect((await run('always', ['exec', 'hi'])).exitCode).toBe(2);
  });
});

test('without it nothing is asked, and nothing waits', async () => {
  turns = [{ end: 'limit', after: [useUp(alice)] }];
  await runCli(home.home, ['run', alice.email, '--', codex, 'exec', 'hi'], { launch });
  expect(launched.map(({ isWaitedFor }) => isWaitedFor)).toEqual([undefined]);
  expect(provider.requests.to(endpointPaths.usage)).toEqual([]);
});
