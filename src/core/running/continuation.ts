import { readClientLine } from '../codex/client-line.js';
import { argumentsOf, isClientName } from '../codex/client-program.js';
import type { SpokenWords } from '../codex/turn-end.js';
import type { Runnable } from './runnable.js';

/** A call of the official client that works on a session, which another account can go on with. */
export interface SessionCall {
  /** `codex exec`, as opposed to the interactive client. */
  readonly isTask: boolean;
  /** Options before and after the subcommand, without those that were about the beginning only. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The session that it names. */
  readonly thread?: string;
}

/** Undefined for another program, for other subcommands, and where the client keeps no session. */
export function sessionCallOf({ name, arguments: words }: Runnable): SessionCall | undefined {
  if (!isClientName(name) || argumentsOf(name, words) !== words) return undefined;
  const { command, before, after, operands } = readClientLine(words);
  const isTask = command === 'exec' || command === 'e';
  const [verb, named] = isTask ? operands : [command, operands[0]];
  if (!isTask && ![undefined, 'resume', 'fork'].includes(command)) return undefined;
  if (isTask && ['review', 'help'].includes(verb ?? '')) return undefined;
  if ([...before, ...after].some(([option]) => option === '--ephemeral')) return undefined;
  const thread = verb === 'resume' && named !== undefined && isThreadId.test(named) ? { thread: named } : {};
  return { isTask, before: lasting(before), after: lasting(after), ...thread };
}

const isThreadId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Options that do not go along to a session that goes on: an image has been sent, a worktree made and a session chosen
 * by then.
 */
const ofTheBeginning = /^(?:-i|--image(?:=.*)?|--worktree|--last|--all|--include-non-interactive)$/;

function lasting(options: readonly (readonly string[])[]): string[] {
  return options.filter(([option = '']) => !ofTheBeginning.test(option)).flat();
}

/** The words by which the client goes on with a session; a task needs something to say. */
export function resumeWords({ isTask, before, after }: SessionCall, thread: string): string[] {
  return isTask
    ? [...before, 'exec', ...after, 'resume', thread, 'Continue.']
    : [...before, 'resume', ...after, thread];
}

/** The words by which the client begins a new session with this prompt. */
export function freshWords({ isTask, before, after }: SessionCall, prompt: string): string[] {
  return isTask ? [...before, 'exec', ...after, '--', prompt] : [...before, ...after, '--', prompt];
}

/** What fits a prompt well, and any command line. */
const [mostOfBeginning, mostInAll] = [4_000, 12_000];

/** The prompt of a session that goes on where another one cannot: how that one began, and what was said in it last. */
export function freshPrompt(beginning: string | undefined, latest: readonly SpokenWords[]): string {
  const said = latest.map(({ isPerson, text }) => `${isPerson ? 'Person' : 'Assistant'}: ${text.trim()}`);
  const first = beginning === undefined ? '' : `It began with:\n${beginning.slice(0, mostOfBeginning)}\n\n`;
  const last: string[] = [];
  let room = mostInAll - first.length;
  for (const line of said.toReversed()) {
    room -= line.length;
    if (room < 0) break;
    last.unshift(line);
  }
  return `This goes on with the work of another session, whose history is not here.\n\n${first}What was said in it last:\n${last.join('\n')}\n\nLook at what is done already, and go on from there.`;
}
