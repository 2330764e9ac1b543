export const dayMs = 86_400_000;

const unitsMs = { d: dayMs, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const shape = /^(?:(?<d>\d{1,5})d)?(?:(?<h>\d{1,5})h)?(?:(?<m>\d{1,5})m)?(?:(?<s>\d{1,5})s)?(?:(?<ms>\d{1,5})ms)?$/;

/** `3d`, `12h`, `30m`, `90s`, `500ms` or several of them, `1d12h`, in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const groups = shape.exec(text.toLowerCase())?.groups;
  if (groups === undefined || text === '') return undefined;
  return Object.entries(unitsMs).reduce((sum, [unit, ms]) => sum + Number(groups[unit] ?? 0) * ms, 0);
}

/** The exact length, in the same words: `5m`, `1m30s`, `0s`. */
export function durationText(ms: number): string {
  let rest = ms;
  const parts = Object.entries(unitsMs).map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('') || '0s';
}
