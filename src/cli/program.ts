import type { Execute } from './execute.js';
import { declareAccounts } from './tree/accounts.js';
import { declareInsight } from './tree/insight.js';
import { createProgramBase, type Program, type ProgramEnvironment } from './tree/program-base.js';
import { declareRepair } from './tree/repair.js';
import { declareSignIn } from './tree/sign-in.js';
import { declareUpkeep } from './tree/upkeep.js';

/** The command tree: names, summaries, options and examples. What a command does is in its own lazily loaded file. */
export function buildProgram({ execute, ...environment }: ProgramEnvironment & { readonly execute: Execute }): Program {
  const program = createProgramBase(environment);
  for (const declare of [declareSignIn, declareAccounts, declareInsight, declareRepair, declareUpkeep])
    declare(program, execute);
  return program;
}
