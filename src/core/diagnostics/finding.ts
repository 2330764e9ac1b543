import type { Repair } from './repair.js';
import type { World } from './world/world.js';

export type CheckStatus = 'ok' | 'warn' | 'error' | 'skipped';

/** One thing that is not as it should be: what is wrong, what it means for the person, and what to do about it. */
export type Problem = {
  readonly severity: 'warn' | 'error';
  /** What is wrong and what follows from it, as clauses without a final period. */
  readonly message: string;
} & NextStep;

/** What can be done about a problem: each has a repair or a command. */
type NextStep =
  /** What `doctor --fix` does about it. */
  | { readonly repair: Repair; readonly command?: undefined }
  /** What the person can do about it, where there is no repair. */
  | { readonly repair?: undefined; readonly command: string };

export type Inspection =
  | { readonly kind: 'ok'; readonly message: string }
  | { readonly kind: 'skipped'; readonly message: string }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** One question about the world, answered without changing it. */
export interface Check {
  readonly id: string;
  readonly title: string;
  inspect(world: World): Inspection;
}

/** A line of the doctor's table. */
export interface CheckRow {
  readonly id: string;
  readonly title: string;
  readonly status: CheckStatus;
  readonly fixable: boolean;
  readonly message: string;
  readonly problems: readonly Problem[];
}

/** A problem of severity `error`. `way` is the command for the person, or the repair of `doctor --fix`. */
export function fault(message: string, way: string | Repair): Problem {
  return { severity: 'error', message, ...nextStep(way) };
}

/** As {@link fault}, with severity `warn`: for a problem that does no harm yet. */
export function warning(message: string, way: string | Repair): Problem {
  return { severity: 'warn', message, ...nextStep(way) };
}

function nextStep(way: string | Repair): NextStep {
  return typeof way === 'string' ? { command: way } : { repair: way };
}

export function ok(message: string): Inspection {
  return { kind: 'ok', message };
}

export function skipped(message: string): Inspection {
  return { kind: 'skipped', message };
}

/** One problem that leaves nothing else to look at. */
export function found(problem: Problem): Inspection {
  return { kind: 'problems', problems: [problem] };
}

/** The problems; where there are none, `ok` with the message `fine`. */
export function judge(problems: readonly Problem[], fine: string): Inspection {
  return problems.length === 0 ? ok(fine) : { kind: 'problems', problems };
}

export function rowOf(check: Check, world: World): CheckRow {
  const inspection = check.inspect(world);
  const { id, title } = check;
  if (inspection.kind !== 'problems') {
    return { id, title, status: inspection.kind, fixable: false, message: inspection.message, problems: [] };
  }
  const { problems } = inspection;
  return {
    id,
    title,
    status: problems.some(({ severity }) => severity === 'error') ? 'error' : 'warn',
    fixable: problems.some(({ repair }) => repair !== undefined),
    message: problems.map(({ message }) => message).join('; '),
    problems,
  };
}
