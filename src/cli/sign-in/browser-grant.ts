import { AppError } from '../../core/errors.js';
import { buildAuthorizeUrl } from '../../core/oauth/authorize-url.js';
import { type CallbackOutcome, type CallbackServer, openCallbackServer } from '../../core/oauth/callback-server.js';
import { createPkce, createState } from '../../core/oauth/pkce.js';
import type { Context } from '../context.js';
import { startCountdown } from './countdown.js';
import { denialError } from './denial-error.js';
import type { ObtainedGrant, SignInRequest } from './grant.js';
import { loginPorts } from './login-ports.js';

/** How long a person has to finish in the browser (P19). */
const browserLimitMs = 10 * 60_000;

/**
 * Consent through a browser on this machine: the port is bound before the browser opens, so that no other program can
 * take the callback. Throws `login-failed` when the person or the provider declines, or the time is up.
 */
export async function obtainBrowserGrant(context: Context, request: SignInRequest): Promise<ObtainedGrant> {
  const { clock, signal, environment } = context;
  const { provider } = context.provider();
  const state = createState();
  const pkce = createPkce();
  const server = await openCallbackServer({ ports: loginPorts(environment), state, clock, signal });
  try {
    const { redirectUri } = server;
    const url = buildAuthorizeUrl(provider, { redirectUri, codeChallenge: pkce.challenge, state, ...request });
    await showUrl(context, url, server.port);
    const outcome = await waitForCallback(context, server);
    const code = codeOf(outcome);
    return {
      grant: { code, codeVerifier: pkce.verifier, redirectUri },
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

async function showUrl(context: Context, url: string, port: number): Promise<void> {
  const { io, environment } = context;
  io.note(`Sign in here:\n\n  ${url}\n\n`);
  if (environment.sshConnection !== undefined) {
    io.note(
      `To use a browser on the machine you came from, run there first:\n\n  ssh -L ${port}:127.0.0.1:${port} <this host>\n\n`,
    );
  }
  const browser = await context.browser();
  if (!(await browser.show(url))) io.note('No browser could be started here; open the address in one yourself.\n');
}

async function waitForCallback(context: Context, server: CallbackServer): Promise<CallbackOutcome> {
  const countdown = startCountdown(context, 'Waiting for the browser', browserLimitMs);
  try {
    return await server.wait({ timeoutMs: browserLimitMs, signal: context.signal });
  } finally {
    countdown.stop();
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
