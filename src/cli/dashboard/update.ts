import type { ReportResult } from '../commands/report.js';
import type { StatusResult } from '../commands/status.js';
import { type Action, type Outcome, verbs } from './action.js';
import type { Key } from './keys.js';
import { type Effect, type Message, type Model, noticesOf, visibleAccounts } from './model.js';
import { pressKey, within } from './press-key.js';
import { askToKeep, askToReplace, askToRestartDaemon, askToSignIn } from './question.js';
import type { Ending } from './quiet-run.js';

export type Event =
  | { readonly kind: 'key'; readonly key: Key }
  /** Time to look again. */
  | { readonly kind: 'tick'; readonly asksQuota: boolean }
  | { readonly kind: 'read'; readonly ending: Ending<ReportResult> }
  | { readonly kind: 'details-read'; readonly id: string; readonly ending: Ending<StatusResult> }
  | { readonly kind: 'quota-read'; readonly ending: Ending<ReportResult> }
  | { readonly kind: 'ended'; readonly action: Action; readonly outcome: Outcome }
  | { readonly kind: 'signed-in'; readonly message: Message };

export interface Step {
  readonly model: Model;
  readonly effects: readonly Effect[];
}

/** Everything that can happen, and what comes of it. Pure: what is to be done is returned as effects. */
export function update(model: Model, event: Event): Step {
  const { model: after, effects } = respond(model, event);
  const actions = effects.flatMap((effect) => (effect.kind === 'act' ? [effect.action] : []));
  const asksQuota = effects.some(({ kind }) => kind === 'read-quota');
  const [action] = actions;
  const busy = action === undefined ? after.busy : verbs[action.verb][1];
  const nextUndo = action === undefined ? after.nextUndo : inverseOf(model, action);
  return { model: { ...after, busy, nextUndo, isReadingQuota: after.isReadingQuota || asksQuota }, effects };
}

function respond(model: Model, event: Event): Step {
  switch (event.kind) {
    case 'key':
      return pressKey(model, event.key);
    case 'tick':
      return { model, effects: [{ kind: event.asksQuota && !model.isReadingQuota ? 'read-quota' : 'read' }] };
    case 'read':
      return { model: welcomed(model, withReport(model, event.ending, 'files')), effects: [] };
    case 'details-read':
      return { model: withStatus(model, event.id, event.ending), effects: [] };
    case 'quota-read':
      return { model: withQuota(model, event.ending), effects: [] };
    case 'ended':
      return { model: afterAction(model, event.action, event.outcome), effects: readAll(model) };
    case 'signed-in':
      return { model: { ...model, message: event.message }, effects: [...readAll(model), { kind: 'read-quota' }] };
  }
}

function readAll({ details }: Model): Effect[] {
  return [{ kind: 'read' }, ...(details === undefined ? [] : [{ kind: 'read-details' as const, id: details.id }])];
}

/** The selection stays with its account, or at its line where that account is gone. */
function withReport(model: Model, ending: Ending<ReportResult>, read: keyof Model['notices']): Model {
  if (ending.kind === 'failed') return { ...model, readFailure: messageOf(ending) };
  const selected = visibleAccounts(model)[model.cursor]?.id;
  const after = {
    ...model,
    report: ending.result,
    readFailure: undefined,
    notices: { ...model.notices, [read]: ending.warnings },
  };
  const accounts = visibleAccounts(after);
  const position = accounts.findIndex(({ id }) => id === selected);
  return {
    ...after,
    cursor: within(position < 0 ? model.cursor : position, accounts.length),
    flaggedCursor: within(model.flaggedCursor, ending.result.flagged.length),
  };
}

/** After the first reading: asks whether to keep the login of the official client, where there is nothing else. */
function welcomed(before: Model, after: Model): Model {
  const [account, ...others] = after.report?.accounts ?? [];
  const isNewcomer = account?.stored === false && others.length + (after.report?.flagged.length ?? 0) === 0;
  return before.report === undefined && isNewcomer ? { ...after, question: askToKeep(account) } : after;
}

function withStatus(model: Model, id: string, ending: Ending<StatusResult>): Model {
  if (model.details?.id !== id) return model;
  if (ending.kind === 'done') return { ...model, details: { id, status: ending.result } };
  // The account has been removed or set aside meanwhile, or nothing can be read.
  const views = model.views.filter((view) => view !== 'details');
  return { ...model, details: undefined, views, message: messageOf(ending) };
}

function withQuota(model: Model, ending: Ending<ReportResult>): Model {
  const after = { ...withReport(model, ending, 'quota'), isReadingQuota: false };
  if (ending.kind === 'failed') return after;
  const failures = ending.result.forecast.accounts.flatMap(({ id, failure }) =>
    failure === undefined ? [] : [[id, failure] as const],
  );
  return { ...after, failures: new Map(failures) };
}

function afterAction(model: Model, action: Action, { ending, next }: Outcome): Model {
  const { nextUndo } = model;
  const undo = ending.kind === 'done' && nextUndo !== undefined ? nextUndo : model.undo;
  const after = { ...model, busy: undefined, nextUndo: undefined, undo };
  if (ending.kind === 'failed' && ending.failure.code === 'interrupted') return after;
  const told = messageOf(ending);
  // What the header warns of already need not be said again.
  const message = { ...told, warnings: told.warnings.filter((warning) => !noticesOf(model).includes(warning)) };
  if (next === 'sign-in' && 'id' in action) return { ...after, question: askToSignIn(message.text.trim(), action.id) };
  if (next === 'daemon-restart' && action.verb === 'switch') {
    return { ...after, message, question: askToRestartDaemon(action) };
  }
  if (ending.kind === 'failed' && ending.failure.code === 'confirmation-needed' && action.verb === 'switch') {
    return { ...after, question: askToReplace(ending.failure.message, action) };
  }
  const isLong = message.text.trimEnd().split('\n').length > longestMessage;
  if (!isLong) return { ...after, message };
  const output = { title: `codex-auth ${verbs[action.verb][0]}`, message };
  return { ...after, output, views: [...after.views, 'output'] };
}

/** The most lines of a message; a longer one has a page of its own. */
const longestMessage = 3;

function messageOf(ending: Ending<unknown>): Message {
  const { warnings } = ending;
  if (ending.kind === 'done') return { tone: 'good', text: ending.text, warnings };
  const { message: text, hint } = ending.failure;
  return { tone: 'bad', text, hint, warnings };
}

/** What takes an action back, as things stand before it; undefined where nothing does. */
export function inverseOf({ report }: Model, action: Action): Action | undefined {
  switch (action.verb) {
    case 'switch':
      return report?.activeId === undefined || report.activeId === action.id
        ? undefined
        : { verb: 'switch', id: report.activeId };
    case 'enable':
    case 'disable':
      return { verb: action.verb === 'enable' ? 'disable' : 'enable', id: action.id };
    case 'label':
      return { ...action, text: report?.accounts.find(({ id }) => id === action.id)?.label ?? '' };
    case 'move':
      // The dashboard moves accounts only between the global ones and the project of this directory.
      return { ...action, to: action.to === 'global' ? '.' : 'global' };
    default:
      return undefined;
  }
}
