import { setTimeout as delay } from 'node:timers/promises';
import { ProgramProcess } from './program-process.js';
import { field } from './provider/request-log.js';
import type { Provider } from './provider/start.js';
import { RefreshHome } from './refresh-home.js';

export interface StopTrial {
  readonly stoppedMs: number;
  /** When the answer arrives, seen from the stop. */
  readonly answered: 'before' | 'during' | 'after';
  /** Between what the stop waits for, the request or its answer, and the stop. */
  readonly delayMs: number;
}

export interface StopResult {
  readonly exitCode: number | null;
  /** The stored refresh token is the one that the provider takes next. */
  readonly lives: boolean;
  readonly output: string;
}

/** Stops a built `check` while its refresh is out, lets it go on, and looks what became of the login. */
export async function stopRefresh(provider: Provider, directory: string, trial: StopTrial): Promise<StopResult> {
  const { stoppedMs, answered, delayMs } = trial;
  const email = `stopped-${directory.split('/').at(-1)}@example.com`;
  const { accountId } = provider.people.addAccount({ email });
  const home = new RefreshHome(directory, provider);
  const { refresh_token } = await home.addAccount('a', { email, expiresInSeconds: -60 });
  let answer = (): void => undefined;
  const until = new Promise<void>((resolve) => {
    answer = resolve;
  });
  provider.scenario.on('token', { kind: 'held', until }, { times: 1, accountId });
  const request = () => provider.requests.refreshes().find((each) => field(each, 'refresh_token') === refresh_token);

  const program = new ProgramProcess(home.home, ['check'], { timeoutMs: stoppedMs + 90_000 });
  await become(() => request() !== undefined);
  if (answered === 'before') {
    answer();
    await become(() => request()?.status !== undefined);
  }
  await delay(delayMs);
  program.signal('SIGSTOP');
  await delay(stoppedMs / 2);
  if (answered === 'during') answer();
  await delay(stoppedMs / 2);
  program.signal('SIGCONT');
  if (answered === 'after') await delay(500).then(answer);

  const { exitCode, stdout, stderr } = await program.ended;
  const lives = provider.fateOf(home.record('a').refreshToken ?? '') === 'live';
  return { exitCode, lives, output: stdout + stderr };
}

async function become(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}
