import { type CliOptions, type CliResult, runCli, type TestHome } from './cli.js';
import { driveLogin, type SignInChoice } from './drive-login.js';
import type { Provider } from './provider/start.js';

/** Signs in through the whole OAuth flow, without a browser. */
export async function signIn(
  home: TestHome,
  provider: Provider,
  who: SignInChoice,
  argv: readonly string[] = [],
  options: CliOptions = {},
): Promise<CliResult> {
  const driver = driveLogin(provider, who);
  const result = await runCli(home, ['login', ...argv], { ...options, onStderr: driver.onStderr });
  await driver.finished();
  return result;
}
