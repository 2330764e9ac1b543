import * as z from 'zod/mini';
import { describeAccount } from '../../core/accounts/account.js';
import type { Binding } from '../../core/bindings/binding.js';
import { type BoundPlace, bindingAt, placeAround, placeAt } from '../../core/bindings/bound-place.js';
import { readBindings } from '../../core/bindings/registry.js';
import { changeBinding } from '../../core/changes/steps-between.js';
import { definedOnly } from '../../core/defined-only.js';
import { homeOf } from '../../core/environment.js';
import { AppError } from '../../core/errors.js';
import { withStore } from '../../core/logins/with-store.js';
import { seenFrom } from '../../core/project/git-dir.js';
import type { Roster } from '../../core/roster/roster.js';
import { noteChange } from '../../core/session/change-account.js';
import { setupPlace } from '../../core/session/places.js';
import { locateAnywhere, openRoster } from '../../core/session/selection.js';
import { takeInFirst } from '../../core/session/take-in.js';
import { knowsBindings } from '../../core/shell/shim.js';
import { readWiring } from '../../core/shell/wiring.js';
import { realPath } from '../../core/storage/same-directory.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { BindingView, bindingView, clearCommand } from '../views/binding-view.js';

export const BindResult = z.object({
  change: z.enum(['bound', 'unchanged', 'cleared', 'nothing']),
  /** The binding as it is now, or with --clear as it was; absent where there is none. */
  binding: z.exactOptional(BindingView),
  /** What the directory was bound to before. */
  replaced: z.exactOptional(BindingView),
  /** Called in a terminal of `run`, which stays on its account also in a bound directory. */
  inRun: z.boolean(),
  /** Whether typing `codex` in this shell passes the shim, without which no binding has an effect. */
  reached: z.boolean(),
});
export type BindResult = z.infer<typeof BindResult>;

export interface BindOptions {
  readonly selector?: string;
  readonly here?: boolean;
  readonly dir?: string;
  readonly clear?: boolean;
}

/** `switch --here`: from now on plain `codex` runs as this account in a project or directory. */
export async function bindDirectory(context: Context, options: BindOptions): Promise<BindResult> {
  if (context.machine.platform === 'win32') {
    throw new AppError('not-allowed', 'no directory can be bound on Windows, where there is no run', {
      hint: 'use it in WSL',
    });
  }
  if (options.here === true && options.dir !== undefined) {
    throw new AppError('usage', '--here and --dir exclude each other', { hint: 'use one of the two' });
  }
  return options.clear === true ? clear(context, options) : bind(context, options);
}

async function bind(context: Context, options: BindOptions): Promise<BindResult> {
  const { selector } = options;
  if (selector === undefined) {
    throw new AppError('usage', 'switch needs to know which account', {
      hint: 'codex-auth switch <index or email> --here; to take a binding away: codex-auth switch --here --clear',
    });
  }
  const place = placeMeant(context, options);
  const roster = openRoster(context, context.readingScope());
  const { account, scopeKey } = locateAnywhere(context, roster, selector);
  if (!account.enabled) {
    throw new AppError('usage', `${describeAccount(account)} is disabled`, { hint: `codex-auth enable ${account.id}` });
  }
  await takeInFirst(context, account, scopeKey);
  const binding: Binding = { ...place, accountId: account.id, boundAt: context.clock.now() };
  const before = readBindings(context.root).find(({ directory }) => directory === place.directory);
  const isNew = await change(context, place.directory, binding);
  return definedOnly({
    change: isNew ? ('bound' as const) : ('unchanged' as const),
    binding: viewIn(context, roster, binding),
    replaced: isNew && before !== undefined ? viewIn(context, roster, before) : undefined,
    ...surroundings(context),
  });
}

function placeMeant(context: Context, { dir }: BindOptions): BoundPlace {
  const home = homeOf(context.environment) ?? '';
  const place = dir === undefined ? placeAround(context.machine.cwd, home) : placeAt(named(context, dir), home);
  if (place !== undefined) return place;
  if (dir === undefined) {
    throw new AppError('usage', '--here would mean everything in your home directory', {
      hint: 'go into a project; or, if you mean it: codex-auth switch <selector> --dir .',
    });
  }
  throw new AppError('usage', `--dir ${dir}: there is no such directory`, { hint: 'name a directory that exists' });
}

function named({ machine }: Context, dir: string): string {
  // Of a variable that is not set, as a rule: the current directory is not what was meant.
  if (dir === '') {
    throw new AppError('usage', '--dir needs a directory, but got an empty name', {
      hint: 'name a directory, or use --here',
    });
  }
  return seenFrom(machine.cwd, dir);
}

/** Removes the binding that counts in the directory, also where that of a directory above does, or it is gone. */
async function clear(context: Context, { selector, dir }: BindOptions): Promise<BindResult> {
  if (selector !== undefined) {
    throw new AppError('usage', '--clear takes no account', { hint: 'codex-auth switch --here --clear' });
  }
  const roster = openRoster(context, context.readingScope());
  const directory = realPath(dir === undefined ? context.machine.cwd : named(context, dir));
  const binding = bindingAt(readBindings(context.root), directory);
  const where = surroundings(context);
  if (binding === undefined) return { change: 'nothing', ...where };
  await change(context, binding.directory, null);
  return { change: 'cleared', binding: viewIn(context, roster, binding), ...where };
}

function viewIn({ options }: Context, roster: Roster, binding: Binding): BindingView {
  return bindingView(binding, roster, options.mask === true);
}

function change(context: Context, directory: string, after: Binding | null): Promise<boolean> {
  const { root, signal } = context;
  return withStore(root, { signal }, (store) => {
    const steps = changeBinding(store, directory, after);
    if (steps.length > 0) noteChange(context, store, 'switch --here', store.scopes(), () => steps);
    return steps.length > 0;
  });
}

function surroundings(context: Context): Pick<BindResult, 'inRun' | 'reached'> {
  const wiring = readWiring(setupPlace(context));
  const reached = wiring.kind === 'shim' && wiring.gone === undefined && knowsBindings(wiring.path);
  return { inRun: context.environment.account !== undefined, reached };
}

export function renderBinding({ change: what, binding, replaced, inRun, reached }: BindResult, theme: Theme): string {
  const { color, symbols } = theme;
  const ok = color.green(symbols.ok);
  if (binding === undefined) return `${ok} Nothing is bound here; nothing was changed.\n`;
  const place = `${binding.directory}${binding.kind === 'project' ? ' and its worktrees' : ''}`;
  if (what === 'cleared') return `${ok} ${place}: plain codex runs as the account in use again.\n`;
  const lines = [
    `${ok} ${what === 'bound' ? 'From now on' : 'Already,'} plain codex runs as ${color.bold(binding.account ?? binding.accountId)} in ${place}`,
    ...(replaced === undefined ? [] : [`  It was bound to ${replaced.account ?? 'an account that is gone'} before.`]),
    `  Editors and the desktop application do not pass there: they use the account in use. To undo: ${clearCommand(binding.directory)}`,
    ...(inRun ? ['  This terminal belongs to a run, and stays on the account of that.'] : []),
    ...(reached
      ? []
      : [`${color.yellow(symbols.warning)} Not in this shell, where codex does not pass our shim: codex-auth setup`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
