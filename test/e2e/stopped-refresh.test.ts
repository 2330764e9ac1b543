import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type StopTrial, stopRefresh } from '../support/stopped-refresh.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });

const trials: readonly StopTrial[] = [
  { stoppedMs: 17_000, answered: 'before', delayMs: 0 },
  { stoppedMs: 17_000, answered: 'during', delayMs: 0 },
  { stoppedMs: 17_000, answered: 'during', delayMs: 400 },
  { stoppedMs: 17_000, answered: 'after', delayMs: 0 },
  { stoppedMs: 3_000, answered: 'after', delayMs: 100 },
];

// The deadline of a refresh is 15 seconds. All 60 runs are in bench/stops.ts.
test.skipIf(process.platform === 'win32')(
  'a refresh that is stopped for longer than its deadline keeps the login',
  async () => {
    const directory = temporaryDirectory();
    const results = await Promise.all(
      trials.map((trial, number) => stopRefresh(provider, join(directory, String(number)), trial)),
    );
    expect(results.map(({ exitCode, lives, output }) => ({ exitCode, lives, output }))).toEqual(
      results.map(({ output }) => ({ exitCode: 0, lives: true, output })),
    );
  },
);
