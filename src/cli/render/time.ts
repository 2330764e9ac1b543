const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A length of time as a person says it, two units at most: `2h 5m`, `3d 4h`, `45s`. */
export function formatDuration(ms: number): string {
  const total = Math.max(0, ms);
  if (total < minuteMs) return `${Math.floor(total / 1000)}s`;
  if (total < hourMs) return `${Math.floor(total / minuteMs)}m`;
  if (total < dayMs) return twoUnits(total, hourMs, 'h', minuteMs, 'm');
  return twoUnits(total, dayMs, 'd', hourMs, 'h');
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms % large) / small);
  return rest === 0 ? `${whole}${largeName}` : `${whole}${largeName} ${rest}${smallName}`;
}

/** A time in ISO 8601, or in milliseconds since the epoch, because writing a thousand as text takes long. */
export type Moment = string | number;

export function msOf(moment: Moment): number {
  return typeof moment === 'number' ? moment : Date.parse(moment);
}

/** `in 2h 5m` or `3d ago`. */
export function formatDistance(at: number, now: number): string {
  if (Math.abs(at - now) < 1000) return 'now';
  return at > now ? `in ${formatDuration(at - now)}` : `${formatDuration(now - at)} ago`;
}

/** Local time: the clock alone for the same day, with the date otherwise. */
export function formatMoment(at: number, now: number): string {
  const date = new Date(at);
  const clock = `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
  // Within two days no two days have the same number in their months.
  if (Math.abs(at - now) < 2 * dayMs && date.getDate() === new Date(now).getDate()) return clock;
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())} ${clock}`;
}

/** `14:10, in 2h 5m` */
export function formatWhen(at: number, now: number): string {
  return `${formatMoment(at, now)}, ${formatDistance(at, now)}`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
