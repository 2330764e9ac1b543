const unitsMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;
const shape = /^(?:(?<d>\d{1,5})d)?(?:(?<h>\d{1,5})h)?(?:(?<m>\d{1,5})m)?(?:(?<s>\d{1,5})s)?$/;

/** `3d`, `12h`, `30m`, `90s` or several of them, `1d12h`, in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const groups = shape.exec(text.toLowerCase())?.groups;
  if (groups === undefined || text === '') return undefined;
  return Object.entries(unitsMs).reduce((sum, [unit, ms]) => sum + Number(groups[unit] ?? 0) * ms, 0);
}
