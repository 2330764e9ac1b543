import { describeEvent } from '../../core/events/describe-event.js';
import type { AccountEvent } from '../../core/events/event.js';
import { printable } from '../../core/printable.js';
import type { Context } from '../context.js';
import { formatWhen } from '../render/time.js';
import { notifierFor } from './notifier.js';
import { type SideEnd, type SideProgram, whyFailed } from './side-program.js';
import type { Subscription } from './subscription.js';

/** What came of telling one event to one receiver. */
export interface Delivered {
  readonly to: 'onEvent' | 'notify';
  /** As the end of a sentence; absent where it went well. */
  readonly problem?: string;
}

const notifierDeadlineMs = 10_000;

/** Tells an event to everybody who wants it, one receiver after the other. Never throws. */
export async function deliver(
  context: Context,
  event: AccountEvent,
  subscription: Subscription,
  signal: AbortSignal = context.signal,
): Promise<Delivered[]> {
  const { hook, desktop } = subscription;
  const programs: [Delivered['to'], SideProgram][] = [];
  const variables = context.environment.raw;
  if (hook !== undefined) {
    const { deadlineMs } = subscription;
    programs.push(['onEvent', { argv: hook, variables, input: `${JSON.stringify(event)}\n`, deadlineMs, signal }]);
  }
  if (desktop) {
    const notifier = notifierFor(context.machine.platform, noticeOf(context, event));
    const told = { ...variables, ...notifier.variables };
    programs.push(['notify', { argv: notifier.argv, variables: told, deadlineMs: notifierDeadlineMs, signal }]);
  }
  const results: Delivered[] = [];
  for (const [to, program] of programs) {
    const problem = whyFailed(await run(context, program), program);
    results.push(problem === undefined ? { to } : { to, problem: printable(problem) });
  }
  return results;
}

async function run({ machine }: Context, program: SideProgram): Promise<SideEnd> {
  return (await machine.runBeside?.(program)) ?? { kind: 'not-started', code: 'ENOSYS' };
}

const mostLines = 5;

function noticeOf(context: Context, event: AccountEvent) {
  const lines = describeEvent(event, (at) => formatWhen(at, context.clock.now())).map((line) =>
    printable(context.io.shown(line)),
  );
  const rest = lines.length - mostLines;
  const body = [...lines.slice(0, mostLines), ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
  return { title: `codex-auth: ${event.name}${event.test === true ? ' (test)' : ''}`, body };
}
