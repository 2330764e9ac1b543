import { printable, signsOf } from '../printable.js';
import { certaintyOf } from '../quota/snapshot.js';
import { percentText, windowTitle } from '../quota/window.js';
import type { Segment } from './segment.js';

/** What reads the segment. */
export const segmentFormats = ['plain', 'bash', 'zsh', 'fish', 'tmux', 'starship'] as const;
export type SegmentFormat = (typeof segmentFormats)[number];

/** `work 5h 80% 7d 41%`: the account in use, and what is left of its windows; `?` where nothing is known. */
export function segmentText({ account, quota }: Segment, now: number): string {
  const name = shortName(account);
  if (quota === undefined) return `${name} ?`;
  if (quota.isUnlimited) return `${name} unlimited`;
  const certainty = certaintyOf(quota, now);
  if (certainty === 'unknown') return `${name} ?`;
  const windows = quota.windows
    .filter(({ limitName }) => limitName === undefined)
    .map(
      (window) =>
        `${window.id === 'unknown' ? windowTitle(window) : window.id} ${percentText(window.remainingPercent)}`,
    );
  const age = certainty === 'old' ? [`(${ageText(now - quota.observedAt)} old)`] : [];
  return [name, ...windows, ...(quota.lapsed.length > 0 ? ['?'] : []), ...age].join(' ');
}

/** What a segment says where the files cannot be read. */
export const segmentOfTrouble = '! codex-auth doctor';

const longestName = 24;

/** The label, or an address without its domain: a prompt has little room. */
export function shortName({ label, email, id }: Segment['account']): string {
  const signs = signsOf(printable(label ?? email?.split('@')[0] ?? id));
  return signs.length > longestName ? `${signs.slice(0, longestName - 1).join('')}~` : signs.join('');
}

function ageText(ms: number): string {
  return ms < 86_400_000 ? `${Math.floor(ms / 3_600_000)}h` : `${Math.floor(ms / 86_400_000)}d`;
}

/**
 * The text as a program of this format may put it into a prompt, so that nothing in a name is code there (P29). fish
 * prints it, and Starship escapes what a command prints; tmux reads styles behind `#`, zsh reads `%`. In bash and zsh
 * the same words can also end up in a variable that the shell expands once more, where no escape is right for both
 * ways: what would begin an expansion becomes `?`.
 */
export function escapedFor(format: SegmentFormat, text: string): string {
  switch (format) {
    case 'plain':
    case 'fish':
    case 'starship':
      return text;
    case 'tmux':
      return text.replaceAll('#', '##');
    case 'bash':
      return withoutExpansions(text);
    case 'zsh':
      return withoutExpansions(text).replaceAll('%', '%%');
  }
}

function withoutExpansions(text: string): string {
  return text.replace(/[$`\\!]/g, '?');
}
