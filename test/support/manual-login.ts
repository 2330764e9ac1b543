import { request } from 'node:http';
import { type CliOptions, type CliResult, runCli, type TestHome } from './cli.js';
import type { AccountRef } from './provider/people.js';
import { completeLogin } from './provider/sign-in.js';
import type { Provider } from './provider/start.js';

/** A browser login that waits, in the hands of a test. */
export interface WaitingLogin {
  readonly authorizeUrl: string;
  readonly port: number;
  /** Where the provider sends the browser after this person's consent. */
  callbackUrlOf(who: AccountRef & { readonly deny?: boolean }): Promise<string>;
  /** One request to the callback server, with no header that a browser would add. */
  get(path: string, headers?: Record<string, string>): Promise<{ status: number; body: string }>;
}

/** Runs `login` and hands it to `act` when its address is on stderr. */
export async function withLogin(
  home: TestHome,
  provider: Provider,
  act: (login: WaitingLogin) => Promise<unknown>,
  argv: readonly string[] = [],
  options: CliOptions = {},
): Promise<CliResult> {
  let acting: Promise<unknown> | undefined;
  const result = await runCli(home, ['login', ...argv], {
    ...options,
    onStderr(text) {
      options.onStderr?.(text);
      const url = /https?:\/\/\S+\/oauth\/authorize\?\S+/.exec(text)?.[0];
      if (url === undefined || acting !== undefined) return;
      acting = act(waitingLogin(provider, url));
      acting.catch(() => undefined);
    },
  });
  await acting;
  return result;
}

function waitingLogin(provider: Provider, authorizeUrl: string): WaitingLogin {
  const port = Number(new URL(new URL(authorizeUrl).searchParams.get('redirect_uri') ?? '').port);
  return {
    authorizeUrl,
    port,
    async callbackUrlOf(who) {
      return (await completeLogin(provider, authorizeUrl, { ...who, deliver: false })).callbackUrl;
    },
    get: (path, headers) => get(port, path, headers),
  };
}

export function get(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body })).on('error', reject);
    });
    sent.on('error', reject).end();
  });
}
