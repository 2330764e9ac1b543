import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inParallel } from '../parallel.js';
import { type ProgramOptions, ProgramProcess } from '../program-process.js';
import type { CrashOutcome, CrashTrial } from './trial.js';
import { runAsVictim } from './victim.js';

/** As many at once as a small machine carries without one running into its deadline. */
const atOnce = 4;
const everyEighth = 8;

/** What was left by kills at some or all steps of a command. */
export interface KillPoints<Outcome = CrashOutcome> {
  /** The steps of an undisturbed run, as `file-system-steps.mjs` names them. */
  readonly steps: readonly string[];
  readonly outcomes: readonly { readonly index: number; readonly outcome: Outcome }[];
}

export interface KillOptions {
  /** A fresh trial each time; the directory does not exist yet. */
  readonly directory: string;
  /** Which steps to kill at, by name; default: all. */
  readonly isMeant?: (step: string) => boolean;
  /** Which steps of a run to kill at, by position; default: all. */
  readonly isSampled?: (steps: readonly string[]) => (index: number) => boolean;
}

/**
 * Kills a command at every step that it makes when nobody disturbs it: once inside of this process, and then the built
 * program, by SIGKILL, at every eighth.
 */
export async function killEverywhere<Outcome>(
  trialIn: (directory: string) => CrashTrial<Outcome> | Promise<CrashTrial<Outcome>>,
  { directory, isMeant = () => true, isSampled = () => () => true }: KillOptions,
): Promise<readonly [inside: KillPoints<Outcome>, real: KillPoints<Outcome>]> {
  const enumerate = async (way: KillWay, nth: number): Promise<KillPoints<Outcome>> => {
    const steps = await way.list(await trialIn(join(directory, `${way.name}-whole`)));
    const isChosen = isSampled(steps);
    const meant = [...steps.entries()].filter(([index, name]) => isMeant(name) && isChosen(index));
    const chosen = meant.filter((_, position) => position % nth === nth >> 1);
    assert.ok(chosen.length > 0, `no step to be killed at in: ${steps.join(', ')}`);
    const outcomes = await inParallel(atOnce, chosen, async ([index, name]) => {
      const trial = await trialIn(join(directory, `${way.name}-${index + 1}`));
      try {
        await way.kill(trial, index + 1, steps);
        return { index, outcome: await trial.verify() };
      } catch (cause) {
        throw new Error(`killed (${way.name}) at step ${index + 1} of ${steps.length}, ${name}`, { cause });
      }
    });
    return { steps, outcomes };
  };
  return [await enumerate(inside, 1), await enumerate(real, everyEighth)];
}

/** The outcomes of a command whose work stands as soon as the step at `index` is reached. */
export function keptFrom(index: number, { outcomes }: KillPoints): KillPoints['outcomes'] {
  assert.ok(index > 0, 'no such step');
  return outcomes.map(({ index: each }) => ({ index: each, outcome: each < index ? 'not-begun' : 'kept' }));
}

/** Starts a trial's command as the built program, in a process of its own. */
export function startTrial(trial: CrashTrial<unknown>, options: ProgramOptions = {}): ProgramProcess {
  const { home, argv, onStderr } = trial;
  return new ProgramProcess(home, argv, { ...options, ...(onStderr === undefined ? {} : { onStderr }) });
}

interface KillWay {
  readonly name: string;
  list(trial: CrashTrial<unknown>): Promise<readonly string[]>;
  /** Kills the run right before one of its steps, counted from 1. */
  kill(trial: CrashTrial<unknown>, step: number, steps: readonly string[]): Promise<void>;
}

const inside: KillWay = {
  name: 'inside',
  async list(trial) {
    const { exitCode, stdout, stderr, steps } = await runAsVictim(trial);
    assert.equal(exitCode, 0, stdout + stderr);
    return steps;
  },
  async kill(trial, step) {
    const { isDead, stdout, stderr } = await runAsVictim(trial, step);
    assert.ok(isDead, `it ended by itself: ${stdout}${stderr}`);
  },
};

const preload = ['kill-at-step.mjs'];
/** The deadline of a run kills it by the same signal, at a step that nobody has chosen: so it is long. */
const timeoutMs = 300_000;

/** Whether a run that is killed at a step, counted from 1, makes the same steps until then if it has no cache to make. */
export function isBeforeCaching(steps: readonly string[], step: number): boolean {
  const caching = steps.indexOf('mkdir cache');
  return caching === -1 || step <= caching;
}

const under = ({ home, watched = [home.codexHome] }: CrashTrial<unknown>) => watched.join(delimiter);

const real: KillWay = {
  name: 'real',
  async list(trial) {
    const log = join(trial.home.directory, 'steps.json');
    const variables = { KILL_AT_UNDER: under(trial), KILL_AT_LOG: log };
    const { exitCode, stderr } = await startTrial(trial, { preload, variables, timeoutMs }).ended;
    assert.equal(exitCode, 0, stderr);
    return JSON.parse(readFileSync(log, 'utf8')).steps;
  },
  async kill(trial, step, steps) {
    const variables = { KILL_AT_UNDER: under(trial), KILL_AT_STEP: String(step) };
    const options = { preload, variables, timeoutMs, lendsCaches: isBeforeCaching(steps, step) };
    const { signal, stderr } = await startTrial(trial, options).ended;
    assert.equal(signal, 'SIGKILL', `it ended by itself: ${stderr}`);
  },
};
