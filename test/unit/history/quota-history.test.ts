import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withKnowledge } from '../../../src/core/health/account-state.js';
import { updateAccountState } from '../../../src/core/health/state-store.js';
import type { Observation } from '../../../src/core/history/observation.js';
import {
  appendHistory,
  maxHistoryAgeMs,
  maxHistoryBytes,
  readHistory,
} from '../../../src/core/history/quota-history.js';
import type { Root } from '../../../src/core/storage/root.js';
import { modeOf, testRoot } from '../../support/stored-accounts.js';
import { quota } from '../decision/accounts.js';

function newRoot(): Root {
  const root = testRoot();
  mkdirSync(root.paths.root, { recursive: true });
  return root;
}

function observation(root: Root, changes: Partial<Observation> = {}): Observation {
  return { at: root.clock.now(), account: 'acc_a', window: '5h', usedPercent: 12, ...changes };
}

describe('the history of the quota', () => {
  it('has each answer of the provider once, and nothing that was known before', async () => {
    const root = newRoot();
    const snapshot = { ...quota({ fiveHours: [80, 3], week: [60, 100] }), observedAt: root.clock.now() };
    const learn = () => updateAccountState(root, (state) => withKnowledge(state, 'acc_a', { quota: { ...snapshot } }));
    await learn();
    await learn();
    const { observations } = readHistory(root);
    expect(observations.map(({ window, usedPercent }) => [window, usedPercent])).toEqual([
      ['5h', 20],
      ['7d', 40],
    ]);
    expect(observations[0]).toMatchObject({ account: 'acc_a', at: snapshot.observedAt });
    expect(modeOf(root.paths.quotaHistory)).toBe(0o600);
  });

  it('stays within its bound, and keeps the newest', () => {
    const root = newRoot();
    const account = `acc_${'x'.repeat(100)}`;
    for (let round = 0; round < 1_000; round += 1) {
      const ten = Array.from({ length: 10 }, (_, each) => ({ account, usedPercent: (10 * round + each) / 100 }));
      appendHistory(
        root,
        ten.map((changes) => observation(root, changes)),
      );
      if (round % 50 === 0) expect(statSync(root.paths.quotaHistory).size).toBeLessThanOrEqual(maxHistoryBytes);
    }
    expect(statSync(root.paths.quotaHistory).size).toBeLessThanOrEqual(maxHistoryBytes);
    expect(readHistory(root).observations.at(-1)?.usedPercent).toBe(99.99);
  });

  it('stays within its bound when one answer alone is beyond it', () => {
    const root = newRoot();
    appendHistory(
      root,
      Array.from({ length: 20_000 }, () => observation(root)),
    );
    expect(statSync(root.paths.quotaHistory).size).toBeLessThanOrEqual(maxHistoryBytes);
  });

  it('forgets what is older than five weeks', () => {
    const root = newRoot();
    const old = observation(root, { at: root.clock.now() - maxHistoryAgeMs - 1, account: 'acc_old' });
    writeFileSync(root.paths.quotaHistory, `${JSON.stringify(old)}\n`);
    expect(readHistory(root).observations).toEqual([]);
    appendHistory(root, [observation(root)]);
    expect(readFileSync(root.paths.quotaHistory, 'utf8')).not.toContain('acc_old');
  });

  it.each([
    ['what is no entry', ['', 'null', '[]', '{}', '{"at":1}', '"text"', '{"at":"x","account":1,"window":null}']],
    [
      'impossible numbers',
      [
        '{"at":-1,"account":"a","window":"5h","usedPercent":1}',
        '{"at":1e300,"account":"a","window":"5h","usedPercent":500}',
      ],
    ],
    ['bytes', ['\u0000\u0001\ufffd']],
  ])('passes over %s', (_, lines) => {
    const root = newRoot();
    writeFileSync(root.paths.quotaHistory, lines.join('\n'));
    const only = observation(root);
    appendHistory(root, [only]);
    expect(readHistory(root).observations).toEqual([only]);
  });

  it('loses no more than the line that a crash has cut off', () => {
    const root = newRoot();
    appendHistory(root, [observation(root)]);
    appendFileSync(root.paths.quotaHistory, '{"at":17');
    appendHistory(root, [observation(root, { usedPercent: 13 })]);
    expect(readHistory(root).observations.map(({ usedPercent }) => usedPercent)).toEqual([12, 13]);
  });

  it('does not believe a clock that was ahead', () => {
    const root = newRoot();
    appendHistory(root, [observation(root, { at: root.clock.now() + 86_400_000 })]);
    expect(readHistory(root).observations).toEqual([]);
  });

  it('never keeps the numbers of now from being stored', async () => {
    const root = newRoot();
    mkdirSync(root.paths.quotaHistory);
    await updateAccountState(root, (state) => withKnowledge(state, 'acc_a', { quota: quota({ week: [60, 100] }) }));
    expect(readFileSync(root.paths.accountState, 'utf8')).toContain('acc_a');
    expect(readHistory(root)).toEqual({ observations: [], foretellings: [] });
  });
});
