import { describe, expect, test } from 'vitest';
import { endByOurClock } from '../../../src/core/lineage/journal-answer.js';
import { tokenFor } from '../../support/unsigned-tokens.js';

const minute = 60_000;
const noon = Date.UTC(2026, 11, 1, 12);
const token = tokenFor({ exp: noon / 1000 + 3_600 });
const hour = 60 * minute;

describe('the end of an access token by our clock', () => {
  test.each<[string, { askedAt: number; now: number; serverDate: number }, number]>([
    ['whose answer came at once', { askedAt: noon, now: noon, serverDate: noon }, noon + hour],
    [
      'whose answer waited for a process that was stopped',
      { askedAt: noon, now: noon + hour, serverDate: noon },
      noon + hour,
    ],
    [
      'of a server whose clock is behind',
      { askedAt: noon + 5 * minute, now: noon + 5 * minute, serverDate: noon },
      noon + hour + 5 * minute,
    ],
    [
      'of a server whose clock is ahead',
      { askedAt: noon - 9 * minute, now: noon - 5 * minute, serverDate: noon },
      noon + hour - 5 * minute,
    ],
  ])('%s', (_what, { askedAt, now, serverDate }, end) => {
    expect(endByOurClock(token, now, serverDate, askedAt)).toBe(end);
  });
});
