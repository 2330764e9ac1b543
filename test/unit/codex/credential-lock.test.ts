import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { flockHelpers, withCredentialLock } from '../../../src/core/codex/credential-lock.js';
import { temporaryDirectory } from '../../support/temporary.js';

it('leaves no directory where a disk with a home of the client has been taken away', async () => {
  const home = join(temporaryDirectory(), 'disk', 'codex');
  const options = { home, authFile: join(home, 'auth.json'), clock: systemClock, helpers: flockHelpers };
  expect(await withCredentialLock(options, (lock) => lock)).toEqual({});
  expect(existsSync(join(home, '..'))).toBe(false);
});
