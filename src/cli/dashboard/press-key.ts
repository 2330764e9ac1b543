import type { Action } from './action.js';
import { isEmpty } from './footer-lines.js';
import { type Intent, intentOf, type Key } from './keys.js';
import {
  type Effect,
  type Model,
  type Question,
  type ShownAccount,
  selectedAccount,
  selectedFlagged,
  type View,
  viewOf,
  visibleAccounts,
} from './model.js';
import { askToEnable, askToMove, askToRemove, askToRestore, askToSignIn } from './question.js';
import type { Step } from './update.js';

/** What a key does. A question comes first, then the filter that is being typed, then the view. */
export function pressKey(model: Model, key: Key): Step {
  if (key === 'ctrl-c') return leave(model, 'interrupt');
  if (key === 'ctrl-z') return leave(model, 'suspend');
  if (model.question !== undefined) return answer(model, model.question, key);
  if (model.naming !== undefined) return name(model, model.naming, key);
  const typed = model.isTyping ? typeFilter(model, key) : undefined;
  if (typed !== undefined) return step(typed);
  const intent = intentOf(viewOf(model), key);
  // A key without a meaning changes nothing; any other takes the message away, which has been read by now.
  if (intent === undefined) return step(model);
  if (intent === 'select-by-number') return step(selectByNumber(model, key));
  return obey({ ...model, message: undefined, digits: '' }, intent, key);
}

function step(model: Model, ...effects: Effect[]): Step {
  return { model, effects };
}

function act(model: Model, action: Action): Step {
  return step(model, { kind: 'act', action });
}

function name(model: Model, naming: NonNullable<Model['naming']>, key: Key): Step {
  const { id, text } = naming;
  if (key === 'escape') return step({ ...model, naming: undefined });
  if (key !== 'enter') return step({ ...model, naming: typeName(naming, key) });
  return act({ ...model, naming: undefined }, { verb: 'label', id, text });
}

function leave(model: Model, kind: 'quit' | 'interrupt' | 'suspend'): Step {
  return step(model, { kind: 'leave', leave: { kind } });
}

function answer(model: Model, question: Question, key: Key): Step {
  const cursor = moved(directionOf(key), question.cursor, question.choices.length);
  if (cursor !== undefined) return step({ ...model, question: { ...question, cursor } });
  const closed = { ...model, question: undefined };
  if (key === 'escape' || key === 'q') return step(closed);
  const chosen =
    key === 'enter' ? question.choices[question.cursor] : question.choices.find((each) => each.key === key);
  if (chosen === undefined) return step(model);
  return chosen.effect === undefined ? step(closed) : step(closed, chosen.effect);
}

/** A question has letters of its own, so that only the arrows move in it. */
function directionOf(key: Key): Intent {
  if (key === 'up' || key === 'left') return 'up';
  return key === 'down' || key === 'right' || key === 'tab' ? 'down' : 'open';
}

function obey(model: Model, intent: Intent, key: Key): Step {
  const at = moveSelection(model, intent);
  if (at !== undefined) return step(at);
  switch (intent) {
    case 'back':
      return goBack(model);
    case 'help':
      return step(opened(model, 'help'));
    case 'search':
      return step({ ...model, isTyping: true });
    case 'flagged':
      return step(opened(model, 'flagged'));
    default:
      return model.busy === undefined ? begin(model, intent, key) : stillBusy(model, model.busy);
  }
}

function opened(model: Model, view: View): Model {
  return { ...model, views: [...model.views, view] };
}

function goBack(model: Model): Step {
  const { views, filter } = model;
  if (views.length > 1) {
    const details = viewOf(model) === 'details' ? undefined : model.details;
    return step({ ...model, views: views.slice(0, -1), details });
  }
  if (filter !== '') return step({ ...model, filter: '', cursor: 0 });
  return leave(model, 'quit');
}

/** One thing at a time: two commands would wait for each other's locks, and their answers would be taken for one. */
function stillBusy(model: Model, busy: string): Step {
  return step({ ...model, message: { tone: 'bad', text: `still ${busy}`, warnings: [] } });
}

function begin(model: Model, intent: Intent, key: Key): Step {
  if (intent === 'add') return step(model, { kind: 'leave', leave: { kind: 'sign-in', whom: { kind: 'another' } } });
  if (viewOf(model) === 'flagged') return beginFlagged(model, intent);
  if (intent === 'read-all') return step(model, { kind: 'read-quota', now: true });
  if (intent === 'undo') return takeBack(model);
  const account = selectedAccount(model);
  if (account !== undefined) return beginAccount(model, intent, account);
  // With no account at all, Enter adds the first one.
  return isEmpty(model) && key === 'enter' ? begin(model, 'add', key) : step(model);
}

function takeBack(model: Model): Step {
  if (model.undo !== undefined) return act(model, model.undo);
  return step({ ...model, message: { tone: 'good', text: 'There is nothing to take back', warnings: [] } });
}

function beginFlagged(model: Model, intent: Intent): Step {
  const selected = selectedFlagged(model);
  if (selected === undefined) return step(model);
  if (intent === 'open') return asking(model, askToRestore(selected));
  if (intent === 'use') return act(model, { verb: 'switch', id: selected.id });
  return act(model, { verb: 'verify', restore: intent === 'restore' });
}

function asking(model: Model, question: Question): Step {
  return step({ ...model, question });
}

function beginAccount(model: Model, intent: Intent, account: ShownAccount): Step {
  const { id, enabled } = account;
  switch (intent) {
    case 'open':
      return step({ ...opened(model, 'details'), details: { id } }, { kind: 'read-details', id });
    case 'use':
      return enabled ? act(model, { verb: 'switch', id }) : asking(model, askToEnable(account));
    case 'refresh':
      if (account.state === 'sign-in-needed') return asking(model, askToSignIn('This account needs a sign-in.', id));
      return act(model, { verb: 'refresh', id });
    case 'toggle':
      return act(model, { verb: enabled ? 'disable' : 'enable', id });
    case 'remove':
      return asking(model, askToRemove(account));
    case 'label':
      return step({ ...model, naming: { id, text: account.label ?? '' } });
    case 'move':
      return asking(model, askToMove(account, model.report?.scope.kind === 'project'));
    case 'check':
      return act(model, { verb: 'check' });
    default:
      return step(model);
  }
}

/** How far a page is, whatever the height of the window. */
const page = 10;

const steps: Partial<Record<Intent, number>> = {
  up: -1,
  down: 1,
  'page-up': -page,
  'page-down': page,
  first: Number.NEGATIVE_INFINITY,
  last: Number.POSITIVE_INFINITY,
};

/** Where a movement ends among so many lines; undefined for what is no movement. */
export function moved(intent: Intent, position: number, count: number): number | undefined {
  const step = steps[intent];
  return step === undefined ? undefined : within(position + step, count);
}

export function within(position: number, count: number): number {
  return Math.max(0, Math.min(position, count - 1));
}

/** The model after a movement of the selection; undefined for what is no movement. */
function moveSelection(model: Model, intent: Intent): Model | undefined {
  if (viewOf(model) === 'flagged') {
    const flaggedCursor = moved(intent, model.flaggedCursor, model.report?.flagged.length ?? 0);
    return flaggedCursor === undefined ? undefined : { ...model, flaggedCursor };
  }
  const cursor = moved(intent, model.cursor, visibleAccounts(model).length);
  if (cursor === undefined) return undefined;
  // The other views are text, which is scrolled by `Page`.
  return viewOf(model) === 'list' ? { ...model, cursor } : model;
}

/** The model after a digit: with those typed just before, a number of several; the selection goes to its account. */
function selectByNumber(model: Model, digit: Key): Model {
  const accounts = visibleAccounts(model);
  for (const digits of [model.digits + digit, digit]) {
    const cursor = accounts.findIndex(({ index }) => String(index) === digits);
    if (cursor >= 0) return { ...model, cursor, digits };
  }
  return { ...model, digits: '' };
}

/** The model after a key while a name is typed; undefined for one that ends it. */
function typeName(naming: NonNullable<Model['naming']>, key: Key): Model['naming'] {
  if (key === 'backspace') return { ...naming, text: [...naming.text].slice(0, -1).join('') };
  const letter = key === 'space' ? ' ' : key;
  return [...letter].length === 1 ? { ...naming, text: naming.text + letter } : naming;
}

/** A key while the filter is being typed; undefined for one that has its usual meaning. */
function typeFilter(model: Model, key: Key): Model | undefined {
  if (key === 'enter') return { ...model, isTyping: false };
  if (key === 'escape') return { ...model, isTyping: false, filter: '', cursor: 0 };
  if (key === 'backspace') return { ...model, filter: [...model.filter].slice(0, -1).join(''), cursor: 0 };
  const letter = key === 'space' ? ' ' : key;
  return [...letter].length === 1 ? { ...model, filter: model.filter + letter, cursor: 0 } : undefined;
}
