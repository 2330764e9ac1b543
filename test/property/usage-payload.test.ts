import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitReset } from '../../src/core/provider/backend-call.js';
import { bindingQuota } from '../../src/core/quota/binding-quota.js';
import { parseResetCredits } from '../../src/core/quota/reset-credits.js';
import { QuotaViewSchema, toQuotaView, toSnapshot } from '../../src/core/quota/snapshot.js';
import { isQuotaSnapshot } from '../../src/core/quota/usage.js';
import { parseUsage } from '../../src/core/quota/usage-payload.js';
import { fullPayload, observedAt } from '../unit/quota/payloads.js';

const runs = { numRuns: 500 };

/** What a server could put in place of anything. */
const oddity = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(null, '', 'NaN', '-1', -1, 0, 1e300, -1e300, 12.5, '55', '1e999', [], {}, true, '2026-12-01'),
  fc.double(),
);

type Path = readonly (string | number)[];

/** The path of every value in a JSON document, the document itself excepted. */
function pathsOf(value: unknown, prefix: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [[...prefix, key], ...pathsOf(child, [...prefix, key])]);
}

function replaced(value: unknown, path: Path, by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, child]) => [
    name,
    name === String(key) ? replaced(child, rest, by) : child,
  ]);
  return Array.isArray(value) ? entries.map(([, child]) => child) : Object.fromEntries(entries);
}

const mutated = fc
  .array(fc.tuple(fc.constantFrom(...pathsOf(fullPayload)), oddity), { minLength: 1, maxLength: 4 })
  .map((changes) => changes.reduce<unknown>((json, [path, by]) => replaced(json, path, by), fullPayload));

function expectSound(json: unknown): void {
  const parsed = parseUsage(json, { observedAt });
  if (parsed.kind === 'malformed') return;
  const snapshot = toSnapshot(parsed.usage);
  expect(isQuotaSnapshot(snapshot)).toBe(true);
  for (const model of [{}, { model: 'GPT-5.5-Codex-Spark' }]) {
    const view = toQuotaView(bindingQuota(snapshot, observedAt, model), 'live', observedAt);
    expect(QuotaViewSchema.safeParse(view).error).toBeUndefined();
  }
}

describe('the usage parser', () => {
  it('never throws, and what it accepts can be stored and shown, for any JSON', () => {
    fc.assert(fc.property(fc.jsonValue(), expectSound), runs);
  });

  it('nor for real answers with oddities in them', () => {
    fc.assert(fc.property(mutated, expectSound), runs);
  });

  it('nor for values that JSON cannot even hold', () => {
    fc.assert(fc.property(fc.anything(), expectSound), runs);
  });

  it('never makes up a share: a window without one is missing, the other stays', () => {
    const broken = fc.constantFrom<unknown>(null, 'NaN', '1e999', {}, [], true, Number.NaN, Number.POSITIVE_INFINITY);
    fc.assert(
      fc.property(broken, (value) => {
        const json = replaced(fullPayload, ['rate_limit', 'primary_window', 'used_percent'], value);
        const parsed = parseUsage(json, { observedAt });
        if (parsed.kind !== 'ok') throw new Error(parsed.reason);
        expect(parsed.usage.windows.map(({ id }) => id)).toEqual(['7d']);
        const quota = bindingQuota(toSnapshot(parsed.usage), observedAt);
        expect(toQuotaView(quota, 'live', observedAt)).not.toHaveProperty('usableNowPercent');
      }),
      runs,
    );
  });
});

it('the other parsers never throw either', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      parseResetCredits(value);
      limitReset(value, observedAt);
    }),
    runs,
  );
});
