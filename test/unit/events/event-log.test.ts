import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type AccountEvent, makeEvent } from '../../../src/core/events/event.js';
import { appendEvents, keepEvents, maxEventLogBytes, readEvents } from '../../../src/core/events/event-log.js';
import { emptyMemory, readMemory, writeMemory } from '../../../src/core/events/memory.js';
import type { Root } from '../../../src/core/storage/root.js';
import { modeOf, testRoot } from '../../support/stored-accounts.js';

function newRoot(): Root {
  const root = testRoot();
  mkdirSync(root.paths.root, { recursive: true });
  return root;
}

const restored = (name: string): AccountEvent =>
  makeEvent('restored', { at: Date.UTC(2026, 10, 21), accounts: [{ id: 'acc_a', name }] });

describe('the log of events', () => {
  it('has each event once, for its owner only', async () => {
    const root = newRoot();
    const [first, second] = [restored('one'), restored('two')];
    await keepEvents(root, [first]);
    await keepEvents(root, [first, second]);
    expect(readEvents(root)).toEqual([first, second]);
    expect(modeOf(root.paths.events)).toBe(0o600);
  });

  it('passes over torn lines and what is none of ours', () => {
    const root = newRoot();
    const [first, second] = [restored('one'), restored('two')];
    appendEvents(root, [first]);
    appendFileSync(root.paths.events, '{"name":"of-a-later-version","id":"evt_1"}\n{"name":"resto');
    appendEvents(root, [second]);
    expect(readEvents(root)).toEqual([first, second]);
  });

  it('stays within its bound, and keeps the newest', () => {
    const root = newRoot();
    for (let round = 0; round < 30; round += 1) {
      appendEvents(
        root,
        Array.from({ length: 20 }, (_, each) => restored(`${20 * round + each} ${'x'.repeat(2_000)}`)),
      );
      expect(statSync(root.paths.events).size).toBeLessThanOrEqual(maxEventLogBytes);
    }
    const names = readEvents(root).map(({ accounts }) => Number.parseInt(accounts[0]?.name ?? '', 10));
    expect(names.at(-1)).toBe(599);
    expect(names.length).toBeGreaterThan(100);
    expect(names).toEqual([...names].sort((a, b) => a - b));
  });
});

describe('what was told', () => {
  it('comes back from the disk, with what is still to be told', () => {
    const root = newRoot();
    const memory = {
      accounts: { acc_a: { name: 'alice', low: { '5h': 12 }, exhausted: true as const } },
      homes: { '/a': 'acc_a', '/b': null },
      untold: [restored('one')],
    };
    writeMemory(root, memory);
    expect(readMemory(root)).toEqual(memory);
    expect(modeOf(root.paths.eventMemory)).toBe(0o600);
  });

  it('starts from nothing where the file is damaged', () => {
    const root = newRoot();
    expect(readMemory(root)).toEqual(emptyMemory);
    writeFileSync(root.paths.eventMemory, readFileSync(import.meta.filename).subarray(0, 100));
    expect(readMemory(root)).toEqual(emptyMemory);
  });
});
