import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import type { HandedOver } from '../../core/quota/handed-over.js';
import { percentText, type QuotaWindow } from '../../core/quota/window.js';
import { shortName } from '../../core/segment/segment-text.js';
import { answerLine, parseThreadState } from '../../core/status-line/protocol.js';
import { createTaker, type Sight, type Taker } from '../../core/status-line/take-numbers.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';

const StatuslineResult = z.object({
  /** How many requests were answered. */
  answered: z.number(),
});
type StatuslineResult = z.infer<typeof StatuslineResult>;

/** Longer than anything the client sends. */
const longestLine = 4 * 1024 * 1024;

/** Answers the official client until it closes its end. */
async function statusline(context: Context): Promise<StatuslineResult> {
  const taker = createTaker(context);
  const draw = (state: unknown) => drawFooter(taker, state);
  let answered = 0;
  for await (const line of linesFrom(context)) {
    const answer = answerLine(line, context.machine.version, draw);
    if (answer === undefined) continue;
    context.io.printCode(answer);
    answered += 1;
  }
  await taker.settled();
  return { answered };
}

/** The client asks no more for a footer that has failed once. So what cannot be read now is only not shown now. */
function drawFooter(taker: Taker, value: unknown): unknown {
  const state = parseThreadState(value);
  try {
    return footerOf(taker.look(state), state.limits);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return footerOf({ isSure: false }, state.limits);
  }
}

async function* linesFrom({ io, signal }: Context): AsyncGenerator<string> {
  const { stdin } = io;
  const stop = () => stdin.destroy();
  signal.addEventListener('abort', stop);
  let rest = '';
  try {
    for await (const chunk of stdin.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter((line) => line.trim() !== '');
      if (rest.length > longestLine) return;
    }
  } catch (error) {
    // The signal has closed the input.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

export const statuslineCommand: Command<object, StatuslineResult> = {
  name: 'statusline',
  schema: StatuslineResult,
  run: statusline,
  render: () => '',
  printsCode: true,
  endsOnSignal: true,
};

/** What the official client draws (official-client.md#status-line): text is shown as it is, null shows nothing. */
type FooterNode =
  | string
  | { readonly type: 'text'; readonly props: { readonly color: string }; readonly children: readonly FooterNode[] }
  | {
      readonly type: 'row';
      readonly props: { readonly gap: number; readonly wrap: 'wrap' };
      readonly children: readonly FooterNode[];
    };

/** `work  5h 80%  7d 41%`: the account of the conversation, and what is left of its windows. */
function footerOf({ account, known }: Sight, limits: HandedOver | undefined): FooterNode | null {
  const windows = limits?.windows ?? known?.windows ?? [];
  const name = account === undefined ? [] : [painted('status-thread', shortName(account))];
  const children = [...name, ...windows.map(windowNode)];
  return children.length === 0 ? null : { type: 'row', props: { gap: 2, wrap: 'wrap' }, children };
}

function windowNode({ id, remainingPercent }: QuotaWindow): FooterNode {
  const color = remainingPercent <= 10 ? 'red' : remainingPercent <= 30 ? 'yellow' : 'status-limit';
  return painted(color, `${id} ${percentText(remainingPercent)}`);
}

function painted(color: string, text: string): FooterNode {
  return { type: 'text', props: { color }, children: [text] };
}
