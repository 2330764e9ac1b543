import { readEnvironment } from '../../core/environment.js';
import { createIo } from '../terminal/io.js';
import type { Execute } from './command.js';
import type { Machine } from './machine.js';
import type { GlobalOptions } from './options.js';

/** Thrown by a command when the person has chosen another one in its place: no result of its own could say so. */
export class HandOver extends Error {
  readonly follow: (execute: Execute, globalOptions: GlobalOptions) => Promise<void>;

  constructor(follow: HandOver['follow']) {
    super('another command was chosen');
    this.follow = follow;
  }
}

/**
 * Runs what the program's name alone stands for: on a terminal the dashboard, or the list where nothing can
 * be drawn. Undefined elsewhere, where help is the answer.
 */
export function runBareCommand(
  machine: Machine,
  execute: Execute,
  globalOptions: GlobalOptions,
): Promise<void> | undefined {
  const io = createIo(machine.streams, readEnvironment(machine.variables), globalOptions);
  if (io.canFillScreen) return runDashboard(execute, globalOptions);
  if (!io.isInteractive || !io.style.isTerminal) return undefined;
  return execute(async () => (await import('../commands/list.js')).listCommand, {}, globalOptions);
}

export function runDashboard(execute: Execute, globalOptions: GlobalOptions): Promise<void> {
  return execute(async () => (await import('../commands/dashboard.js')).dashboardCommand, {}, globalOptions);
}
