import * as z from 'zod/mini';
import type { Account } from '../../core/accounts/account.js';
import type { Step } from '../../core/changes/change.js';
import { forgetChange, type RecordedChange, readChanges } from '../../core/changes/change-log.js';
import { type LeftStep, type Obstacle, takeBack } from '../../core/changes/take-back.js';
import { readAuthFile } from '../../core/codex/auth-file-state.js';
import { AppError } from '../../core/errors.js';
import { toIso } from '../../core/instant.js';
import { withStore } from '../../core/logins/with-store.js';
import { readAllScopes } from '../../core/pools/scope-files.js';
import { type ActivationTarget, activateAccount } from '../../core/session/activation.js';
import { openRoster } from '../../core/session/selection.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';

const ChangeView = z.object({
  command: z.string(),
  at: z.iso.datetime(),
  /** How the accounts were called then. */
  about: z.array(z.string()),
});
type ChangeView = z.infer<typeof ChangeView>;

const UndoResult = z.object({
  /** What can still be taken back, the last change first. */
  changes: z.array(ChangeView),
  /** What has just been taken back; absent with --list, and where there was nothing. */
  undone: z.exactOptional(
    z.object({
      ...ChangeView.shape,
      /** What stays as it is, and why. */
      left: z.array(z.object({ name: z.string(), why: z.string(), message: z.string() })),
    }),
  ),
});
type UndoResult = z.infer<typeof UndoResult>;

export interface UndoOptions {
  readonly list?: boolean;
}

/** Takes back the last change of the accounts; their tokens stay the newest. */
async function undo(context: Context, { list }: UndoOptions): Promise<UndoResult> {
  const [last, ...earlier] = readChanges(context.root);
  if (last === undefined || list === true) return { changes: readChanges(context.root).map(viewOf) };
  const switched = last.change.steps.find((step) => step.kind === 'login');
  const leftLogin = switched === undefined ? undefined : await switchBack(context, switched);
  const { root, signal, home } = context;
  const left = await withStore(root, { signal }, (store) => {
    if (!readChanges(root).some(({ path }) => path === last.path)) {
      const message = 'another process has just taken this change back';
      throw new AppError('storage-conflict', message, { hint: 'codex-auth undo --list' });
    }
    const steps = takeBack(store, last.change, readAuthFile(home).content);
    // Forgotten only now: a run that ends before finds the rest of the change, and takes that back.
    forgetChange(last);
    return steps;
  });
  const all = leftLogin === undefined ? left : [leftLogin, ...left];
  return {
    changes: earlier.map(viewOf),
    undone: { ...viewOf(last), left: all.map((each) => ({ ...each, message: obstacles[each.why] })) },
  };
}

const obstacles: Record<Obstacle | 'nobody-before' | 'other-login', string> = {
  gone: 'it is not here any more',
  'changed-since': 'it has been changed again since',
  'here-again': 'it is here again already',
  spent: 'its refresh token has been used up since; sign in again: codex-auth login',
  unreadable: 'its record cannot be read',
  'nobody-before': 'nobody of yours was signed in before; the login stays in use',
  'other-login': 'the official client uses another login by now',
};

type LeftLogin = Omit<LeftStep, 'why'> & { readonly why: keyof typeof obstacles };

/** Like a switch to the account before, with whatever its login has become since. */
async function switchBack(
  context: Context,
  { before, after }: Extract<Step, { kind: 'login' }>,
): Promise<LeftLogin | undefined> {
  const roster = openRoster(context, context.writingScope());
  const active = roster.active?.account;
  if (active?.id === before) return undefined;
  if (active?.id !== after) return { name: 'the login', why: 'other-login' };
  if (before === null) return { name: 'the login', why: 'nobody-before' };
  const target = targetOf(context, before, roster.records.key);
  if (target === undefined) return { name: before, why: 'gone' };
  await activateAccount(context, target, { replace: false, isUnnoted: true });
  return undefined;
}

function targetOf({ root }: Context, id: string, choosingScopeKey: string | undefined): ActivationTarget | undefined {
  const isIt = (account: Account) => account.id === id;
  for (const { key: scopeKey, pool, flagged } of readAllScopes(root.paths)) {
    const account = pool.accounts.find(isIt) ?? flagged.accounts.find(isIt);
    if (account !== undefined) return { account, scopeKey, choosingScopeKey };
  }
  return undefined;
}

function viewOf({ change: { command, at, about } }: RecordedChange): ChangeView {
  return { command, at: toIso(at), about };
}

function renderUndo({ changes, undone }: UndoResult, theme: Theme): string {
  const { color, symbols } = theme;
  if (undone !== undefined) {
    const left = undone.left.map(({ name, message }) => `${color.yellow(symbols.warning)} ${name}: ${message}\n`);
    return `${color.green(symbols.ok)} Took back: ${nameOf(undone)}\n${left.join('')}`;
  }
  if (changes.length === 0) return 'There is no change to take back.\n';
  const lines = changes.map((change) => `${formatWhen(Date.parse(change.at), theme.now)}  ${nameOf(change)}\n`);
  return `${lines.join('')}\nTo take back the first of them: codex-auth undo\n`;
}

function nameOf({ command, about }: ChangeView): string {
  return about.length === 0 ? command : `${command} ${about.join(', ')}`;
}

export const undoCommand: Command<UndoOptions, UndoResult> = {
  name: 'undo',
  schema: UndoResult,
  run: undo,
  render: renderUndo,
  exitCode: ({ undone }) => (undone !== undefined && undone.left.length > 0 ? 1 : 0),
};
