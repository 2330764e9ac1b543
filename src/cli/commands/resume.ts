import { listSessionFiles, threadIdIn } from '../../core/codex/sessions.js';
import { AppError } from '../../core/errors.js';
import { realPath } from '../../core/storage/same-directory.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import { formatMoment } from '../render/time.js';
import { latestThreads } from '../running/threads.js';
import { ofAnotherProgram, type RunResult, runCommand, runInPlace } from './run.js';

export interface ResumeOptions {
  readonly id?: string;
  readonly prompt?: string;
  readonly last?: boolean;
  readonly as?: string;
  readonly dryRun?: boolean;
}

/** The official picker shows only what the present account has begun; by its id, every account can go on with a session. */
async function resume(context: Context, options: ResumeOptions): Promise<RunResult> {
  const { id, prompt } = options.last === true ? { id: undefined, prompt: options.id } : options;
  const thread = await chooseThread(context, options, id);
  const command = ['codex', ...(prompt === undefined ? ['resume', thread] : ['exec', 'resume', thread, prompt])];
  const { as: selector, dryRun = false } = options;
  if (selector === undefined) return runInPlace(context, { command, dryRun });
  return runCommand.run(context, { selector, command, dryRun });
}

async function chooseThread(context: Context, { last }: ResumeOptions, id: string | undefined): Promise<string> {
  if (id !== undefined) return idOf(context, id);
  if (last === true) {
    const [latest] = latestThreads(context, { cwd: realPath(context.machine.cwd), most: 1 });
    if (latest !== undefined) return latest.id;
    throw new AppError('not-allowed', 'no session was begun in this directory', { hint: 'codex-auth sessions' });
  }
  return askWhich(context);
}

/** The id of the session that is wanted, by its id or a part that only one id has. */
function idOf(context: Context, wanted: string): string {
  const every = listSessionFiles(context.home.directory, context.warn).map(({ path }) => threadIdIn(path));
  const found = every.filter((id) => id === wanted || (wanted.length >= leastPart && id.includes(wanted)));
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const message =
    only === undefined ? `there is no session ${wanted}` : `${found.length} sessions have ${wanted} in their id`;
  throw new AppError('usage', message, { hint: 'codex-auth sessions --all' });
}

const leastPart = 4;
const asked = 20;

async function askWhich(context: Context): Promise<string> {
  const threads = latestThreads(context, { most: asked });
  if (!context.io.isInteractive || threads.length === 0) {
    throw new AppError('usage', 'resume needs to know which session', { hint: 'codex-auth sessions' });
  }
  const now = context.clock.now();
  const choices = threads.map(({ id, writtenAt, firstWords = '', account }) => {
    const whose = account === undefined ? '' : `${titleOf(account)}: `;
    const name = `${formatMoment(Date.parse(writtenAt), now)}  ${whose}${firstWords.slice(0, shownWords)}`;
    return { name, value: id };
  });
  return (await context.prompter()).select('Go on with which session?', choices);
}

const shownWords = 60;

export const resumeCommand: Command<ResumeOptions, RunResult> = { ...ofAnotherProgram, name: 'resume', run: resume };
