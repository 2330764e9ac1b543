import { AppError } from '../errors.js';
import { buildAuthorizeUrl, createPkce, createState } from '../oauth/authorize-url.js';
import { type CallbackOutcome, openCallbackServer } from '../oauth/callback-server.js';
import { loginPorts } from '../oauth/loopback-port.js';
import type { Session } from '../session/session.js';
import { type Consent, type ConsentRequest, denialError } from './consent.js';

/** How long a person has to finish in the browser (P19). */
export const browserLimitMs = 10 * 60_000;

/** What shows the page to the person. */
export interface BrowserAudience {
  /** Called when the port is bound, so that no other program can take the callback. */
  show(url: string, port: number): Promise<void> | void;
  /**
   * Called while the browser is waited for. Returns how its answer may come another way, and what to stop when an
   * answer has come.
   */
  waiting?(state: string): { readonly found: Promise<CallbackOutcome>; stop(): void };
}

/**
 * Consent through a browser on this machine, which comes back to a port of it. Throws `login-failed` when the person or the
 * provider declines, or the time is up; `port-busy`; `interrupted`.
 */
export async function browserConsent(
  { clock, environment, signal, provider }: Session,
  request: ConsentRequest,
  { show, waiting }: BrowserAudience,
): Promise<Consent> {
  const state = createState();
  const pkce = createPkce();
  const server = await openCallbackServer({ ports: loginPorts(environment), state, clock, signal });
  try {
    const { redirectUri } = server;
    const page = { redirectUri, codeChallenge: pkce.challenge, state, ...request };
    await show(buildAuthorizeUrl(provider().provider, page), server.port);
    const besides = waiting?.(state);
    const callback = server.wait({ timeoutMs: browserLimitMs, signal });
    const outcome = await Promise.race(besides === undefined ? [callback] : [callback, besides.found]).finally(() =>
      besides?.stop(),
    );
    return {
      grant: { code: codeOf(outcome), codeVerifier: pkce.verifier, redirectUri },
      async finish(end) {
        server.respond(end);
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

function codeOf(outcome: CallbackOutcome) {
  switch (outcome.kind) {
    case 'code':
      return outcome.code;
    case 'denied':
      throw denialError(outcome);
    case 'cancelled':
      throw new AppError('login-failed', 'the login was cancelled, probably by another one that has just started', {
        hint: 'finish that one, or try again',
      });
    case 'timed-out':
      throw new AppError('login-failed', 'nobody signed in within 10 minutes', {
        hint: 'try again, or use another way: codex-auth login --device-auth',
      });
  }
}
