import { expect, it } from 'vitest';
import { decide } from '../../../src/core/decision/decide.js';
import type { AccountFacts } from '../../../src/core/decision/facts.js';
import { ForecastViewSchema, toForecastView } from '../../../src/core/decision/forecast-view.js';
import { account, now, quota, withoutQuota } from './accounts.js';

function view(accounts: AccountFacts[]) {
  const request = { now, model: 'gpt-5.5' };
  return toForecastView(accounts, decide(accounts, request), request, (id) => (id === 'a' ? 'live' : 'cache'));
}

it('prints a decision as documented, with unknown members absent', () => {
  const forecast = view([
    account('a', 1, { email: 'ada@example.test' }),
    withoutQuota(account('b', 2)),
    account('c', 3, { quota: quota({ fiveHours: [0, 3] }) }),
  ]);
  expect(ForecastViewSchema.safeParse(JSON.parse(JSON.stringify(forecast))).success).toBe(true);
  expect(forecast).toMatchInlineSnapshot(`
    {
      "accounts": [
        {
          "availability": "ready",
          "email": "ada@example.test",
          "id": "a",
          "index": 1,
          "quota": {
            "observedAt": "2026-11-21T12:00:00.000Z",
            "source": "live",
            "usableNowPercent": 60,
            "windows": [
              {
                "durationSeconds": 18000,
                "id": "5h",
                "remainingPercent": 80,
                "resetsAt": "2026-11-21T15:00:00.000Z",
                "usedPercent": 20,
              },
              {
                "durationSeconds": 604800,
                "id": "7d",
                "remainingPercent": 60,
                "resetsAt": "2026-11-25T16:00:00.000Z",
                "usedPercent": 40,
              },
            ],
          },
          "reasons": [
            {
              "code": "quota-lapsing",
              "message": "60 % left of the 7d window lapses 2026-11-25T16:00:00.000Z (0.6 % an hour)",
            },
          ],
          "riskLevel": "low",
          "riskScore": 0,
          "score": 63.875,
          "state": "ready",
        },
        {
          "availability": "ready",
          "id": "b",
          "index": 2,
          "reasons": [
            {
              "code": "quota-unknown",
              "message": "quota unknown",
            },
          ],
          "riskLevel": "low",
          "riskScore": 10,
          "score": 56,
          "state": "unknown",
        },
        {
          "availability": "delayed",
          "availableAt": "2026-11-21T15:00:00.000Z",
          "id": "c",
          "index": 3,
          "quota": {
            "observedAt": "2026-11-21T12:00:00.000Z",
            "source": "cache",
            "usableNowPercent": 0,
            "windows": [
              {
                "durationSeconds": 18000,
                "id": "5h",
                "remainingPercent": 0,
                "resetsAt": "2026-11-21T15:00:00.000Z",
                "usedPercent": 100,
              },
            ],
          },
          "reasons": [
            {
              "code": "window-exhausted",
              "message": "5h window used up, resets 2026-11-21T15:00:00.000Z",
            },
          ],
          "riskLevel": "medium",
          "riskScore": 60,
          "score": 0,
          "state": "exhausted",
        },
      ],
      "model": "gpt-5.5",
      "recommendation": {
        "email": "ada@example.test",
        "id": "a",
        "index": 1,
        "reason": "its short window has more headroom than the others",
        "reasonCode": "more-headroom",
      },
    }
  `);
});

it('without a recommendation says when an account is back', () => {
  const forecast = view([account('c', 3, { quota: quota({ fiveHours: [0, 3] }) })]);
  expect(forecast).not.toHaveProperty('recommendation');
  expect(forecast.nextAvailable).toEqual({ id: 'c', availableAt: '2026-11-21T15:00:00.000Z' });
});
