import { normalizeEmailKey } from '../accounts/identity.js';
import { labelProblem } from '../accounts/selector.js';
import { AppError } from '../errors.js';
import { readAllScopes } from '../pools/scope-files.js';
import { printable } from '../printable.js';
import type { Session } from './session.js';

/** The label to store; undefined for none. Throws `usage` for a text that cannot be a label. */
export function checkLabel(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const problem = labelProblem(trimmed);
  if (problem === undefined) return trimmed;
  throw new AppError('usage', `"${printable(trimmed)}" cannot be a label: ${problem}`, {
    hint: 'choose a short name such as "work"',
  });
}

/** Throws for a label that is the address of another account: it would be taken for that account's name. */
export function refuseAddressOfAnother({ root }: Session, label: string | undefined, id?: string): void {
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
export function warnIfShared(session: Session, label: string | undefined, id: string): void {
  if (label === undefined) return;
  const key = normalizeEmailKey(label);
  const isShared = readAllScopes(session.root.paths).some(({ pool }) =>
    pool.accounts.some((each) => each.id !== id && normalizeEmailKey(each.label ?? '') === key),
  );
  if (isShared) session.warn(`another account is called "${label}" too, so the label alone selects neither`);
}
