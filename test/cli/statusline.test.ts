import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { alice, carol, type RefreshHome } from '../support/refresh-home.js';
import { writeRollout } from '../support/rollouts.js';
import { noon } from '../support/sample-pool.js';
import { atNoon, factsAbout, setProviderToNoon, setUsage, twoHome } from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
let seeded: RefreshHome;
beforeEach(async () => {
  setProviderToNoon(provider);
  // Alice is the login of the home.
  seeded = await twoHome(provider);
  for (const [id, { email, accountId }] of Object.entries({ [ofAlice]: alice, [ofCarol]: carol })) {
    const { userId } = provider.people.find({ email, accountId });
    writeRollout(seeded.home.codexHome, { id, userId, accountId, writtenAt: noon });
  }
  provider.requests.clear();
});

const ofAlice = '01a22efb-8e5c-7673-bd3c-a87ece1d3b5d';
const ofCarol = '01a22efb-8e5c-7673-bd3c-a87ece1d3b5e';

interface Numbers {
  readonly used: number;
  /** Seconds after noon. */
  readonly resetsIn?: number;
}

function readOf(thread: string, { used, resetsIn = 7_500 }: Numbers, more: object[] = []) {
  const limit = {
    limit_id: 'codex',
    limit_name: 'codex',
    primary_limit: { used_percent: used, window_minutes: 300, resets_at: noon / 1000 + resetsIn },
    secondary_limit: null,
  };
  const state = { account: { rate_limits: [limit, ...more] }, thread: { id: thread } };
  return request('resources/read', {
    uri: 'ui://codex-auth/footer',
    _meta: { 'com.openai/codex-statusline-state': state },
  });
}

function request(method: string, params: object = {}) {
  return { jsonrpc: '2.0', id: 1, method, params };
}

/** The answers of `statusline` to these lines. */
async function converse(lines: readonly unknown[], at = atNoon): Promise<Record<string, unknown>[]> {
  const stdin = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const { stdout, exitCode, stderr } = await runCli(seeded.home, ['statusline'], { ...at, stdin: `${stdin}\n` });
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** The words of the footer in an answer. */
function wordsIn(answer: Record<string, unknown> | undefined): string {
  const { contents } = (answer?.['result'] ?? { contents: [{ text: 'null' }] }) as { contents: [{ text: string }] };
  const words = (node: unknown): string[] => {
    if (typeof node === 'string') return [node];
    return ((node as { children?: unknown[] } | null)?.children ?? []).flatMap(words);
  };
  return words(JSON.parse(contents[0].text)).join(' ');
}

const quotaOf = (id: string) => {
  try {
    return factsAbout(seeded, id).quota;
  } catch {
    // Nothing is stored about any account.
    return undefined;
  }
};
const taken = (used: number) => ({ origin: 'official-client', observedAt: noon, windows: [{ usedPercent: used }] });

describe('statusline', () => {
  test('speaks the protocol of the client, whatever is sent', async () => {
    const answers = await converse([
      request('initialize', { protocolVersion: '2025-06-18' }),
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      request('tools/list'),
      request('resources/list'),
      request('nothing/like/it'),
      request('resources/read', { uri: 'ui://other' }),
      'no json',
      '[1]',
      request('resources/read', { uri: 'ui://codex-auth/footer', _meta: 7 }),
    ]);
    expect(
      answers.map(({ result, error }) => (result === undefined ? error : Object.keys(result as object))),
    ).toMatchInlineSnapshot(`
      [
        [
          "protocolVersion",
          "capabilities",
          "serverInfo",
        ],
        [
          "tools",
        ],
        [
          "resources",
        ],
        {
          "code": -32601,
          "message": "Method not found",
        },
        {
          "code": -32602,
          "message": "Unknown resource",
        },
        {
          "code": -32700,
          "message": "Parse error",
        },
        {
          "code": -32600,
          "message": "Invalid request",
        },
        [
          "contents",
        ],
      ]
    `);
  });

  test('shows the account of the conversation, and takes its numbers without a request', async () => {
    const [answer] = await converse([readOf(ofAlice, { used: 20 })]);
    expect(wordsIn(answer)).toBe('alice 5h 80%');
    expect(quotaOf('acc_home')).toMatchObject(taken(20));
    expect(quotaOf('acc_carol')).toBeUndefined();
    expect(provider.requests.all).toEqual([]);
    const { stdout } = await runCli(seeded.home, ['usage', '--cached'], atNoon);
    expect(stdout).toContain('seen now by the official client');
  });

  test('keeps what the client does not hand over', async () => {
    setUsage(provider, alice, 10, 50, { credits: { has_credits: true, unlimited: false, balance: '7' } });
    await runCli(seeded.home, ['usage', 'alice'], atNoon);
    await converse([readOf(ofAlice, { used: 20 })]);
    expect(quotaOf('acc_home')).toMatchObject({ ...taken(20), planType: 'plus', credits: { balance: '7' } });
  });

  test('takes no numbers that may be another account’s', async () => {
    const [answer] = await converse([readOf(ofCarol, { used: 20 })]);
    expect(wordsIn(answer)).toBe('carol 5h 80%');
    await converse([readOf('01a22efb-8e5c-7673-bd3c-000000000000', { used: 20 })]);
    expect([quotaOf('acc_home'), quotaOf('acc_carol')]).toEqual([undefined, undefined]);
  });

  test('knows by when a window ends whose it is, where the conversation is of another account than the login', async () => {
    setUsage(provider, alice, 10, 50);
    await runCli(seeded.home, ['usage', 'alice'], atNoon);
    const [answer] = await converse([readOf(ofCarol, { used: 20 })]);
    expect(wordsIn(answer)).toBe('alice 5h 80%');
    expect(quotaOf('acc_home')).toMatchObject(taken(20));
    expect(quotaOf('acc_carol')).toBeUndefined();
  });

  test('takes no numbers that may be older than what is known, until they change', async () => {
    setUsage(provider, alice, 40, 50);
    await runCli(seeded.home, ['usage', 'alice'], atNoon);
    await converse([readOf(ofAlice, { used: 20 }), readOf(ofAlice, { used: 20 })]);
    expect(quotaOf('acc_home')).not.toHaveProperty('origin');
    await converse([readOf(ofAlice, { used: 20 }), readOf(ofAlice, { used: 41 })]);
    expect(quotaOf('acc_home')).toMatchObject(taken(41));
    await converse([readOf(ofAlice, { used: 3, resetsIn: 25_000 })]);
    expect(quotaOf('acc_home')).toMatchObject(taken(3));
  });

  test('numbers that make no sense are none, and names are text', async () => {
    const bad = [{ limit_id: 'x\u001b[31m', limit_name: null, primary_limit: { used_percent: 'many' } }, 7, null];
    const [first, second] = await converse([
      readOf(ofAlice, { used: -5 }),
      readOf(ofAlice, { used: 20 }, bad as object[]),
    ]);
    expect([wordsIn(first), wordsIn(second)]).toEqual(['alice', 'alice 5h 80%']);
    await runCli(seeded.home, ['label', 'acc_home', 'a b'], atNoon);
    expect(wordsIn((await converse([readOf(ofAlice, { used: 20 })]))[0])).toBe('a b 5h 80%');
  });

  test('ends with the signal', async () => {
    const ending = new AbortController();
    const stdin = new PassThrough();
    const running = runCli(seeded.home, ['statusline'], { ...atNoon, stdin, signal: ending.signal });
    stdin.write(`${JSON.stringify(request('ping'))}\n`);
    await new Promise((resolve) => setImmediate(resolve));
    ending.abort();
    expect((await running).exitCode).toBe(0);
  });
});
