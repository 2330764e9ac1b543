/** Milliseconds since the epoch as ISO 8601 in UTC, as every JSON of ours has them. */
export function toIso(at: number): string {
  return new Date(at).toISOString();
}
