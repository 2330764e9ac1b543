import type { AccountRef } from './provider/people.js';
import type { Provider } from './provider/start.js';
import { completeLogin } from './provider/sign-in.js';
import { type CliOptions, type CliResult, runCli, type TestHome } from './cli.js';

/** Signs in through the whole OAuth flow, without a browser. */
export async function signIn(
  home: TestHome,
  provider: Provider,
  who: AccountRef & { readonly deny?: boolean },
  argv: readonly string[] = [],
  options: CliOptions = {},
): Promise<CliResult> {
  let driven: Promise<unknown> | undefined;
  const result = await runCli(home, ['login', ...argv], {
    ...options,
    onStderr(text) {
      const url = /https?:\/\/\S+\/oauth\/authorize\?\S+/.exec(text)?.[0];
      if (url === undefined || driven !== undefined) return;
      driven = completeLogin(provider, url, who);
    },
  });
  await driven;
  return result;
}
