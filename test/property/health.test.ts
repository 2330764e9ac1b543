import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HealthEvent } from '../../src/core/health/events.js';
import { applyEvent, type HealthState, isHealthState, readHealth } from '../../src/core/health/state.js';

const start = Date.UTC(2026, 10, 21, 12);
const settings = { networkErrorCooldownMs: 6_000 };

const event: fc.Arbitrary<HealthEvent> = fc.oneof(
  fc.constantFrom<HealthEvent>(
    { kind: 'success' },
    { kind: 'refreshed' },
    { kind: 'network-error' },
    { kind: 'server-error' },
    { kind: 'rate-limited' },
    { kind: 'refresh-failed', severity: 'soft' },
    { kind: 'refresh-failed', severity: 'hard' },
  ),
  fc.integer({ min: -1e7, max: 1e9 }).map((ms): HealthEvent => ({ kind: 'rate-limited', resetsAt: start + ms })),
);

/** Events with the time that passes before each; clocks may be set back. */
const history = fc.array(fc.tuple(event, fc.integer({ min: -1e6, max: 1e8 })), { minLength: 1, maxLength: 20 });

it('whatever happens, the score stays within 0..100, the state can be stored, and only a wait is shown', () => {
  fc.assert(
    fc.property(history, (events) => {
      let state: HealthState | undefined;
      let now = start;
      for (const [each, passed] of events) {
        now += passed;
        state = applyEvent(state, each, now, settings);
        expect(isHealthState(state)).toBe(true);
        const view = readHealth(state, now);
        expect(view.score).toBeGreaterThanOrEqual(0);
        expect(view.score).toBeLessThanOrEqual(100);
        expect(view.cooldown?.until ?? now + 1).toBeGreaterThan(now);
        if (each.kind === 'success' || each.kind === 'refreshed') expect(view).toMatchObject({ score: 100 });
        if (each.kind === 'rate-limited') expect(view.rateLimitedUntil).toBeDefined();
      }
    }),
  );
});

it('rest never lowers a score', () => {
  fc.assert(
    fc.property(history, fc.nat(1e9), fc.nat(1e9), (events, a, b) => {
      const state = events.reduce<HealthState | undefined>(
        (before, [each]) => applyEvent(before, each, start, settings),
        undefined,
      );
      const [sooner, later] = [Math.min(a, b), Math.max(a, b)];
      expect(readHealth(state, start + later).score).toBeGreaterThanOrEqual(readHealth(state, start + sooner).score);
    }),
  );
});
