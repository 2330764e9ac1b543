import { describe, expect, it } from 'vitest';
import {
  describeReason,
  describeRecommendation,
  type Reason,
  type RecommendationReason,
} from '../../../src/core/decision/reasons.js';

const time = (ms: number) => `at ${ms}`;

describe('describeReason', () => {
  it.each<[Reason, string]>([
    [{ code: 'disabled' }, 'disabled by you'],
    [{ code: 'flagged' }, 'flagged: its login needs attention'],
    [{ code: 'sign-in-needed' }, 'needs a new sign-in'],
    [{ code: 'sign-in-needed', cause: 'rotation-lost' }, 'needs a new sign-in (rotation-lost)'],
    [{ code: 'shut-out' }, 'not let in right now'],
    [{ code: 'window-exhausted', windowId: '5h', resetsAt: 9 }, '5h window used up, resets at 9'],
    [{ code: 'window-exhausted', windowId: '7d', limitName: 'Spark' }, '7d window of Spark used up'],
    [{ code: 'limit-reached' }, 'the provider refuses requests'],
    [
      { code: 'limit-reached', type: 'spend_control', resetsAt: 9 },
      'the provider refuses requests (spend_control), until at 9',
    ],
    [{ code: 'cooling-down', until: 9, cause: 'network-error' }, 'cooling down after a network error until at 9'],
    [{ code: 'rate-limited', until: 9 }, 'rate limited until at 9'],
    [{ code: 'session-account' }, 'the conversation already runs on it'],
    [{ code: 'poor-health', state: 'degraded', score: 60 }, 'degraded (health 60)'],
    [
      { code: 'quota-lapsing', windowId: '7d', remainingPercent: 60.7, resetsAt: 9, percentPerHour: 0.608 },
      '60 % left of the 7d window lapses at 9 (0.6 % an hour)',
    ],
    [{ code: 'little-headroom', windowId: '5h', remainingPercent: 4 }, 'only 4 % left of the 5h window'],
    [{ code: 'mostly-used', usedPercent: 99.9 }, '99 % used'],
    [{ code: 'quota-unknown' }, 'quota unknown'],
    [{ code: 'quota-old', observedAt: 9 }, 'quota last seen at 9'],
    [{ code: 'access-token-expired', at: 9 }, 'access token expired at 9; quota cannot be read until it is refreshed'],
    [{ code: 'refresh-refused' }, 'the last refresh was refused'],
    [{ code: 'long-unused', lastUsedAt: 9 }, 'last used at 9'],
  ])('of %j', (reason, sentence) => {
    expect(describeReason(reason, time)).toBe(sentence);
  });
});

describe('describeRecommendation', () => {
  it.each<[RecommendationReason, string]>([
    [{ code: 'only-ready' }, 'the only account that is ready'],
    [{ code: 'keeps-session' }, 'the conversation already runs on it and it is healthy'],
    [{ code: 'better-health' }, 'in better health than the others'],
    [{ code: 'more-headroom' }, 'its short window has more headroom than the others'],
    [
      { code: 'lapses-soonest', windowId: '7d', remainingPercent: 60, resetsAt: 9 },
      '60 % left of its 7d window would lapse soonest (at 9)',
    ],
    [{ code: 'already-active' }, 'as good as any, and in use already'],
    [{ code: 'first-in-order' }, 'as good as any and first in order'],
  ])('of %j', (reason, sentence) => {
    expect(describeRecommendation(reason, time)).toBe(sentence);
  });
});
