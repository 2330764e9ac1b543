import type { Ending, QuietRun } from './quiet-run.js';

/** A command that changes or asks something, with the options that the dashboard has already got an answer for. */
export type Action =
  | ({ readonly verb: 'switch'; readonly id: string } & SwitchAnswers)
  | { readonly verb: 'refresh'; readonly id: string }
  | { readonly verb: 'enable' | 'disable' | 'remove' | 'flag'; readonly id: string }
  | { readonly verb: 'label'; readonly id: string; readonly text: string }
  | { readonly verb: 'move'; readonly id: string; readonly to: string }
  | { readonly verb: 'check' }
  | { readonly verb: 'verify'; readonly restore: boolean };

/** What `switch` would ask at a terminal. */
interface SwitchAnswers {
  readonly enable?: boolean;
  readonly replace?: boolean;
  readonly restartDaemon?: boolean;
}

export interface Outcome {
  readonly ending: Ending<unknown>;
  /** What would help further, and is for the person to agree to. */
  readonly next: 'sign-in' | 'daemon-restart' | undefined;
}

/** What a person would type for it, and what is said while it runs. */
export const verbs: Readonly<Record<Action['verb'], readonly [command: string, doing: string]>> = {
  switch: ['switch', 'switching'],
  enable: ['enable', 'enabling'],
  disable: ['disable', 'disabling'],
  remove: ['remove', 'removing'],
  flag: ['flag', 'setting aside'],
  label: ['label', 'naming'],
  move: ['move', 'moving'],
  refresh: ['check', 'checking the account and reading its quota'],
  check: ['check', 'checking every account'],
  verify: ['verify-flagged', 'trying the flagged accounts'],
};

/** Runs the very command that a person would type. */
export async function perform(run: QuietRun, action: Action): Promise<Outcome> {
  switch (action.verb) {
    case 'switch':
      return switchTo(run, action);
    case 'refresh':
      return refresh(run, action.id);
    default:
      return outcomeOf(await runPlain(run, action));
  }
}

type PlainAction = Exclude<Action, { verb: 'switch' } | { verb: 'refresh' }>;

async function runPlain(run: QuietRun, action: PlainAction): Promise<Ending<unknown>> {
  switch (action.verb) {
    case 'enable':
      return run((await import('../commands/enable.js')).enableCommand, { selector: action.id });
    case 'disable':
      return run((await import('../commands/enable.js')).disableCommand, { selector: action.id });
    case 'remove':
      return run((await import('../commands/remove.js')).removeCommand, { selector: action.id, yes: true });
    case 'flag':
      return run((await import('../commands/flag.js')).flagCommand, { selector: action.id });
    case 'label':
      return run((await import('../commands/label.js')).labelCommand, { selector: action.id, text: action.text });
    case 'move':
      return run((await import('../commands/move.js')).moveCommand, { selector: action.id, to: action.to });
    case 'check':
      return run((await import('../commands/check.js')).checkCommand, {});
    case 'verify': {
      const { verifyFlaggedCommand } = await import('../commands/verify-flagged.js');
      return run(verifyFlaggedCommand, { restore: action.restore, probe: true });
    }
  }
}

async function switchTo(run: QuietRun, action: Extract<Action, { verb: 'switch' }>): Promise<Outcome> {
  const { switchCommand } = await import('../commands/switch.js');
  const { verb: _, id: selector, ...answers } = action;
  const ending = await run(switchCommand, { selector, ...answers });
  if (ending.kind === 'failed') return outcomeOf(ending);
  const { adopted, store, surfaces } = ending.result;
  const keepsOld = surfaces.some(({ kind, account }) => kind === 'daemon' && account === 'old');
  // The command tells a person of it in a note. It was asked for JSON here, so that its text has no such note.
  const place = store === 'file' ? 'auth.json' : 'the keyring';
  const note = adopted ? `  The login found in ${place} is a new account now.\n` : '';
  const next = keepsOld && answers.restartDaemon === undefined ? 'daemon-restart' : undefined;
  return { ending: { ...ending, text: ending.text + note }, next };
}

/** What `check` does for one account: it refreshes what is due, and nothing else. */
async function refresh(run: QuietRun, selector: string): Promise<Outcome> {
  const { checkCommand } = await import('../commands/check.js');
  const ending = await run(checkCommand, { selector, live: true });
  const problems = ending.kind === 'done' ? ending.result.accounts.map(({ problem }) => problem?.code) : [];
  const outcome = outcomeOf(ending);
  return problems.includes('sign-in-needed') ? { ...outcome, next: 'sign-in' } : outcome;
}

function outcomeOf(ending: Ending<unknown>): Outcome {
  const isRefused = ending.kind === 'failed' && ending.failure.code === 'sign-in-needed';
  return { ending, next: isRefused ? 'sign-in' : undefined };
}
