import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeFlagged, decodePool, encodeFlagged, encodePool } from '../../src/core/pools/pool-codec.js';

type Values = Record<string, unknown>;

/** What `JSON.parse` makes of arbitrary JSON, keys such as `__proto__` included. */
const json = fc.json({ maxDepth: 3 }).map((text): unknown => JSON.parse(text));
const unknownKey = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'workspaces', 'coolingDownUntil', 'toString'),
  fc.string({ maxLength: 5 }).map((key) => `x-${key}`),
);
const unknownPart = fc.dictionary(unknownKey, json, { maxKeys: 4, noNullPrototype: true });

const accountKeys = [
  'recordId',
  'userId',
  'accountId',
  'accountIdSource',
  'accountLabel',
  'email',
  'planType',
  'workspaceName',
  'enabled',
  'refreshToken',
  'accessToken',
  'idToken',
  'expiresAt',
  'lastRefresh',
  'tokenGeneration',
  'addedAt',
  'lastUsed',
  'movedAt',
  'provenance',
  'authFile',
];
const plausible = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.integer().map(String),
  fc.boolean(),
  fc.constant({ issuer: 'i', clientId: 'c' }),
  fc.constant({ top: { a: 1 }, tokens: {} }),
  json,
);
const account = fc
  .tuple(fc.dictionary(fc.constantFrom(...accountKeys), plausible, { noNullPrototype: true }), unknownPart)
  .map(([known, unknown]) => ({ ...known, ...unknown }));
const entries = fc.array(fc.oneof({ weight: 4, arbitrary: account }, { weight: 1, arbitrary: json }), { maxLength: 5 });

const containerKeys = [
  'activeIndex',
  'activeIndexByFamily',
  'activeId',
  'previousId',
  'generation',
  'orderHash',
  'removed',
];
const pool = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...containerKeys), plausible, { noNullPrototype: true }),
    unknownPart,
    entries,
    fc.constantFrom({ version: 3 }, { version: 1 }, { version: '3' }, {}),
  )
  .map(([known, unknown, accounts, version]): Values => ({ ...known, ...unknown, ...version, accounts }));

const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const without = (values: Values, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)));

/** The file as text and back, as it would be on disk. */
const onDisk = (values: Values): Values => JSON.parse(JSON.stringify(values)) as Values;

function rewritten(file: Values): Values {
  const decoded = decodePool(file);
  if (decoded.kind !== 'ok') throw new Error(decoded.kind);
  return onDisk(encodePool(decoded.value));
}

it('arbitrary JSON gets a verdict', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(['ok', 'malformed', 'newer-version']).toContain(decodePool(value).kind);
      expect(['ok', 'malformed', 'newer-version']).toContain(decodeFlagged(value).kind);
    }),
  );
});

it('every container with a list of accounts is a pool', () => {
  fc.assert(
    fc.property(pool, (file) => {
      expect(decodePool(file).kind).toBe('ok');
    }),
  );
});

it('a rewrite keeps every entry, every unknown key and every value that could not be read', () => {
  fc.assert(
    fc.property(pool, (file) => {
      fc.pre(file['version'] !== 1 && file['version'] !== undefined);
      const before = file['accounts'] as unknown[];
      const after = rewritten(file);
      const ours = [...containerKeys, 'version', 'accounts', 'activeIndexWritten'];
      expect(without(after, ours)).toEqual(without(file, ours));

      const records = before.filter(isObject);
      const accounts = after['accounts'] as unknown[];
      expect(accounts.slice(records.length)).toEqual(before.filter((entry) => !isObject(entry)));
      records.forEach((record, position) => {
        const kept = accounts[position] as Values;
        // The id is stored, and made unique where two records claim one; nothing else changes in what was there.
        expect({ ...kept, recordId: 0 }).toEqual({ ...without(record, []), recordId: 0 });
      });
    }),
    { numRuns: 300 },
  );
});

it('model families and removals of every shape survive a rewrite', () => {
  const families = fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof(fc.nat(3), json), { noNullPrototype: true });
  const removed = fc.array(fc.oneof(json, fc.record({ email: fc.constant('a@x.io'), removedAt: fc.nat() })));
  fc.assert(
    fc.property(families, removed, entries, (activeIndexByFamily, tombstones, accounts) => {
      const after = rewritten({ version: 3, accounts, activeIndexByFamily, removed: tombstones });
      expect(Object.keys(after['activeIndexByFamily'] as Values).sort()).toEqual(
        Object.keys(activeIndexByFamily).sort(),
      );
      for (const [family, index] of Object.entries(activeIndexByFamily)) {
        if (isObject(index) || Array.isArray(index)) {
          expect((after['activeIndexByFamily'] as Values)[family]).toEqual(index);
        }
      }
      expect(after['removed']).toEqual(tombstones);
    }),
  );
});

it('ids are the same at every read before the first write, and after it', () => {
  const idsOf = (file: unknown) => {
    const decoded = decodePool(file);
    return decoded.kind === 'ok' ? decoded.value.accounts.map(({ id }) => id) : [];
  };
  fc.assert(
    fc.property(pool, (file) => {
      const ids = idsOf(file);
      expect(new Set(ids).size).toBe(ids.length);
      expect(idsOf(onDisk(file))).toEqual(ids);
      expect(idsOf(rewritten(file))).toEqual(ids);
    }),
  );
});

it('a second rewrite changes nothing but the count of writes', () => {
  fc.assert(
    fc.property(pool, (file) => {
      const once = rewritten(file);
      expect(rewritten(once)).toEqual(once);
    }),
  );
});

it('a flagged file keeps everything, too', () => {
  const flagKeys = fc.constantFrom('flaggedAt', 'flaggedReason', 'lastError', 'lastVerified', 'verificationCount');
  const setAside = fc
    .tuple(account, fc.dictionary(flagKeys, plausible, { noNullPrototype: true }))
    .map(([record, flag]) => ({ ...record, ...flag }));
  fc.assert(
    fc.property(fc.array(setAside, { maxLength: 4 }), unknownPart, (accounts, unknown) => {
      const decoded = decodeFlagged({ ...unknown, version: 1, accounts });
      if (decoded.kind !== 'ok') throw new Error(decoded.kind);
      const after = onDisk(encodeFlagged(decoded.value));
      const kept = (after['accounts'] as Values[]).map((record) => ({ ...record, recordId: 0 }));
      expect(kept).toEqual(accounts.map((record) => ({ ...record, recordId: 0 })));
      expect(without(after, ['accounts', 'version'])).toEqual(without(unknown, ['accounts', 'version']));
    }),
  );
});
