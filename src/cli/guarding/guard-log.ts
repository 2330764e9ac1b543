import { AppError, systemErrorCode } from '../../core/errors.js';
import { printable } from '../../core/printable.js';
import { readVersion } from '../../core/storage/atomic-file.js';
import { appendLines } from '../../core/storage/bounded-lines.js';
import type { Root } from '../../core/storage/root.js';
import type { ServiceLogs } from './service-view.js';

export const maxLogBytes = 1024 * 1024;
const shownLines = 200;

/** Keeps a line of what a guard tells that nobody sits before. That it cannot be kept is no reason to stop guarding. */
export function keepLogLine({ paths, processes }: Root, line: string): void {
  try {
    appendLines(paths.guardLog, [printable(line)], { maxBytes: maxLogBytes, processes });
  } catch (error) {
    if (!(error instanceof AppError) && systemErrorCode(error) === undefined) throw error;
  }
}

/** What it told last. */
export function readLog({ paths }: Root): ServiceLogs {
  const version = readVersion(paths.guardLog);
  const lines = version.kind === 'absent' ? [] : version.content.split('\n').filter((line) => line !== '');
  return { action: 'logs', file: paths.guardLog, lines: lines.slice(-shownLines).map(printable) };
}
