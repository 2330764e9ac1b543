import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { modelsCommand } from '../../src/cli/commands/models.js';
import { keys, runWithAnswers } from '../support/answers.js';
import { runCli } from '../support/cli.js';
import { challenge, refused, usageLimitReached } from '../support/provider/faults.js';
import { modelEntry } from '../support/provider/models.js';
import { field } from '../support/provider/request-log.js';
import { endpointPaths, type Fault } from '../support/provider/scenario.js';
import { alice, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import { atNoon, dataOf, emptyHome, homeOfAlice, known, said, seededHome, setProviderToNoon } from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const run = ({ home }: RefreshHome, ...argv: string[]) =>
  runCli(home, ['models', ...argv], { ...atNoon, variables: { COLUMNS: '' } });
const trials = () => provider.requests.to(endpointPaths.responses);
const verdictsOf = (result: Awaited<ReturnType<typeof run>>) =>
  dataOf(modelsCommand, result).accounts.map(({ trials: own }) => own.map(({ model, verdict }) => [model, verdict]));

/** Times differ from run to run. */
const timeless = (text: string) => text.replace(/\d+\.\ds/g, '0.1s');

describe('what it tries', () => {
  test('every model that the provider lists, with every enabled account', async () => {
    const seeded = await seededHome(provider);
    provider.scenario.unavailableModels = ['gpt-5.5-codex'];
    provider.scenario.on('responses', usageLimitReached(600), { accountId: carol.accountId });
    const result = await run(seeded, '--yes');
    expect(result.exitCode).toBe(1);
    expect(timeless(said(result))).toMatchInlineSnapshot(`
      "ACCOUNT                              MODEL                VERDICT       TIME  WHY
      home <alice@example.com> (Personal)  gpt-6.1-sol          available     0.1s
      home <alice@example.com> (Personal)  gpt-5.5-codex        unsupported   0.1s  The 'gpt-5.5-codex' model is not supported when using Codex with a ChatGPT account.
      home <alice@example.com> (Personal)  gpt-5.5-codex-spark  available     0.1s
      alice@example.com (Studio)           gpt-6.1-sol          available     0.1s
      alice@example.com (Studio)           gpt-5.5-codex        unsupported   0.1s  The 'gpt-5.5-codex' model is not supported when using Codex with a ChatGPT account.
      alice@example.com (Studio)           gpt-5.5-codex-spark  available     0.1s
      carol@example.com (Personal)         gpt-6.1-sol          rate limited  0.1s  rate limited until 12:10, in 10m (usage_limit_reached)
      carol@example.com (Personal)         gpt-5.5-codex        rate limited  0.1s  rate limited until 12:10, in 10m (usage_limit_reached)
      carol@example.com (Personal)         gpt-5.5-codex-spark  rate limited  0.1s  rate limited until 12:10, in 10m (usage_limit_reached)
      4 available, 2 unsupported, 3 rate limited
      warning: this spends quota: 9 requests, for 3 models and 3 accounts
      "
    `);
    expect(trials()).toHaveLength(9);
    expect(provider.requests.to(endpointPaths.usage)).toHaveLength(0);
  });

  test('the smallest streaming request, which stores nothing, and that as the account', async () => {
    const seeded = await homeOfAlice(provider);
    expect((await run(seeded, '--yes', '--model', 'gpt-6.1-sol')).exitCode).toBe(0);
    expect(provider.requests.to(endpointPaths.models)).toHaveLength(0);
    const [request] = trials();
    expect(request?.body).toMatchObject({ model: 'gpt-6.1-sol', stream: true, store: false });
    expect(JSON.stringify(request?.body).length).toBeLessThan(300);
    expect(request?.headers).toMatchObject({ 'chatgpt-account-id': alice.accountId, accept: 'text/event-stream' });
  });

  test('the first of the list with --sample, best first', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.models = [
      modelEntry('worst', 'Worst', 9),
      modelEntry('best', 'Best', 1),
      modelEntry('good', 'Good', 2),
    ];
    const result = await run(seeded, '--yes', '--sample', '2', '--json');
    expect(verdictsOf(result)).toEqual([
      [
        ['best', 'available'],
        ['good', 'available'],
      ],
    ]);
    expect(trials().map((request) => field(request, 'model'))).toEqual(['best', 'good']);
  });

  test('well-known models where the list is empty, and says so', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.models = [];
    const result = await run(seeded, '--yes', '--sample', '2', '--json');
    expect(dataOf(modelsCommand, result)).toMatchObject({ models: ['gpt-6.1-sol', 'gpt-6-astra'], source: 'built-in' });
    expect(JSON.parse(result.stdout).warnings).toContain('the provider lists no models, so well-known ones are tried');
  });

  test('a named account only, disabled as it may be', async () => {
    const seeded = await seededHome(provider);
    const result = await run(seeded, 'bob', '--yes', '--sample', '1', '--json');
    expect(dataOf(modelsCommand, result).accounts).toMatchObject([
      { id: 'acc_bob', index: 3, file: seeded.home.poolFile },
    ]);
  });
});

describe('it spends quota, and', () => {
  test('says so before it sends anything', async () => {
    const seeded = await homeOfAlice(provider);
    const result = await run(seeded, '--yes');
    expect(result.stderr).toContain('warning: this spends quota: 3 requests, for 3 models and 1 account\n');
  });

  test.each([[[]], [['--json']], [['--csv']]])('sends nothing where nobody can agree (%j)', async (voice) => {
    const seeded = await homeOfAlice(provider);
    const result = await run(seeded, ...voice);
    expect(result.exitCode).toBe(2);
    expect(result.stdout + result.stderr).toContain('--yes');
    expect(provider.requests.all).toHaveLength(0);
  });

  test('where there is no account, that comes before the question', async () => {
    const result = await run(emptyHome(provider));
    expect(result.exitCode).toBe(3);
    expect(said(result)).toBe('error: there are no accounts yet\n  → codex-auth login\n');
  });

  test('asks on a terminal, and takes no for an answer', async () => {
    const { home } = await homeOfAlice(provider);
    const result = await runWithAnswers(home, ['models', '--sample', '1'], [[/Send 1 request\?/, keys.enter]], atNoon);
    expect(result.exitCode).toBe(1);
    expect(trials()).toHaveLength(0);
    await runWithAnswers(home, ['models', '--sample', '1'], [[/Send 1 request\?/, `y${keys.enter}`]], atNoon);
    expect(trials()).toHaveLength(1);
  });
});

describe('the verdict', () => {
  const stream = (...events: object[]): Fault => ({
    kind: 'status',
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
  });
  const failing = { type: 'response.failed', response: { error: { code: 'server_error', message: 'it broke' } } };

  test.each<[string, Fault, string, number]>([
    ['available', { kind: 'normal' }, 'available', 0],
    ['failed, when the stream fails', stream({ type: 'response.created' }, failing), 'failed', 1],
    ['failed, when the stream breaks off', { kind: 'torn' }, 'failed', 1],
    ['forbidden', refused(403, 'forbidden'), 'forbidden', 1],
    ['rate limited', usageLimitReached(600), 'rate-limited', 1],
    ['refused', refused(400, 'invalid_request'), 'refused', 1],
    ['provider error', refused(503, 'overloaded'), 'provider-error', 5],
    ['malformed, when it is too much', { kind: 'huge', bytes: 3_000_000 }, 'malformed', 5],
  ])('%s', async (_name, fault, verdict, exitCode) => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('responses', fault);
    const result = await run(seeded, '--yes', '--model', 'gpt-6.1-sol', '--json');
    expect(verdictsOf(result)).toEqual([[['gpt-6.1-sol', verdict]]]);
    expect(result.exitCode).toBe(exitCode);
    expect(provider.requests.refreshes()).toHaveLength(0);
    expect(trials()).toHaveLength(1);
  });

  test.each<[string, Fault, string]>([
    ['a page', { kind: 'garbage' }, 'intercepted'],
    ['a redirect', { kind: 'redirect', to: 'http://127.0.0.1:9/' }, 'intercepted'],
    ['a region refusal', refused(403, 'unsupported_country_region_territory'), 'region'],
  ])('is none after %s, which would come for every model and account', async (_name, fault, code) => {
    const seeded = await seededHome(provider);
    provider.scenario.on('responses', fault);
    const result = await run(seeded, '--yes', '--json', '--model', 'gpt-6.1-sol');
    const { data } = JSON.parse(result.stdout);
    expect(data.accounts.map(({ failure }: { failure?: { code: string } }) => failure?.code)).toEqual(
      Array(3).fill(code),
    );
    expect(result.exitCode).toBe(5);
    const text = said(await run(seeded, '--yes', '--model', 'gpt-6.1-sol'));
    expect(text.match(/VPN/g)).toHaveLength(1);
  });

  test('is timeout when no word comes in time', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('responses', { kind: 'hang' });
    const result = await run(seeded, '--yes', '--model', 'slow', '--timeout', '0.3', '--json');
    expect(verdictsOf(result)).toEqual([[['slow', 'timeout']]]);
    expect(result.exitCode).toBe(5);
  });

  test('comes with the first word, however long the rest takes', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('responses', { kind: 'drip', intervalMs: 0 });
    const result = await run(seeded, '--yes', '--model', 'gpt-6.1-sol', '--json');
    expect(verdictsOf(result)).toEqual([[['gpt-6.1-sol', 'available']]]);
  });
});

describe('an account that cannot be used', () => {
  test('is refreshed once when its token is refused, and then asked', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('responses', refused(401, 'token_expired'), { times: 1 });
    expect((await run(seeded, '--yes', '--sample', '2')).exitCode).toBe(0);
    expect(provider.requests.refreshes()).toHaveLength(1);
    expect(trials()).toHaveLength(3);
  });

  test('is not asked again and again when its token stays refused', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('responses', refused(401, 'token_expired'));
    const result = await run(seeded, '--yes', '--json');
    expect(result.exitCode).toBe(1);
    expect(dataOf(modelsCommand, result).accounts).toMatchObject([{ trials: [], failure: { code: 'unauthorized' } }]);
    expect(provider.requests.refreshes()).toHaveLength(1);
    expect(trials()).toHaveLength(2);
  });

  test('is named with what to do, and the others are tried', async () => {
    const seeded = await seededHome(provider);
    await seeded.addAccount('acc_dead', { ...bob, expiresInSeconds: -60 }, known);
    provider.revokeAccount(bob);
    const result = await run(seeded, '--yes', '--sample', '1');
    expect(result.exitCode).toBe(1);
    expect(said(result)).toContain('3 available');
    expect(said(result)).toMatch(/bob@example.com.*codex-auth login/);
    expect(trials()).toHaveLength(3);
  });

  test('says why beneath each model, in full, where the terminal has no room beside it', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.unavailableModels = ['gpt-6.1-sol'];
    const variables = { COLUMNS: '', TERM: 'xterm', NO_COLOR: '1', LANG: 'C.UTF-8' };
    const { stdout } = await runCli(seeded.home, ['models', '--yes', '--sample', '1'], {
      ...atNoon,
      terminal: { columns: 40 },
      variables,
    });
    expect(stdout).toMatchInlineSnapshot(`
      "ACCOUNT         MODEL        VERDICT
      alice@example…  gpt-6.1-sol  unsupported
        The 'gpt-6.1-sol' model is not
          supported when using Codex with a
          ChatGPT account.
      1 unsupported
      "
    `);
  });

  test('ends with 5 when nobody is reached', async () => {
    const seeded = await homeOfAlice(provider);
    for (const endpoint of ['models', 'responses'] as const) provider.scenario.on(endpoint, challenge());
    const result = await run(seeded, '--yes');
    expect(result.exitCode).toBe(5);
    expect(said(result)).toContain('no model was tried');
    expect(said(result)).not.toContain('spends quota');
  });
});

describe('as a table for a spreadsheet', () => {
  test('--csv has exactly four columns, with the models joined by semicolons', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', alice, known);
    await seeded.addAccount('acc_dead', { ...bob, expiresInSeconds: -60 }, known);
    provider.revokeAccount(bob);
    provider.scenario.unavailableModels = ['gpt-5.5-codex'];
    const { stdout } = await run(seeded, '--yes', '--csv');
    expect(stdout.replaceAll(seeded.home.poolFile, '<pool>')).toBe(
      `file,account_id,sample_models,available\n` +
        `<pool>,${alice.accountId},gpt-6.1-sol;gpt-5.5-codex;gpt-5.5-codex-spark,gpt-6.1-sol;gpt-5.5-codex-spark\n` +
        `<pool>,${bob.accountId},,\n`,
    );
  });

  test('--out writes the file and leaves the terminal alone', async () => {
    const seeded = await homeOfAlice(provider);
    const { stdout } = await run(seeded, '--yes', '--csv', '--sample', '1', '--out', 'models.csv');
    expect(stdout).toBe('');
    const written = readFileSync(join(seeded.home.cwd, 'models.csv'), 'utf8');
    expect(written).toContain(`,${alice.accountId},gpt-6.1-sol,gpt-6.1-sol\n`);
  });

  test.each([['0'], ['-1'], ['some'], ['1.5']])('--sample %s is a mistake', async (count) => {
    const seeded = await homeOfAlice(provider);
    expect((await run(seeded, '--yes', `--sample=${count}`)).exitCode).toBe(2);
    expect(provider.requests.all).toHaveLength(0);
  });

  test('no request is spent on a model without a name', async () => {
    const seeded = await homeOfAlice(provider);
    for (const name of ['', ' ']) {
      const { exitCode, stderr } = await run(seeded, '--yes', `--model=${name}`);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--model needs a model')]);
    }
    expect(provider.requests.all).toHaveLength(0);
  });
});
