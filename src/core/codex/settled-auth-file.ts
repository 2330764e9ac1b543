import type { Clock } from '../clock.js';
import { type AuthFileState, type CodexHome, readAuthFile } from './home.js';

const looks = 6;
const pauseMs = 20;

/**
 * `auth.json` as soon as it makes sense: clients up to 0.166 rewrite it in place, so that a reader can meet half of it
 * (CODEX.md §1.5). What is still damaged after 100 ms is returned as that.
 */
export async function readSettledAuthFile(home: CodexHome, clock: Clock): Promise<AuthFileState> {
  let state = readAuthFile(home);
  for (let look = 1; look < looks && isDamaged(state); look += 1) {
    await clock.sleep(pauseMs);
    state = readAuthFile(home);
  }
  return state;
}

export function isDamaged({ content }: AuthFileState): boolean {
  return content?.kind === 'unadoptable' && content.reason === 'damaged';
}
