import type { Action } from './action.js';
import type { Model } from './model.js';

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
      // A project is moved to, and back from, by being the one of this directory.
      return { ...action, to: action.to === 'global' ? '.' : 'global' };
    default:
      return undefined;
  }
}
