import type { Binding } from '../bindings/binding.js';
import { readBindings, withBinding, withoutBinding } from '../bindings/registry.js';
import type { Store } from '../pools/store.js';
import type { Step } from './change.js';

/** Binds a directory, or with null takes its binding away. The step by which that can be taken back; none where nothing is new. */
export function changeBinding(store: Store, directory: string, after: Binding | null): Step[] {
  const before = readBindings(store.root).find((each) => each.directory === directory) ?? null;
  if (before?.accountId === after?.accountId) return [];
  store.changeBindings((all) => (after === null ? withoutBinding(all, directory) : withBinding(all, after)));
  return [{ kind: 'binding', directory, before, after }];
}

/** Of an account that goes: its directories are bound to nobody then, and never to another account. */
export function unbindAccount(store: Store, accountId: string): Step[] {
  const bound = readBindings(store.root).filter((each) => each.accountId === accountId);
  return bound.flatMap(({ directory }) => changeBinding(store, directory, null));
}
