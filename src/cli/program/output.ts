import { AppError, type ErrorCode } from '../../core/errors.js';
import { printableLines, unprintable } from '../../core/printable.js';
import type { Style } from '../terminal/io.js';
import { type ExitCode, exitCodeByError } from './exit-codes.js';

/** The one JSON document a command prints; with an indent of 0 on one line, where it prints one after the other. */
export function successDocument(command: string, data: unknown, warnings: readonly string[], indent = 2): string {
  return document({ schema: schemaName(command), ok: true, data, warnings }, indent);
}

export function failureDocument(command: string, failure: Failure): string {
  const { code, message, hint, details } = failure;
  const error = { code, message, hint, docs: troubleshootingOf(code), details };
  return document({ schema: schemaName(command), ok: false, error });
}

/** Stands in the name of a schema where the command line names no command. */
export const noCommand = 'error';

export function schemaName(command: string): string {
  return `codex-auth.${command}/1`;
}

/** `undefined` members vanish: unknown is absent. What a terminal would obey is escaped, which JSON reads back. */
function document(value: unknown, indent = 2): string {
  const escaped = JSON.stringify(value, null, indent).replace(unprintable, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${escaped}\n`;
}

/** An error as it may be shown. Only our own messages are shown: others can quote the input that caused them (P18). */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly exitCode: ExitCode;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof AppError) {
    const { code, message, hint, details } = error;
    return { code, message, hint, details, exitCode: exitCodeByError[code] };
  }
  const kind = error instanceof Error ? error.name : typeof error;
  return {
    code: 'internal',
    message: `an unexpected ${kind} stopped this command; no file was left half-written`,
    hint: `please report it with this trace: ${traceOf(error)}`,
    exitCode: exitCodeByError.internal,
  };
}

/** The stack of an error without its message. */
function traceOf(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return 'none';
  const frames = error.stack.split('\n').filter((line) => /^\s+at /.test(line));
  const places = frames.slice(0, 4).map((line) => line.trim().replace(/\(?(file:\/\/)?\/.*\/([^/]+)\)?$/, '$2'));
  return places.join(' < ');
}

export function failureText(failure: Failure, style: Style): string {
  // The person has answered no: that is no error, and nothing else is to be said.
  if (failure.code === 'declined') return `${printableLines(failure.message)}\n`;
  const red = (text: string) => (style.hasColor ? `\u001b[31m${text}\u001b[39m` : text);
  const arrow = style.hasUnicode ? '→' : '->';
  const hint = failure.hint === undefined ? '' : `  ${arrow} ${failure.hint}\n`;
  const section = troubleshootingOf(failure.code);
  const docs = section === undefined ? '' : `  ${arrow} more: ${section}\n`;
  return `${red('error:')} ${printableLines(failure.message)}\n${printableLines(hint)}${docs}`;
}

/**
 * Errors whose hint says everything. Each other error has a section of its own in `docs/troubleshooting.md`, under its
 * code.
 */
const selfExplaining = new Set<string>([
  'usage',
  'ambiguous-selector',
  'confirmation-needed',
  'no-such-account',
  'empty-pool',
  'command-not-found',
  'not-executable',
  'declined',
  'interrupted',
] satisfies ErrorCode[]);

/** The command that tells more about an error; undefined where the hint says everything. */
export function troubleshootingOf(code: string): string | undefined {
  return selfExplaining.has(code) ? undefined : `codex-auth help ${code}`;
}
