import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { printable } from '../../core/printable.js';
import type { Context } from '../context.js';

/** A machine of the shared pool. */
export const MachineView = z.object({ id: z.string(), name: z.string() });
export type MachineView = z.infer<typeof MachineView>;

/** Fits into a column of a table. */
const longestName = 40;

/** What the other machines call this one; its host name where the person gave none. Throws `usage` for what is no name. */
export function machineName({ machine }: Context, given: string | undefined): string {
  const name = (given ?? machine.processes.self.host).trim();
  if (given === undefined) return printable(name).slice(0, longestName) || 'a machine';
  if (name !== '' && name.length <= longestName && printable(name) === name) return name;
  throw new AppError('usage', `a machine cannot be called ${JSON.stringify(given)}`, {
    hint: `name it with 1 to ${longestName} letters: --name laptop`,
  });
}
