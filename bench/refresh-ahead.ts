/**
 * Twenty pairs of the real client and one long-lived app-server on access tokens of seven minutes, a guard beside them:
 * `npx tsx bench/refresh-ahead.ts`, 80 seconds. Ends with 1 when a client has sent a refresh, a turn was not answered, or the
 * login has ended.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProgramProcess } from '../test/support/program-process.js';
import { startProvider } from '../test/support/provider/start.js';
import { type Guarding, guardAhead } from '../test/support/refresh-ahead.js';
import type { RefreshHome } from '../test/support/refresh-home.js';

const directory = mkdtempSync(join(tmpdir(), 'codex-auth-ahead-'));
const provider = await startProvider();

function startGuard({ home }: RefreshHome): Guarding {
  const variables = { CODEX_AUTH_PROACTIVE_REFRESH_INTERVAL_MS: '1000' };
  const guard = new ProgramProcess(home, ['guard'], { variables, timeoutMs: 300_000 });
  return {
    stop() {
      guard.signal('SIGTERM');
      return guard.ended;
    },
  };
}

try {
  const trial = { pairs: 20, firstSeconds: 375, laterSeconds: 420, startGuard };
  const { execs, turns, hasTakenNewer, refreshes, fate } = await guardAhead(provider, directory, trial);
  const answered = execs.filter(({ exitCode }) => exitCode === 0).length;
  process.stdout.write(
    `${answered} of ${execs.length} runs answered; app-server: ${turns.join(', ')}${hasTakenNewer ? ' with a newer token' : ''}
refreshes: ${refreshes.ours} of ours, ${refreshes.theirs} of the clients; the login is ${fate}\n`,
  );
  const areAnswered = answered === execs.length && turns.every((each) => each === 'completed');
  if (!areAnswered || !hasTakenNewer || refreshes.theirs > 0 || fate !== 'live') process.exitCode = 1;
} finally {
  await provider.stop();
  rmSync(directory, { recursive: true, force: true });
}
