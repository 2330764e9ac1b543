import { afterEach, expect, test } from 'vitest';
import { formatMoment } from '../../src/cli/render/time.js';

afterEach(() => {
  process.env['TZ'] = 'UTC';
});

test.each([
  ['UTC', 'over the end of a year', '2026-12-31T23:59Z', '2027-01-01T00:01Z', '2027-01-01 00:01'],
  ['Etc/GMT+12', 'where the year has not ended yet', '2026-12-31T23:59Z', '2027-01-01T00:01Z', '12:01'],
  ['Pacific/Kiritimati', 'where it ended long ago', '2026-12-31T23:59Z', '2027-01-01T00:01Z', '14:01'],
  ['Pacific/Kiritimati', 'over a midnight of its own', '2026-12-31T09:59Z', '2026-12-31T10:01Z', '2027-01-01 00:01'],
  ['UTC', 'on the day before a leap day', '2028-02-28T12:00Z', '2028-02-29T12:00Z', '2028-02-29 12:00'],
  ['Europe/Berlin', 'over an hour that is left out', '2027-03-28T00:59Z', '2027-03-28T01:00Z', '03:00'],
  ['Europe/Berlin', 'in an hour that comes twice', '2027-10-31T00:30Z', '2027-10-31T01:30Z', '02:30'],
  ['America/New_York', 'over an hour that is left out', '2027-03-14T06:59Z', '2027-03-14T07:00Z', '03:00'],
  ['America/New_York', 'in an hour that comes twice', '2027-11-07T05:30Z', '2027-11-07T06:30Z', '01:30'],
])('a time in %s, %s, has a date when it is not today there', (zone, _when, now, at, shown) => {
  process.env['TZ'] = zone;
  expect(formatMoment(Date.parse(at), Date.parse(now))).toBe(shown);
});
