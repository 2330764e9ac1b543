import * as z from 'zod/mini';
import { describeAccount } from '../../core/accounts/account.js';
import type { Binding } from '../../core/bindings/binding.js';
import { bindingAt } from '../../core/bindings/bound-place.js';
import { readBindings } from '../../core/bindings/registry.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import type { ShownRoster } from '../../core/roster/shown-roster.js';
import { shellWord } from '../../core/shell/shell-word.js';
import type { Context } from '../program/context.js';
import { shownEmail } from './account-ref.js';

/** A directory that is bound to an account, as which plain `codex` runs in it. */
export const BindingView = z.object({
  directory: z.string(),
  /** `project`: with all its worktrees. */
  kind: z.enum(['project', 'directory']),
  accountId: z.string(),
  /** Label, email address or id; absent where the account is not here any more, and `codex` refuses to run. */
  account: z.exactOptional(z.string()),
});
export type BindingView = z.infer<typeof BindingView>;

/** The binding that counts where the command was called; what cannot be read is only warned about. */
export function bindingHere(context: Context, roster: ShownRoster): BindingView | undefined {
  try {
    const binding = bindingAt(readBindings(context.root), context.machine.cwd);
    return binding && bindingView(binding, roster, context.options.mask === true);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    context.warn(error.message);
    return undefined;
  }
}

/** A binding for a result. Its account may be in any pool, also set aside. */
export function bindingView(binding: Binding, roster: ShownRoster, mask: boolean): BindingView {
  const { directory, commonDir, accountId } = binding;
  const all = [roster.records, ...roster.others].flatMap(({ pool, flagged }) => [
    ...pool.accounts,
    ...flagged.accounts,
  ]);
  const found = [...roster.accounts, ...all].find(({ id }) => id === accountId);
  const account = found && (found.label ?? shownEmail(found.email, mask) ?? describeAccount(found));
  const kind: BindingView['kind'] = commonDir === undefined ? 'directory' : 'project';
  return definedOnly({ directory, kind, accountId, account });
}

export function bindingText({ directory, kind, account, accountId }: BindingView): string {
  const place = `${directory}${kind === 'project' ? ' and its worktrees' : ''}`;
  if (account === undefined)
    return `${place}: bound to an account that is gone (${accountId}): ${clearCommand(directory)}`;
  return `plain codex runs as ${account} in ${place}`;
}

export function clearCommand(directory: string): string {
  return `codex-auth switch --dir ${shellWord(directory)} --clear`;
}
