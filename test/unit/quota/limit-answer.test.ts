import { describe, expect, it } from 'vitest';
import { parseLimitError, parseLimitHeaders } from '../../../src/core/quota/limit-answer.js';
import { observedAt } from './payloads.js';

describe('parseLimitError', () => {
  const body = { error: { type: 'usage_limit_reached', plan_type: 'plus', resets_at: 1_900_000_000 } };

  it.each([
    ['parsed JSON', body],
    ['the text of the body', JSON.stringify(body)],
  ])('reads when the limit resets from %s', (_, given) => {
    expect(parseLimitError(given, observedAt)).toEqual({
      type: 'usage_limit_reached',
      planType: 'plus',
      resetsAt: 1_900_000_000_000,
    });
  });

  it('counts from the answer when only the distance is named', () => {
    const distance = { error: { type: 'usage_limit_reached', resets_at: null, resets_in_seconds: '120' } };
    expect(parseLimitError(distance, observedAt)?.resetsAt).toBe(observedAt + 120_000);
  });

  it('knows no reset for a plan without Codex', () => {
    expect(parseLimitError({ error: { type: 'usage_not_included' } }, observedAt)).toEqual({
      type: 'usage_not_included',
    });
  });

  it.each([['<html>429</html>'], [''], ['{"error":'], [null], [{ error: 'slow down' }], [{ error: { code: 'x' } }]])(
    'finds no limit in %j',
    (given) => {
      expect(parseLimitError(given, observedAt)).toBeUndefined();
    },
  );
});

describe('parseLimitHeaders', () => {
  const headers = {
    'content-type': 'text/event-stream',
    'x-codex-primary-used-percent': '12.5',
    'x-codex-primary-window-minutes': '300',
    'x-codex-primary-reset-at': '1900000000',
    'x-codex-secondary-used-percent': '60',
    'x-codex-secondary-window-minutes': '10080',
    'x-codex-secondary-reset-at': '1900003600',
    'x-codex-limit-name': 'Codex',
    'x-codex-credits-has-credits': 'True',
    'x-codex-credits-unlimited': 'false',
    'x-codex-credits-balance': '9.99',
  };

  it('reads the ordinary family and the credits', () => {
    expect(parseLimitHeaders(headers, observedAt)).toEqual({
      activeLimit: 'codex',
      families: [
        {
          meteredFeature: 'codex',
          limitName: 'Codex',
          windows: [
            { id: '5h', durationSeconds: 18_000, usedPercent: 12.5, remainingPercent: 87.5, resetsAt: 1.9e12 },
            { id: '7d', durationSeconds: 604_800, usedPercent: 60, remainingPercent: 40, resetsAt: 1_900_003_600_000 },
          ],
        },
      ],
      credits: { hasCredits: true, unlimited: false, balance: '9.99' },
    });
  });

  it('reads the family of a model beside it and says which one bound the request', () => {
    const limits = parseLimitHeaders(
      {
        ...headers,
        'x-codex-active-limit': 'codex_bengalfox',
        'x-codex-bengalfox-primary-used-percent': '100',
        'x-codex-bengalfox-primary-window-minutes': '300',
        'x-codex-bengalfox-limit-name': 'GPT-5.5-Codex-Spark',
        'x-codex-rate-limit-reached-type': 'rate_limit_reached',
        'x-codex-promo-message': 'Upgrade',
      },
      observedAt,
    );
    expect(limits?.activeLimit).toBe('codex_bengalfox');
    expect(limits?.reachedType).toBe('rate_limit_reached');
    expect(limits?.promoMessage).toBe('Upgrade');
    expect(limits?.families.map(({ meteredFeature, limitName }) => [meteredFeature, limitName])).toEqual([
      ['codex', 'Codex'],
      ['codex_bengalfox', 'GPT-5.5-Codex-Spark'],
    ]);
    expect(limits?.families[1]?.windows).toEqual([
      { id: '5h', durationSeconds: 18_000, usedPercent: 100, remainingPercent: 0 },
    ]);
  });

  it.each([
    ['a share that is no number', { 'x-codex-primary-used-percent': 'NaN', 'x-codex-primary-window-minutes': '300' }],
    ['a negative share', { 'x-codex-primary-used-percent': '-12', 'x-codex-primary-window-minutes': '300' }],
  ])('knows no window with %s', (_, given) => {
    expect(parseLimitHeaders(given, observedAt)?.families).toEqual([{ meteredFeature: 'codex', windows: [] }]);
  });

  it('finds the reset of a window at a distance too', () => {
    const given = {
      'x-codex-secondary-used-percent': '1',
      'x-codex-secondary-window-minutes': '300',
      'x-codex-secondary-reset-after-seconds': '60',
    };
    expect(parseLimitHeaders(given, observedAt)?.families[0]?.windows).toEqual([
      { id: '5h', durationSeconds: 18_000, usedPercent: 1, remainingPercent: 99, resetsAt: observedAt + 60_000 },
    ]);
  });

  it('takes a window without a length for one of unknown length', () => {
    const [family] = parseLimitHeaders({ 'x-codex-primary-used-percent': '1' }, observedAt)?.families ?? [];
    expect(family?.windows).toEqual([{ id: 'unknown', usedPercent: 1, remainingPercent: 99 }]);
  });

  it.each<[string, Record<string, string>, object]>([
    ['credits', { 'x-codex-credits-unlimited': ' 1 ' }, { credits: { unlimited: true } }],
    ['no credits', { 'x-codex-credits-has-credits': '0' }, { credits: { hasCredits: false } }],
    ['a balance', { 'x-codex-credits-balance': '$5' }, { credits: { balance: '$5' } }],
    ['that a limit was reached', { 'x-codex-rate-limit-reached-type': 'a' }, { reachedType: 'a' }],
  ])('finds %s where there is nothing else', (_, given, expected) => {
    expect(parseLimitHeaders(given, observedAt)).toEqual({ activeLimit: 'codex', families: [], ...expected });
  });

  it.each([
    { 'x-codex-credits-has-credits': 'maybe' },
    { 'x-codex-promo-message': 'Upgrade' },
    { 'x-codex-active-limit': 'codex' },
    { 'my-x-codex-primary-used-percent': '1' },
    { 'x-codex-primary-used-percent-2': '1' },
    { 'x-codexes-primary-used-percent': '1' },
    { 'x-codex-tertiary-used-percent': '1' },
  ])('finds no limit in %j', (given: Record<string, string>) => {
    expect(parseLimitHeaders(given, observedAt)).toBeUndefined();
  });

  it('calls a family as the usage endpoint does, and the ordinary one comes first', () => {
    const given = {
      'x-codex-spark-mini-2-primary-used-percent': '1',
      'x-codex-primary-used-percent': '1',
      'x-codex-active-limit': ' Codex-Spark-Mini-2 ',
    };
    const limits = parseLimitHeaders(given, observedAt);
    expect(limits?.families.map(({ meteredFeature }) => meteredFeature)).toEqual(['codex', 'codex_spark_mini_2']);
    expect(limits?.activeLimit).toBe('codex_spark_mini_2');
  });

  it('finds nothing on an answer without limits', () => {
    expect(parseLimitHeaders({ 'content-type': 'text/html', 'x-codex-trace': '1' }, observedAt)).toBeUndefined();
  });
});
