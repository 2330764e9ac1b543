import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { redeemCommand } from '../../src/cli/commands/redeem.js';
import { runCli, runJson } from '../support/cli.js';
import { refused } from '../support/provider/faults.js';
import { endpointPaths, type Fault } from '../support/provider/scenario.js';
import { exhaust, homeWithCredits, unsettledIn } from '../support/redeem-home.js';
import { alice, carol, type RefreshHome } from '../support/refresh-home.js';
import { dataOf, factsAbout, said } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
let seeded: RefreshHome;
beforeEach(async () => {
  seeded = await homeWithCredits(provider, temporaryDirectory());
});

const consumed = () => provider.requests.to(endpointPaths.consumeResetCredit);
const idsSent = () => consumed().map(({ body }) => (body as { redeem_request_id: string }).redeem_request_id);
const spent = () => [alice, carol].map(({ accountId }) => provider.resetCredits.spentBy(accountId));
const redeem = (...words: string[]) => runJson(seeded.home, ['redeem', ...words, '--yes']);

describe('redeem', () => {
  test('shows the credit and what it would change, spends one, and says how the account is now', async () => {
    const result = await runCli(seeded.home, ['redeem', 'alice', '--yes']);
    expect(result.exitCode).toBe(0);
    expect(
      said(result).replaceAll(/(?:\d{4}-\d\d-\d\d )?\d\d:\d\d|in [\dhdms ]+|just read/g, '…'),
    ).toMatchInlineSnapshot(`
      "✓ A reset credit of alice@example.com (Personal) is spent, and its windows are full

      1  alice@example.com · Personal · plus · …
         5h   100% left, resets …, …
         7d   100% left, resets …, …
         credits none
         resets  1 to spend, expiry unknown
      alice@example.com (Personal): 1 of 2 reset credits (Rate limit reset), expires …, …
        would be full again: 5h window, 0% left, resets by itself …, …
        would be full again: 7d window, 0% left, resets by itself …, …
      "
    `);
    expect(spent()).toEqual([1, 0]);
    expect(unsettledIn(seeded)).toEqual([]);
    // The credit that would have expired first is spent, as the account that was named.
    expect(consumed()[0]).toMatchObject({
      body: { credit_id: 'rc_1111_1' },
      headers: { 'chatgpt-account-id': alice.accountId },
    });
  });

  test('has the published shape', async () => {
    const result = await redeem('alice');
    const data = dataOf(redeemCommand, result);
    expect(data).toMatchObject({ outcome: 'reset', repeated: false, windows: ['5h', '7d'], creditId: 'rc_1111_1' });
    expect(data.usage?.quota?.usableNowPercent).toBe(100);
  });

  test('asks first, and spends nothing on a no', async () => {
    const terminal = { columns: 100 };
    const no = await runCli(seeded.home, ['redeem', 'alice'], { terminal, stdin: 'n\n', variables: { TERM: 'dumb' } });
    expect(no.exitCode).toBe(1);
    expect(no.stderr).toContain('1 of 2 reset credits (Rate limit reset), expires 2100-11-25 12:00');
    expect(no.stderr).toContain('nothing was spent');
    const yes = await runCli(seeded.home, ['redeem', 'alice'], { terminal, stdin: 'y\n', variables: { TERM: 'dumb' } });
    expect(yes.exitCode).toBe(0);
    expect(spent()).toEqual([1, 0]);
  });

  test('without a person to ask it tells what it would spend, and needs --yes', async () => {
    const { exitCode, document } = await runJson(seeded.home, ['redeem', 'alice']);
    expect(exitCode).toBe(2);
    expect(document.error).toMatchObject({ code: 'confirmation-needed', hint: 'add --yes' });
    expect(document.error.message).toContain('1 of 2 reset credits');
    expect(consumed()).toEqual([]);
  });

  test('refuses where nothing is used up, and where there is no credit', async () => {
    provider.scenario.setUsage(alice.accountId, { fiveHourPercent: 99, weeklyPercent: 50 });
    const full = await redeem('alice');
    expect(full.exitCode).toBe(1);
    expect(full.document.error).toMatchObject({ code: 'not-allowed', hint: 'codex-auth usage --live' });
    exhaust(provider, alice);
    provider.resetCredits.clear();
    const none = await redeem('alice');
    expect(none.document.error.message).toContain('no reset credit to spend');
    expect(consumed()).toEqual([]);
  });

  test('a model limit or a budget that is used up is nothing that a credit fills', async () => {
    provider.scenario.setUsage(alice.accountId, {
      weeklyPercent: 40,
      overrides: { spend_control: { reached: true, individual_limit: { used_percent: 100, remaining_percent: 0 } } },
    });
    expect((await redeem('alice')).document.error.code).toBe('not-allowed');
    expect(consumed()).toEqual([]);
  });

  test('afterwards nothing of the old exhaustion is left, whatever the next question comes to', async () => {
    await runCli(seeded.home, ['usage', 'alice']);
    provider.scenario.on('usage', { kind: 'normal' }, { times: 2 });
    provider.scenario.on('usage', { kind: 'status', status: 503 });
    const { exitCode } = await redeem('alice');
    expect(exitCode).toBe(0);
    expect(factsAbout(seeded, 'acc_home').quota).toBeUndefined();
    expect(factsAbout(seeded, 'acc_home').health?.rateLimitedUntil).toBeUndefined();
  });
});

const lost: readonly (readonly [string, Fault])[] = [
  ['cut off after it was worked on', { kind: 'resetAfterProcessing' }],
  ['answered with 500 after it was worked on', { kind: 'processedThen500' }],
  ['half answered', { kind: 'torn' }],
  ['answered with a page', { kind: 'garbage' }],
  ['cut off before anybody saw it', { kind: 'reset' }],
  ['refused with a conflict', refused(409, 'in_progress')],
  ['answered in words that nobody knows', { kind: 'status', status: 200, body: { code: 'maybe' } }],
];

describe('a request that is', () => {
  test.each(lost)('%s is asked about with the same id, and spends one credit in all', async (_, fault) => {
    provider.scenario.on('consumeResetCredit', fault, { times: 1 });
    const first = await redeem('alice');
    expect(first.exitCode).toBe(5);
    const data = dataOf(redeemCommand, first);
    expect(data).toMatchObject({ outcome: 'unknown', failure: { code: 'unknown-outcome' } });
    expect(data.failure?.hint).toContain('codex-auth redeem 1');
    expect(unsettledIn(seeded)).toMatchObject([{ requestId: data.requestId, account: { id: 'acc_home' } }]);

    const second = await redeem('alice');
    expect(second.exitCode).toBe(0);
    expect(dataOf(redeemCommand, second)).toMatchObject({ repeated: true, requestId: data.requestId });
    expect(new Set(idsSent())).toEqual(new Set([data.requestId]));
    expect(spent()).toEqual([1, 0]);
    expect(unsettledIn(seeded)).toEqual([]);
  });

  test('never answered ends with its time, and one answered late is taken', async () => {
    provider.scenario.on('consumeResetCredit', { kind: 'hang' }, { times: 1 });
    const never = await runJson(seeded.home, ['redeem', 'alice', '--yes'], { spendingDeadlineMs: 300 });
    expect(never.document.data).toMatchObject({ outcome: 'unknown' });
    provider.scenario.on('consumeResetCredit', { kind: 'slow', ms: 400 }, { times: 1 });
    // `--timeout` does not shorten the wait for this answer.
    const late = await runJson(seeded.home, ['redeem', 'alice', '--yes', '--timeout', '1']);
    expect(late.document.data).toMatchObject({ outcome: 'reset', repeated: true });
    expect(new Set(idsSent()).size).toBe(1);
  });

  test('answered twice counts once', async () => {
    provider.scenario.on('consumeResetCredit', { kind: 'duplicated' });
    expect((await redeem('alice')).document.data).toMatchObject({ outcome: 'reset' });
    expect(spent()).toEqual([1, 0]);
  });

  test.each([401, 402, 403, 404, 429])('refused with %i has spent nothing, and is forgotten', async (status) => {
    provider.scenario.on('consumeResetCredit', refused(status, 'no_such_thing'));
    const { exitCode, document } = await redeem('alice');
    expect(document.data).toMatchObject({ outcome: 'failed' });
    expect(exitCode).not.toBe(0);
    expect(unsettledIn(seeded)).toEqual([]);
  });

  test('refused when it is repeated stays open, because that says nothing of what was sent before', async () => {
    provider.scenario.on('consumeResetCredit', { kind: 'reset' }, { times: 1 });
    provider.scenario.on('consumeResetCredit', refused(403, 'no_such_thing'), { times: 1 });
    const ids = [await redeem('alice'), await redeem('alice'), await redeem('alice')].map(
      ({ document }) => document.data.requestId,
    );
    expect(new Set(ids).size).toBe(1);
    expect(spent()).toEqual([1, 0]);
  });

  test('open for one account is none for another', async () => {
    provider.scenario.on('consumeResetCredit', { kind: 'resetAfterProcessing' }, { times: 1 });
    await redeem('alice');
    const other = await redeem('carol');
    expect(other.document.data).toMatchObject({ outcome: 'reset', repeated: false });
    expect(new Set(idsSent()).size).toBe(2);
    expect(spent()).toEqual([1, 1]);
    expect(unsettledIn(seeded)).toMatchObject([{ account: { id: 'acc_home' } }]);
  });

  test('open, with nothing used up any more and its credit still there, is not sent again', async () => {
    provider.scenario.on('consumeResetCredit', { kind: 'reset' }, { times: 1 });
    await redeem('alice');
    provider.scenario.setUsage(alice.accountId, { weeklyPercent: 10 });
    const { document } = await redeem('alice');
    expect(document.error.message).toContain('its credit is still there');
    expect(consumed()).toHaveLength(1);
    exhaust(provider, alice);
    expect((await redeem('alice')).document.data).toMatchObject({ outcome: 'reset', repeated: true });
    expect(new Set(idsSent()).size).toBe(1);
  });

  test('remembered in a file that cannot be understood keeps everything from being spent', async () => {
    const path = join(seeded.home.root, 'redemptions.json');
    mkdirSync(seeded.home.root, { recursive: true });
    for (const content of ['{', '[]', '{"version":1,"unsettled":[{}]}', '{"version":2,"unsettled":[]}']) {
      writeFileSync(path, content);
      const { exitCode, document } = await redeem('alice');
      expect(exitCode).toBe(6);
      expect(document.error.message).toContain(path);
      expect(readFileSync(path, 'utf8')).toBe(content);
    }
    expect(consumed()).toEqual([]);
  });
});

test('two at once, each agreed to, spend one credit for one use: the second finds nothing used up', async () => {
  const results = await Promise.all([redeem('alice'), redeem('alice')]);
  expect(results.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1]);
  expect(spent()).toEqual([1, 0]);
});
