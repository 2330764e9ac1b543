import { setupPlace } from '../../core/session/setup-place.js';
import { readWiring } from '../../core/shell/wiring.js';
import { wiringProblem } from '../../core/shell/wiring-problem.js';
import type { Context } from '../program/context.js';

/** One line while `codex auth logout`, typed for this program, would end the login at the official client. */
export function warnAboutWiring(context: Context): void {
  const problem = wiringProblem(readWiring(setupPlace(context)));
  if (problem !== undefined) context.warn(`${problem.message}: ${problem.command}`);
}
