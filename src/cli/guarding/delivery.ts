import * as z from 'zod/mini';
import type { Variables } from '../../core/environment.js';
import { AppError } from '../../core/errors.js';
import { type EventName, eventNames, isEventName } from '../../core/event-names.js';
import { type AccountEvent, describeEvent, type EventOf, makeEvent } from '../../core/events/event.js';
import { printable } from '../../core/printable.js';
import type { Settings } from '../../core/settings.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { runBeside, type SideProgram, whyFailed } from './side-program.js';

export interface Subscription {
  /** A program and its arguments. */
  readonly hook?: readonly string[];
  readonly deadlineMs: number;
  /** Whether events are told through the notifier of the system. */
  readonly desktop: boolean;
  readonly names: ReadonlySet<EventName>;
}

/** What is to be told and to whom; undefined where nobody wants to be told of anything. */
export function subscriptionOf(settings: Settings): Subscription | undefined {
  const { onEvent, notify, onlyEvents, onEventTimeoutMs: deadlineMs } = settings;
  if (onEvent.length === 0 && !notify) return undefined;
  const names = new Set(onlyEvents.length === 0 ? eventNames : onlyEvents.filter(isEventName));
  return { ...(onEvent.length === 0 ? {} : { hook: onEvent }), deadlineMs, desktop: notify, names };
}

const ofQuota: readonly EventName[] = ['quota-low', 'exhausted', 'available-again', 'credit-expiring'];

/** Whether the quota has to be read for the events that are wanted. */
export function needsQuota({ names }: Subscription): boolean {
  return ofQuota.some((name) => names.has(name));
}

/** What came of telling one event to one receiver. */
interface Delivered {
  readonly to: 'onEvent' | 'notify';
  /** As the end of a sentence; absent where it went well. */
  readonly problem?: string;
}

const notifierDeadlineMs = 10_000;

/** Tells an event to every receiver that wants it, one after the other. Never throws. */
export async function deliver(context: Context, event: AccountEvent, subscription: Subscription): Promise<Delivered[]> {
  const { hook, desktop } = subscription;
  const { signal } = context;
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
    const problem = whyFailed(await runBeside(context, program), program);
    results.push(problem === undefined ? { to } : { to, problem: printable(problem) });
  }
  return results;
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

/** The script as PowerShell reads it: the texts come in as variables of the environment, and never as code. */
const toast = [
  '[Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime] > $null',
  '$toast = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent(1)',
  "$texts = $toast.GetElementsByTagName('text')",
  '$texts.Item(0).AppendChild($toast.CreateTextNode($env:CODEX_AUTH_NOTICE_TITLE)) > $null',
  '$texts.Item(1).AppendChild($toast.CreateTextNode($env:CODEX_AUTH_NOTICE_BODY)) > $null',
  "$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'",
  '[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app).Show($toast)',
].join('\n');

const script = 'on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run';

/** The notifier's program and arguments, and what it needs of its environment besides; the texts are never code. */
function notifierFor(
  platform: NodeJS.Platform,
  { title, body }: ReturnType<typeof noticeOf>,
): { readonly argv: readonly string[]; readonly variables: Variables } {
  if (platform === 'darwin') return { argv: ['osascript', '-e', script, title, body], variables: {} };
  if (platform === 'win32') {
    const encoded = Buffer.from(toast, 'utf16le').toString('base64');
    return {
      argv: ['powershell', '-NoProfile', '-NonInteractive', '-EncodedCommand', encoded],
      variables: { CODEX_AUTH_NOTICE_TITLE: title, CODEX_AUTH_NOTICE_BODY: body },
    };
  }
  // notify-send reads some markup in the body.
  const escaped = body.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return { argv: ['notify-send', '--app-name=codex-auth', '--', title, escaped], variables: {} };
}

export const EventTest = z.object({
  action: z.literal('test-event'),
  event: z.enum(eventNames),
  /** The setting `onlyEvents` leaves this one out when it happens. */
  leftOut: z.boolean(),
  told: z.array(
    z.object({
      to: z.enum(['onEvent', 'notify']),
      /** Why it did not get it; absent where it did. */
      problem: z.exactOptional(z.string()),
    }),
  ),
});
export type EventTest = z.infer<typeof EventTest>;

/** Tells an event that has not happened to every receiver of events. Nothing is kept of it. */
export async function testEvent(context: Context, event: EventName): Promise<EventTest> {
  const subscription = subscriptionOf(context.settings());
  if (subscription === undefined) {
    throw new AppError('invalid-setting', 'nobody is told of events: neither onEvent nor notify is set', {
      hint: 'codex-auth config set notify true',
    });
  }
  const told = await deliver(context, sampleEvent(event, context.clock.now()), subscription);
  return { action: 'test-event', event, leftOut: !subscription.names.has(event), told };
}

export function renderEventTest({ event, leftOut, told }: EventTest, { color, symbols }: Theme): string {
  const lines = told.map(({ to, problem }) =>
    problem === undefined
      ? `${color.green(symbols.ok)} ${to} was told of ${event}`
      : `${color.red(symbols.error)} ${to} failed: ${problem}`,
  );
  const note = leftOut ? [color.dim(`onlyEvents leaves ${event} out when it happens`)] : [];
  return [...lines, ...note].map((line) => `${line}\n`).join('');
}

const hourMs = 3_600_000;
const whom = { id: 'acc_000000000000', name: 'someone@example.com', email: 'someone@example.com' };

type Sample<N extends EventName> = EventOf<N>['accounts'][number];

const samples: { readonly [N in EventName]: (in1h: string) => Sample<N> } = {
  'quota-low': (resetsAt) => ({ ...whom, window: '5h', remainingPercent: 8, resetsAt }),
  exhausted: (availableAt) => ({ ...whom, availableAt }),
  'available-again': () => whom,
  'sign-in-needed': () => ({ ...whom, reason: 'its login has ended, and cannot be renewed here' }),
  'set-aside': () => ({ ...whom, reason: 'the provider has ended its login' }),
  restored: () => whom,
  'login-moved': () => ({
    ...whom,
    home: '/home/someone/.codex',
    before: { id: 'acc_111111111111', name: 'other@example.com' },
  }),
  'credit-expiring': (expiresAt) => ({ ...whom, count: 1, expiresAt }),
};

/** An event of this kind that has not happened, about no real account, and marked as a test. */
function sampleEvent(name: EventName, now: number): AccountEvent {
  const account = samples[name](new Date(now + hourMs).toISOString());
  const facts = { at: now, accounts: [account] } as { at: number; accounts: EventOf<typeof name>['accounts'] };
  return { ...(makeEvent(name, facts) as AccountEvent), test: true };
}
