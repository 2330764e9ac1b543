import type { SpokenWords } from '../codex/turn-end.js';

/** What fits a prompt well, and any command line. */
const [mostOfBeginning, mostInAll] = [4_000, 12_000];

/** The prompt of a session that goes on where another one cannot: how that one began, and what was said in it last. */
export function freshPrompt(beginning: string | undefined, latest: readonly SpokenWords[]): string {
  const said = latest.map(({ isPerson, text }) => `${isPerson ? 'Person' : 'Assistant'}: ${text.trim()}`);
  const first = beginning === undefined ? '' : `It began with:\n${beginning.slice(0, mostOfBeginning)}\n\n`;
  const last: string[] = [];
  let room = mostInAll - first.length;
  for (const line of said.toReversed()) {
    room -= line.length;
    if (room < 0) break;
    last.unshift(line);
  }
  return `This goes on with the work of another session, whose history is not here.\n\n${first}What was said in it last:\n${last.join('\n')}\n\nLook at what is done already, and go on from there.`;
}
