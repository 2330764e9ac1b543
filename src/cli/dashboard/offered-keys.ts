import { type Binding, bindingsOf } from './keys.js';
import { type Model, selectedAccount, selectedFlagged, viewOf } from './model.js';

/** A key for the line at the bottom. */
export interface OfferedKey {
  readonly label: string;
  readonly short: string;
}

/** The keys that have something to do now, in the words of what they would do. */
export function offeredKeys(model: Model): OfferedKey[] {
  return bindingsOf(viewOf(model)).flatMap((binding) => {
    const { label } = binding;
    const short = offerOf(model, binding);
    return label === undefined || short === undefined ? [] : [{ label, short }];
  });
}

function offerOf(model: Model, binding: Binding): string | undefined {
  switch (viewOf(model)) {
    case 'list':
    case 'details':
      return offerOfAccount(model, binding);
    case 'flagged':
      return offerOfFlagged(model, binding);
    default:
      return binding.short;
  }
}

function offerOfAccount(model: Model, { intent, short }: Binding): string | undefined {
  const selected = selectedAccount(model);
  switch (intent) {
    case 'use':
      return isEmpty(model) ? 'sign in' : selected && short;
    case 'open':
    case 'refresh':
    case 'remove':
    case 'check':
      return selected && short;
    case 'toggle':
      return selected && (selected.enabled ? 'disable' : 'enable');
    case 'add':
      // Enter does the same then.
      return isEmpty(model) ? undefined : short;
    case 'search':
      return (model.report?.accounts.length ?? 0) > 0 ? short : undefined;
    case 'flagged':
      return (model.report?.flagged.length ?? 0) > 0 ? short : undefined;
    default:
      return short;
  }
}

function offerOfFlagged(model: Model, { intent, short }: Binding): string | undefined {
  const selected = selectedFlagged(model);
  switch (intent) {
    case 'open':
    case 'verify':
    case 'restore':
      return selected && short;
    case 'use':
      return selected?.usableUntil === undefined ? undefined : short;
    default:
      return short;
  }
}

/** Nothing is here yet, not even an account that is set aside. */
export function isEmpty({ report }: Model): boolean {
  return report?.accounts.length === 0 && report.flagged.length === 0;
}
