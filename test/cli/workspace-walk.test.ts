import { join } from 'node:path';
import { expect, test } from 'vitest';
import { walkCopies } from '../support/copies-walk.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';
import { walkWorkspaces } from '../support/workspace-walk.js';

const provider = useProvider();

test('what people do with copies beside the program costs no login that could be kept', async () => {
  const directory = temporaryDirectory();
  for (let seed = 101; seed <= 112; seed += 1) {
    const { faults, story } = await walkCopies(provider, join(directory, String(seed)), seed);
    expect(faults, `seed ${seed}\n${story.join('\n')}`).toEqual([]);
  }
});

// More walks: `npx tsx bench/workspaces.ts`.
test('a login of two workspaces is in one file at a time, and no home is left with a spent token', async () => {
  const directory = temporaryDirectory();
  for (let seed = 1; seed <= 12; seed += 1) {
    const { faults, story } = await walkWorkspaces(provider, join(directory, String(seed)), seed);
    expect(faults, `seed ${seed}\n${story.join('\n')}`).toEqual([]);
  }
});
