import { AppError } from '../../core/errors.js';
import type { ServiceManager, Step } from '../../core/service/manager.js';
import type { Context } from '../program/context.js';
import { type SideEnd, type SideProgram, whyFailed } from './side-program.js';

/** It starts and stops what takes some seconds to end. */
const deadlineMs = 60_000;

/** Tells the service manager. Throws `not-allowed` with its own words where a step that must not fail did. */
export async function takeSteps(context: Context, steps: readonly Step[]): Promise<void> {
  for (const { argv, mayFail } of steps) {
    const program = programOf(context, argv);
    const problem = whyFailed(await runBeside(context, program), program);
    if (problem === undefined || mayFail === true) continue;
    throw new AppError('not-allowed', `"${argv.join(' ')}" did not work: ${problem}`, {
      hint: 'nothing was changed; codex-auth guard does the same in the foreground',
      details: { argv },
    });
  }
}

/** What a command answers; undefined where it fails. */
export async function answerOf(context: Context, argv: readonly string[]): Promise<string | undefined> {
  const end = await runBeside(context, programOf(context, argv));
  return end.kind === 'ended' && end.status === 0 ? end.stdout.trim() : undefined;
}

function programOf({ environment }: Context, argv: readonly string[]): SideProgram {
  return { argv, variables: environment.raw, deadlineMs };
}

async function runBeside({ machine }: Context, program: SideProgram): Promise<SideEnd> {
  return (await machine.runBeside?.(program)) ?? { kind: 'not-started', code: 'ENOSYS' };
}

/** Under systemd a person's services end with their last session, unless they linger; absent where nobody can tell. */
export async function lingers(
  context: Context,
  { kind }: Pick<ServiceManager, 'kind'>,
): Promise<{ readonly lingers?: boolean }> {
  const { effectiveUserId } = context.machine;
  if (kind !== 'systemd' || effectiveUserId === undefined) return {};
  const answer = await answerOf(context, [
    'loginctl',
    'show-user',
    String(effectiveUserId),
    '--property=Linger',
    '--value',
  ]);
  return answer === 'yes' || answer === 'no' ? { lingers: answer === 'yes' } : {};
}
