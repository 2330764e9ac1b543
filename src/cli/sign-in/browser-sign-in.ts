import { hostname } from 'node:os';
import type { Environment } from '../../core/environment.js';
import { AppError } from '../../core/errors.js';
import type { SignInVerdict } from '../../core/oauth/callback-server.js';
import { browserConsent, browserLimitMs } from '../../core/sign-in/browser-consent.js';
import type { Consent, ConsentRequest } from '../../core/sign-in/consent.js';
import type { Context } from '../program/context.js';
import { startCountdown } from './countdown.js';
import { watchForPaste } from './manual-sign-in.js';

/** Opens the page in a browser, or shows its address; on a terminal the address that it ends on may be pasted instead. */
export async function askInBrowser(context: Context, request: ConsentRequest): Promise<Consent> {
  await refuseUnattended(context);
  const consent = await browserConsent(context, request, {
    show: (url, port) => showUrl(context, url, port),
    waiting(state) {
      const countdown = startCountdown(context, 'Waiting for the browser', browserLimitMs);
      const paste = watchForPaste(context, state);
      return {
        found: paste.found,
        stop() {
          paste.stop();
          countdown.stop();
        },
      };
    },
  });
  return { ...consent, finish: (end) => consent.finish(shownEnd(context, end)) };
}

/** The page shows no more than the terminal does. */
function shownEnd({ io }: Context, end: SignInVerdict): SignInVerdict {
  if (end.kind === 'failed') return { kind: 'failed', message: io.shown(end.message) };
  return end.email === undefined ? end : { kind: 'signed-in', email: io.shown(end.email) };
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

/**
 * What to do where the browser that opens here, if any, is not in front of the person: in containers, on servers, over
 * ssh.
 */
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

/**
 * The ssh command for a tunnel from the person's machine. ssh tells us the addresses and ports of both ends; the name
 * is, as a rule, what the person knows this machine by.
 */
function tunnelFrom({ sshConnection, user }: Environment, host: string, port: number): string | undefined {
  if (sshConnection === undefined) return undefined;
  const [, , address = '', sshPort = usualPort] = sshConnection.split(' ');
  const place = isPlain(host) ? host : address;
  // What comes from variables or the host name here is to be pasted into a shell.
  if (!/^[\w.][\w.:%-]*$/.test(place)) return undefined;
  const target = user !== undefined && isPlain(user) ? `${user}@${place}` : place;
  const option = sshPort !== usualPort && isPlain(sshPort) ? ` -p ${sshPort}` : '';
  return `  ssh -L ${port}:127.0.0.1:${port}${option} ${target}`;
}

/** Whether a word needs no quotes in a command line. */
function isPlain(word: string): boolean {
  return /^[\w.][\w.-]*$/.test(word);
}
