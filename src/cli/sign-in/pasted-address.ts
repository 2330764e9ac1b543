import { createInterface } from 'node:readline';
import { type CallbackParams, readPastedCallback } from '../../core/oauth/callback-params.js';
import type { CallbackOutcome } from '../../core/oauth/callback-server.js';
import type { Context } from '../program/context.js';

export interface PasteWatch {
  /** The first address of this login that is pasted; never, where nobody can paste one. */
  readonly found: Promise<CallbackOutcome>;
  stop(): void;
}

/** Takes the address from a terminal while something else is waited for. */
export function watchForPaste({ io }: Context, state: string): PasteWatch {
  if (!io.isInteractive) return { found: new Promise(() => undefined), stop: () => undefined };
  // The terminal itself edits the line; a readline of Node's would draw over the countdown.
  const lines = createInterface({ input: io.stdin, terminal: false });
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

export function pasteProblem(pasted: Exclude<CallbackParams, { kind: 'ok' }>): string {
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
