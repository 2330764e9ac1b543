import { createInterface } from 'node:readline';
import { AppError } from '../../core/errors.js';
import { buildAuthorizeUrl, createPkce, createState } from '../../core/oauth/authorize-url.js';
import { type CallbackParams, readPastedCallback } from '../../core/oauth/callback-params.js';
import type { CallbackOutcome } from '../../core/oauth/callback-server.js';
import { loginPorts } from '../../core/oauth/loopback-port.js';
import { type Consent, type ConsentRequest, denialError, nothingToFinish } from '../../core/sign-in/consent.js';
import type { Context } from '../program/context.js';

const attempts = 3;

/**
 * Consent in a browser anywhere: the person pastes the address it was sent back to, its query, or `code#state`. On a
 * terminal a wrong paste may be repeated; from a pipe there is one line and one try.
 */
export async function askForPaste(context: Context, request: ConsentRequest): Promise<Consent> {
  const { io, environment } = context;
  const { provider } = context.provider();
  const state = createState();
  const pkce = createPkce();
  const redirectUri = `http://127.0.0.1:${loginPorts(environment)[0]}/auth/callback`;
  const url = buildAuthorizeUrl(provider, { redirectUri, codeChallenge: pkce.challenge, state, ...request });
  io.note('Sign in here:', '', `  ${url}`, '');
  io.note('The browser ends on a page that cannot be reached. Copy its whole address and paste it here.');
  const code = await readCode(context, state);
  return { grant: { code, codeVerifier: pkce.verifier, redirectUri }, finish: nothingToFinish };
}

async function readCode(context: Context, state: string) {
  for (let attempt = 1; ; attempt += 1) {
    const text = await readLine(context);
    if (text.trim() === '' && !context.io.isInteractive) {
      throw new AppError('usage', 'no address came in on standard input', {
        hint: 'run it in a terminal, or use another way: codex-auth login --device-auth',
      });
    }
    const pasted = readPastedCallback(text, state);
    if (pasted.kind === 'ok') return pasted.code;
    const isLast = attempt === attempts || !context.io.isInteractive;
    if (pasted.kind === 'denied') throw denialError(pasted);
    if (isLast) {
      throw new AppError('usage', pasteProblem(pasted), {
        hint: 'start again, then paste the whole address of the page that the browser ends on',
      });
    }
    context.io.note(`${pasteProblem(pasted)}; try again.`);
  }
}

async function readLine(context: Context): Promise<string> {
  if (context.io.isInteractive) return (await context.prompter()).input('Paste the address:');
  const lines = createInterface({ input: context.io.stdin, signal: context.signal });
  for await (const line of lines) {
    lines.close();
    return line;
  }
  return '';
}

/** Takes the first address of this login that is pasted on a terminal, while something else is waited for. */
export function watchForPaste({ io }: Context, state: string) {
  if (!io.isInteractive) return { found: new Promise<never>(() => undefined), stop: () => undefined };
  // The terminal itself edits the line; a readline of Node's would draw over the countdown.
  const lines = createInterface({ input: io.stdin, terminal: false });
  // A terminal that has closed, of which the process is told by itself.
  lines.on('error', () => undefined);
  const found = new Promise<CallbackOutcome>((resolve) => {
    lines.on('line', (line) => {
      if (line.trim() === '') return;
      const pasted = readPastedCallback(line, state);
      if (pasted.kind === 'ok') resolve({ kind: 'code', code: pasted.code });
      else if (pasted.kind === 'denied') resolve(pasted);
      else io.note(`${pasteProblem(pasted)}; paste the whole address that the browser ends on.`);
    });
  });
  return { found, stop: () => lines.close() };
}

function pasteProblem(pasted: Exclude<CallbackParams, { kind: 'ok' }>): string {
  switch (pasted.kind) {
    case 'denied':
      return pasted.message;
    case 'state-mismatch':
      return 'that address belongs to another login, not to the one just started';
    case 'missing-code':
      return 'that address has no code in it';
    case 'unrecognized':
      return 'that is not the address of a finished sign-in';
  }
}
