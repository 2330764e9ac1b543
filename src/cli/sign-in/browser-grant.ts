import { hostname } from 'node:os';
import type { Environment } from '../../core/environment.js';
import { AppError } from '../../core/errors.js';
import { buildAuthorizeUrl, createPkce, createState } from '../../core/oauth/authorize-url.js';
import { type CallbackOutcome, type CallbackServer, openCallbackServer } from '../../core/oauth/callback-server.js';
import { loginPorts } from '../../core/oauth/loopback-port.js';
import type { Context } from '../program/context.js';
import { denialError, type ObtainedGrant, type SignInRequest, startCountdown } from './grant.js';
import { watchForPaste } from './manual-grant.js';

/** How long a person has to finish in the browser (P19). */
const browserLimitMs = 10 * 60_000;

/**
 * Consent through a browser on this machine: the port is bound before the browser opens, so that no other program can
 * take the callback. Throws `login-failed` when the person or the provider declines, or the time is up.
 */
export async function obtainBrowserGrant(context: Context, request: SignInRequest): Promise<ObtainedGrant> {
  await refuseUnattended(context);
  const { clock, signal, environment } = context;
  const { provider } = context.provider();
  const state = createState();
  const pkce = createPkce();
  const server = await openCallbackServer({ ports: loginPorts(environment), state, clock, signal });
  try {
    const { redirectUri } = server;
    const url = buildAuthorizeUrl(provider, { redirectUri, codeChallenge: pkce.challenge, state, ...request });
    await showUrl(context, url, server.port);
    const outcome = await waitForConsent(context, server, state);
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

/** On a build server no browser can come back, and nobody reads what else could be done before the time is up. */
async function refuseUnattended({ io, environment, machine }: Context): Promise<void> {
  if (environment.ci === undefined || io.isInteractive) return;
  const { hasScreen } = await import('../terminal/browser.js');
  if (hasScreen(environment, machine.platform)) return;
  throw new AppError('login-failed', 'no browser can come back here, and nobody is at a terminal', {
    hint: 'codex-auth login --device-auth',
  });
}

async function showUrl(context: Context, url: string, port: number): Promise<void> {
  const { io, environment, machine } = context;
  const { hasScreen } = await import('../terminal/browser.js');
  const isShown = hasScreen(environment, machine.platform) && (await (await context.browser()).show(url));
  if (isShown && environment.sshConnection === undefined) {
    io.note(`Sign in in the browser that opens now, or here: ${url}`);
    return;
  }
  io.note('Sign in here:', '', `  ${url}`, '');
  io.note(...otherWays({ environment, host: hostname(), port, isShown, canPaste: io.isInteractive }));
}

/** The browser comes back to the port, or the person pastes the address that it could not reach. */
async function waitForConsent(context: Context, server: CallbackServer, state: string): Promise<CallbackOutcome> {
  const countdown = startCountdown(context, 'Waiting for the browser', browserLimitMs);
  const paste = watchForPaste(context, state);
  try {
    const callback = server.wait({ timeoutMs: browserLimitMs, signal: context.signal });
    return await Promise.race([callback, paste.found]);
  } finally {
    paste.stop();
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

interface Whereabouts {
  readonly environment: Environment;
  /** The name of this machine. */
  readonly host: string;
  /** Where the login waits for the browser. */
  readonly port: number;
  /** A browser was started here; over ssh that need not be in front of the person. */
  readonly isShown: boolean;
  readonly canPaste: boolean;
}

/** What to do where the browser that opens here, if any, is not in front of the person: in containers, on servers, over ssh. */
export function otherWays({ environment, host, port, isShown, canPaste }: Whereabouts): string[] {
  const start = isShown ? 'If no browser opens in front of you' : 'No browser could be started here';
  const paste = canPaste ? 'open the address in one anywhere, and paste here the address that it ends on; ' : '';
  const tunnel = tunnelFrom(environment, host, port);
  const reach = tunnel === undefined ? [] : ['A browser on the machine you came from can come back here after', tunnel];
  return [
    `${start}: ${paste}${canPaste ? 'or ' : ''}use one of these instead`,
    '',
    '  codex-auth login --device-auth',
    '  codex-auth login --manual',
    '',
    ...reach.flatMap((line) => [line, '']),
  ];
}

const usualPort = '22';

/** ssh tells the addresses and ports of both ends. The name is what the person knows the machine by, as a rule. */
function tunnelFrom({ sshConnection, user }: Environment, host: string, port: number): string | undefined {
  if (sshConnection === undefined) return undefined;
  const [, , address = '', sshPort = usualPort] = sshConnection.split(' ');
  const place = isPlain(host) ? host : address;
  // Both come from a variable, and are to be pasted into a shell.
  if (!/^[\w.][\w.:%-]*$/.test(place)) return undefined;
  const target = user !== undefined && isPlain(user) ? `${user}@${place}` : place;
  const option = sshPort !== usualPort && isPlain(sshPort) ? ` -p ${sshPort}` : '';
  return `  ssh -L ${port}:127.0.0.1:${port}${option} ${target}`;
}

/** Fit for a command line as it is. */
function isPlain(word: string): boolean {
  return /^[\w.][\w.-]*$/.test(word);
}
