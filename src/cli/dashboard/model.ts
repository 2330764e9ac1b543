import type { ReportResult } from '../commands/report.js';
import type { StatusResult } from '../commands/status.js';
import type { Whom } from '../sign-in/questions.js';
import type { ForecastResult } from '../views/forecast-view.js';
import type { FailureView } from '../views/probe-failure.js';
import type { Action } from './action.js';

export type View = 'list' | 'details' | 'flagged' | 'help' | 'output';

export type ShownAccount = ReportResult['accounts'][number];
export type FlaggedEntry = ReportResult['flagged'][number];

/** Everything the screen shows, as a value; only `update` makes a new one. */
export interface Model {
  /** What is stored, as `report --cached` tells it. Undefined until it has been read. */
  readonly report: ReportResult | undefined;
  /** Why it could not be read last time; what is shown is older. */
  readonly readFailure: Message | undefined;
  /** What the commands behind the screen warned of when they read last. */
  readonly notices: { readonly files: readonly string[]; readonly quota: readonly string[] };
  /** Why the quota of an account could not be read last time, by its id. */
  readonly failures: ReadonlyMap<string, FailureView>;
  readonly isReadingQuota: boolean;
  /** The views that are open; the last one is shown. */
  readonly views: readonly View[];
  /** The selected line among those that are shown. */
  readonly cursor: number;
  readonly flaggedCursor: number;
  readonly filter: string;
  /** Whether letters go into the filter. */
  readonly isTyping: boolean;
  /** The digits of a number that is being typed. */
  readonly digits: string;
  /** The name that is being typed for an account. */
  readonly naming: { readonly id: string; readonly text: string } | undefined;
  /** What takes back what was done last; and the same for what is being done. */
  readonly undo: Action | undefined;
  readonly nextUndo: Action | undefined;
  /** The account whose details are shown. */
  readonly details: { readonly id: string; readonly status?: StatusResult } | undefined;
  /** What a command printed that is too long for a message. */
  readonly output: { readonly title: string; readonly message: Message } | undefined;
  readonly question: Question | undefined;
  readonly message: Message | undefined;
  /** What is being done. */
  readonly busy: string | undefined;
}

export interface Message {
  readonly tone: 'good' | 'bad';
  /** As the command printed it. */
  readonly text: string;
  readonly hint?: string | undefined;
  readonly warnings: readonly string[];
}

export interface Question {
  readonly text: string;
  readonly choices: readonly Choice[];
  /** The choice that Enter takes. */
  readonly cursor: number;
}

export interface Choice {
  readonly key: string;
  readonly text: string;
  /** Absent: nothing is done. */
  readonly effect?: Effect;
}

/** What `update` wants done; the session does it. */
export type Effect =
  /** Read the files again. */
  | { readonly kind: 'read' }
  | { readonly kind: 'read-details'; readonly id: string }
  /** With `now`: also what was read a moment ago. */
  | { readonly kind: 'read-quota'; readonly now?: boolean }
  | { readonly kind: 'act'; readonly action: Action }
  | { readonly kind: 'leave'; readonly leave: Leave };

/** Why the screen is given back. */
export type Leave =
  | { readonly kind: 'quit' }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'suspend' }
  /** Draw everything again: another program has written on the screen. */
  | { readonly kind: 'redraw' }
  | { readonly kind: 'sign-in'; readonly whom: Whom };

export const initialModel: Model = {
  report: undefined,
  readFailure: undefined,
  notices: { files: [], quota: [] },
  failures: new Map(),
  isReadingQuota: false,
  views: ['list'],
  cursor: 0,
  flaggedCursor: 0,
  filter: '',
  isTyping: false,
  digits: '',
  naming: undefined,
  undo: undefined,
  nextUndo: undefined,
  details: undefined,
  output: undefined,
  question: undefined,
  message: undefined,
  busy: undefined,
};

export function noticesOf({ notices }: Model): readonly string[] {
  return [...new Set([...notices.files, ...notices.quota])];
}

export function viewOf({ views }: Model): View {
  return views.at(-1) ?? 'list';
}

/** The accounts that the filter lets through, in the order of their numbers. */
export function visibleAccounts({ report, filter }: Model): readonly ShownAccount[] {
  const accounts = report?.accounts ?? [];
  const wanted = filter.trim().toLowerCase();
  if (wanted === '') return accounts;
  return accounts.filter(({ email, label, workspace, plan, state, id }) =>
    [email, label, workspace, plan, state.replaceAll('-', ' '), id].some((text) =>
      text?.toLowerCase().includes(wanted),
    ),
  );
}

/** The account that a key is about: the one whose details are shown, else the selected one. */
export function selectedAccount(model: Model): ShownAccount | undefined {
  const { details, report, cursor } = model;
  if (viewOf(model) === 'details') return report?.accounts.find(({ id }) => id === details?.id);
  return visibleAccounts(model)[cursor];
}

export function selectedFlagged({ report, flaggedCursor }: Model): FlaggedEntry | undefined {
  return report?.flagged[flaggedCursor];
}

export function forecastOf({ report }: Model, id: string): ForecastResult['accounts'][number] | undefined {
  return report?.forecast.accounts.find((each) => each.id === id);
}
