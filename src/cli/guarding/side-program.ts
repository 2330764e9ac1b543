import type { Variables } from '../../core/environment.js';
import type { Context } from '../program/context.js';

/** A program beside this one, which must not be able to hold it up. */
export interface SideProgram {
  /** The program, by its name on PATH or its path, and its arguments; no shell reads them. */
  readonly argv: readonly string[];
  readonly variables: Variables;
  /** What it finds on its standard input. */
  readonly input?: string;
  /** After this the program is ended, together with everything that it has started. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** How the program ended. Text is cut at the bound that also ends a program which writes without end. */
export type SideEnd =
  | {
      readonly kind: 'ended';
      /** Null where a signal has ended it. */
      readonly status: number | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly kind: 'not-started'; readonly code: string }
  | { readonly kind: 'overdue' }
  | { readonly kind: 'flooded' }
  | { readonly kind: 'stopped' };

export type RunBeside = (program: SideProgram) => Promise<SideEnd>;

export async function runBeside({ machine }: Pick<Context, 'machine'>, program: SideProgram): Promise<SideEnd> {
  return (await machine.runBeside?.(program)) ?? { kind: 'not-started', code: 'ENOSYS' };
}

/** Why it did not do what it was to do, as the end of a sentence; undefined where it did. */
export function whyFailed(end: SideEnd, { argv, deadlineMs }: Pick<SideProgram, 'argv' | 'deadlineMs'>) {
  const [name = ''] = argv;
  switch (end.kind) {
    case 'ended':
      if (end.status === 0) return undefined;
      return end.status === null ? 'it was ended by a signal' : `it ended with ${end.status}${firstLine(end.stderr)}`;
    case 'not-started':
      if (end.code !== 'ENOENT') return `it cannot be started (${end.code})`;
      return /\s/.test(name)
        ? 'there is no such program; a line of a shell is ["sh","-c","…"]'
        : 'there is no such program';
    case 'overdue':
      return `it was ended after ${deadlineMs} ms`;
    case 'flooded':
      return 'it was ended, because it wrote without end';
    case 'stopped':
      return 'it was ended with the guard';
  }
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return line === '' ? '' : `: ${line.slice(0, 200)}`;
}
