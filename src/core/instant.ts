/** Milliseconds since the epoch as ISO 8601 in UTC, as every JSON of ours has them; an unknown time stays undefined. */
export function toIso(at: number): string;
export function toIso(at: number | undefined): string | undefined;
export function toIso(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}
