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
    [{ code: 'cooling-down', until: 9, cause: 'server-error' }, 'cooling down after a server error until at 9'],
    [{ code: 'cooling-down', until: 9, cause: 'rate-limited' }, 'cooling down after a rate limit until at 9'],
    [{ code: 'session-account' }, 'the conversation already runs on it'],
    [{ code: 'preferred' }, 'preferred by you'],
    [{ code: 'kept-for-last' }, 'kept for last by you'],
    [{ code: 'unlimited' }, 'nothing limits it'],
    [{ code: 'poor-health', state: 'degraded', score: 60 }, 'degraded (health 60)'],
    [
      { code: 'quota-lapsing', windowId: '7d', remainingPercent: 60.7, resetsAt: 9, percentPerHour: 0.608 },
      '60% left of its 7d window, resets at 9 (0.6% an hour would use it all)',
    ],
    [
      { code: 'quota-lapsing', windowId: '7d', remainingPercent: 60, resetsAt: 9, percentPerHour: 1 },
      '60% left of its 7d window, resets at 9 (1% an hour would use it all)',
    ],
    [
      { code: 'quota-lapsing', windowId: '7d', remainingPercent: 60, resetsAt: 9, percentPerHour: 12.7 },
      '60% left of its 7d window, resets at 9 (12% an hour would use it all)',
    ],
    [
      { code: 'quota-lapsing', windowId: '30d', remainingPercent: 2, resetsAt: 9, percentPerHour: 0.004 },
      '2% left of its 30d window, resets at 9 (<0.01% an hour would use it all)',
    ],
    [{ code: 'little-headroom', windowId: '5h', remainingPercent: 4 }, 'only 4% left of its 5h window'],
    [{ code: 'mostly-used', windowId: '5h', remainingPercent: 29.9 }, '29% left of its 5h window'],
    [{ code: 'refused', cause: 'deactivated_workspace', at: 9 }, 'its workspace has been deactivated, as of at 9'],
    [{ code: 'refused', cause: 'some_new_word', at: 9 }, 'the provider refuses it (some_new_word), as of at 9'],
    [{ code: 'model-unavailable', model: 'gpt-6-astra', availableAt: 9 }, 'gpt-6-astra is not available before at 9'],
    [
      { code: 'reserve-reached', windowId: '7d', remainingPercent: 12, reservePercent: 20, resetsAt: 9 },
      '12% left of its 7d window, and you keep 20% for yourself, resets at 9',
    ],
    [{ code: 'on-credits', balance: '489.25' }, 'would go on with credits (489.25)'],
    [{ code: 'window-exhausted', windowId: 'budget', resetsAt: 9 }, 'budget used up, resets at 9'],
    [
      { code: 'little-headroom', windowId: 'unknown', remainingPercent: 4 },
      'only 4% left of its window of unknown length',
    ],
    [{ code: 'window-idle', windowId: '5h' }, 'its 5h window is full and starts with the first use'],
    [{ code: 'quota-unknown' }, 'quota unknown'],
    [{ code: 'quota-unknown', isPartly: true }, 'a part of its quota is unknown'],
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
    [{ code: 'better-health' }, 'in better health than the next one'],
    [
      {
        code: 'more-headroom',
        mine: { windowId: '5h', remainingPercent: 80 },
        others: { windowId: '7d', remainingPercent: 1 },
      },
      '80% left of its 5h window; the next one has only 1% left of its 7d window',
    ],
    [
      {
        code: 'more-headroom',
        mine: { windowId: '7d', remainingPercent: 4 },
        others: { windowId: '5h', remainingPercent: 9 },
      },
      '4% left of its 7d window; the next one has 9% left of its 5h window, which ends a session sooner',
    ],
    [
      { code: 'more-headroom', mine: { windowId: '5h', remainingPercent: 80 } },
      '80% left of its 5h window; how much the next one has left is unknown',
    ],
    [
      { code: 'more-headroom', others: { windowId: '7d', remainingPercent: 1 } },
      'its quota is unknown; the next one has only 1% left of its 7d window',
    ],
    [
      { code: 'most-to-lose', windowId: '7d', remainingPercent: 60, resetsAt: 9 },
      '60% left of its 7d window, which resets at 9: harder to use up in time than the next one',
    ],
    [
      { code: 'only-credits', balance: '489.25' },
      'no account has quota left, and this one goes on with credits (489.25)',
    ],
    [{ code: 'only-credits' }, 'no account has quota left, and this one goes on with credits'],
    [
      { code: 'only-credits', balance: '5', isQuotaLeft: true },
      'no account is ready, and this one goes on with credits (5)',
    ],
    [{ code: 'others-last' }, 'you keep the others that are ready for last'],
    [{ code: 'unlimited' }, 'nothing limits it'],
    [{ code: 'preferred' }, 'you prefer it'],
    [{ code: 'window-idle', windowId: '5h' }, 'its 5h window is full and starts with the first use'],
    [{ code: 'window-left', windowId: '5h', remainingPercent: 80 }, '80% left of its 5h window'],
    [
      { code: 'window-left', windowId: '5h', remainingPercent: 80, resetsAt: 9 },
      '80% left of its 5h window, resets at 9',
    ],
    [{ code: 'just-switched' }, 'in use since a moment ago'],
    [{ code: 'already-active' }, 'in use already, and no other is better by enough to move'],
    [{ code: 'first-in-order' }, 'the first of those that come out the same'],
  ])('of %j', (reason, sentence) => {
    expect(describeRecommendation(reason, time)).toBe(sentence);
  });
});
