import type { Intent, Key } from './keys.js';
import { type Model, viewOf, visibleAccounts } from './model.js';

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
export function moveSelection(model: Model, intent: Intent): Model | undefined {
  if (viewOf(model) === 'flagged') {
    const flaggedCursor = moved(intent, model.flaggedCursor, model.report?.flagged.length ?? 0);
    return flaggedCursor === undefined ? undefined : { ...model, flaggedCursor };
  }
  const cursor = moved(intent, model.cursor, visibleAccounts(model).length);
  if (cursor === undefined) return undefined;
  // Text that is scrolled keeps its own place.
  return viewOf(model) === 'list' ? { ...model, cursor } : model;
}

/** The model after a digit: with those typed just before, a number of several; the selection goes to its account. */
export function selectByNumber(model: Model, digit: Key): Model {
  const accounts = visibleAccounts(model);
  for (const digits of [model.digits + digit, digit]) {
    const cursor = accounts.findIndex(({ index }) => String(index) === digits);
    if (cursor >= 0) return { ...model, cursor, digits };
  }
  return { ...model, digits: '' };
}

/** The model after a key while a name is typed; undefined for one that ends it. */
export function typeName(naming: NonNullable<Model['naming']>, key: Key): Model['naming'] {
  if (key === 'backspace') return { ...naming, text: [...naming.text].slice(0, -1).join('') };
  const letter = key === 'space' ? ' ' : key;
  return [...letter].length === 1 ? { ...naming, text: naming.text + letter } : naming;
}

/** A key while the filter is being typed; undefined for one that has its usual meaning. */
export function typeFilter(model: Model, key: Key): Model | undefined {
  if (key === 'enter') return { ...model, isTyping: false };
  if (key === 'escape') return { ...model, isTyping: false, filter: '', cursor: 0 };
  if (key === 'backspace') return { ...model, filter: [...model.filter].slice(0, -1).join(''), cursor: 0 };
  const letter = key === 'space' ? ' ' : key;
  return [...letter].length === 1 ? { ...model, filter: model.filter + letter, cursor: 0 } : undefined;
}
