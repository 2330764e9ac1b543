import { createInterface } from 'node:readline';
import { AppError } from '../../core/errors.js';
import { buildAuthorizeUrl, createPkce, createState } from '../../core/oauth/authorize-url.js';
import { type CallbackParams, readPastedCallback } from '../../core/oauth/callback-params.js';
import { loginPorts } from '../../core/oauth/loopback-port.js';
import type { Context } from '../program/context.js';
import { denialError, nothingToFinish, type ObtainedGrant, type SignInRequest } from './grant.js';
import { pasteProblem } from './pasted-address.js';

const attempts = 3;

/**
 * Consent in a browser anywhere: the person pastes the address it was sent back to, its query, or `code#state`. On a
 * terminal a wrong paste may be repeated; from a pipe there is one line and one try.
 */
export async function obtainManualGrant(context: Context, request: SignInRequest): Promise<ObtainedGrant> {
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
    if (text.trim() === '' && !context.io.isInteractive) throw nothingPasted();
    const pasted = readPastedCallback(text, state);
    if (pasted.kind === 'ok') return pasted.code;
    const isLast = attempt === attempts || !context.io.isInteractive;
    if (pasted.kind === 'denied' || isLast) throw pasteError(pasted);
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

function nothingPasted(): AppError {
  return new AppError('usage', 'no address came in on standard input', {
    hint: 'run it in a terminal, or use another way: codex-auth login --device-auth',
  });
}

type Unusable = Exclude<CallbackParams, { kind: 'ok' }>;

function pasteError(pasted: Unusable): AppError {
  if (pasted.kind === 'denied') {
    return denialError(pasted);
  }
  return new AppError('usage', pasteProblem(pasted), {
    hint: 'start again, then paste the whole address of the page that the browser ends on',
  });
}
