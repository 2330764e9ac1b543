import { normalizeEmailKey } from '../core/accounts/identity.js';
import { AppError } from '../core/errors.js';
import { readAllScopes } from '../core/pools/scope-files.js';
import { printable } from '../core/printable.js';
import type { Context } from './context.js';

const maxLength = 60;

/** A label is a name to type: one line, and not something that already means an index or the previous account. */
export function checkLabel(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const problem = labelProblem(trimmed);
  if (problem === undefined) return trimmed;
  throw new AppError('usage', `"${printable(trimmed)}" cannot be a label: ${problem}`, {
    hint: 'choose a short name such as "work"',
  });
}

function labelProblem(text: string): string | undefined {
  if (printable(text) !== text) return 'it has control or invisible characters';
  if (/^\d+$/.test(text)) return 'digits alone mean a position in the list';
  if (text.startsWith('-')) return 'it would read as an option';
  return text.length > maxLength ? `it is longer than ${maxLength} characters` : undefined;
}

/** It would be read as the name of that account, here and in every message. */
export function refuseAddressOfAnother({ root }: Context, label: string | undefined, id?: string): void {
  if (label === undefined) return;
  const key = normalizeEmailKey(label);
  const isTaken = readAllScopes(root.paths)
    .flatMap(({ pool, flagged }) => [...pool.accounts, ...flagged.accounts])
    .some((each) => each.id !== id && normalizeEmailKey(each.email ?? '') === key);
  if (!isTaken) return;
  throw new AppError('usage', `"${printable(label)}" cannot be a label: it is the address of another account`, {
    hint: 'choose a short name such as "work"',
  });
}

/** A label that two accounts share selects neither. */
export function warnIfShared(context: Context, label: string | undefined, id: string): void {
  if (label === undefined) return;
  const key = normalizeEmailKey(label);
  const isShared = readAllScopes(context.root.paths).some(({ pool }) =>
    pool.accounts.some((each) => each.id !== id && normalizeEmailKey(each.label ?? '') === key),
  );
  if (isShared) context.warn(`another account is called "${label}" too, so the label alone selects neither`);
}
