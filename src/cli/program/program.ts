import { definedOnly } from '../../core/defined-only.js';
import { declareAccounts, declareSignIn } from '../tree/accounts.js';
import { declareInsight } from '../tree/insight.js';
import { createProgramBase, helpGroupOf, type Program, type ProgramEnvironment } from '../tree/program-base.js';
import { declareRepair } from '../tree/repair.js';
import { declareRunning } from '../tree/running.js';
import { declareSharing } from '../tree/sharing.js';
import { declareShell } from '../tree/shell.js';
import { declareTransfer } from '../tree/transfer.js';
import { declareUpkeep } from '../tree/upkeep.js';
import type { Execute, Run } from './command.js';

const groups = [
  declareSignIn,
  declareAccounts,
  declareRunning,
  declareInsight,
  declareRepair,
  declareTransfer,
  declareSharing,
  declareUpkeep,
  declareShell,
];

/** What declares the commands that are typed all day, which should not wait for the other declarations. */
const declaredBy = new Map<string | undefined, typeof declareAccounts>([
  ...['list', 'ls', 'status', 'current', 'whoami', 'switch', 'label'].map((name) => [name, declareAccounts] as const),
  ...['forecast', 'best', 'report', 'usage', 'check'].map((name) => [name, declareInsight] as const),
  ['doctor', declareRepair],
]);

export interface ProgramParts extends ProgramEnvironment {
  readonly execute: Execute;
  /** The first word of the command line, which may need a part of the tree only. */
  readonly firstWord?: string | undefined;
}

/** The command tree: names, summaries, options and examples. What a command does is in its own lazily loaded file. */
export function buildProgram({ execute, firstWord, ...environment }: ProgramParts): Program {
  const program = createProgramBase(environment);
  const only = declaredBy.get(firstWord);
  // Without undefined members these are the options that the command takes.
  const run: Run = (load, options) => execute(load, definedOnly(options) as never, program.opts());
  for (const declare of only === undefined ? groups : [only]) declare(program, run);
  for (const command of program.commands) command.helpGroup(helpGroupOf(command.name()));
  return program;
}
