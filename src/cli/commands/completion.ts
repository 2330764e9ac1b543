import * as z from 'zod/mini';
import { type ShellName, shellNames } from '../../core/shell/shell-files.js';
import { bashScript, fishScript, powershellScript, zshScript } from '../completion/shell-scripts.js';
import type { Command } from '../program/command.js';

const CompletionResult = z.object({
  shell: z.enum(shellNames),
  /** To be read by that shell. */
  script: z.string(),
});
type CompletionResult = z.infer<typeof CompletionResult>;

export interface CompletionOptions {
  readonly shell: ShellName;
}

/** The scripts know how to ask their shell; what to answer, this program tells from its command tree at every Tab. */
const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript, powershell: powershellScript };

export const completionCommand: Command<CompletionOptions, CompletionResult> = {
  name: 'completion',
  schema: CompletionResult,
  run: async (_, { shell }) => ({ shell, script: scripts[shell] }),
  render: ({ script }) => script,
  printsCode: true,
};
