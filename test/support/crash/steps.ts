import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { CrashOutcome, CrashTrial } from './scenarios.js';

const preload = ['kill-at-step.mjs'];

/** The steps of an undisturbed run, as `kill-at-step.mjs` names them. */
export async function listSteps(trial: CrashTrial, log: string): Promise<readonly string[]> {
  const variables = { KILL_AT_UNDER: trial.home.codexHome, KILL_AT_LOG: log };
  const { exitCode, stderr } = await trial.start({ preload, variables }).ended;
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(readFileSync(log, 'utf8')).steps;
}

/** Kills the trial's command right before one of the steps, counted from 1, and checks what it left. */
export async function killAtStep(trial: CrashTrial, step: number): Promise<CrashOutcome> {
  const variables = { KILL_AT_UNDER: trial.home.codexHome, KILL_AT_STEP: String(step) };
  const { signal, stderr } = await trial.start({ preload, variables }).ended;
  assert.equal(signal, 'SIGKILL', `it ended by itself: ${stderr}`);
  return trial.verify();
}
