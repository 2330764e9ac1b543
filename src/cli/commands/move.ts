import * as z from 'zod/mini';
import { describeAccount } from '../../core/accounts/account.js';
import { isSameAccount } from '../../core/accounts/identity.js';
import { homeOf } from '../../core/environment.js';
import { AppError } from '../../core/errors.js';
import { type Move, moveAccount } from '../../core/logins/moving.js';
import { withStore } from '../../core/logins/with-store.js';
import { locateScope, type Scope } from '../../core/project/scope.js';
import { keyOf } from '../../core/roster/roster.js';
import { noteChange, removedMeanwhile } from '../../core/session/change-account.js';
import { describePlace, PlaceView, placeView } from '../../core/session/places.js';
import { locateAnywhere, openRoster } from '../../core/session/selection.js';
import { takeInFirst } from '../../core/session/take-in.js';
import type { Root } from '../../core/storage/root.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { accountRef, accountRefShape } from '../views/account-ref.js';

const MoveResult = z.object({
  /** `index` is the position it has now, among the accounts that are set aside when it is one of them. */
  ...accountRefShape,
  from: PlaceView,
  to: PlaceView,
  /** False when it lived there before. */
  changed: z.boolean(),
  /** Whether it is set aside; it stays so. */
  setAside: z.boolean(),
  /** Whether the official client has this login now; moving changes nothing about that. */
  inUse: z.boolean(),
  /** Whether it was the last choice where it came from, which has none now. */
  wasChosen: z.boolean(),
});
type MoveResult = z.infer<typeof MoveResult>;

interface MoveOptions {
  readonly selector: string;
  /** `global`, or a directory of the project. */
  readonly to: string;
}

async function move(context: Context, { selector, to }: MoveOptions): Promise<MoveResult> {
  const destination = destinationOf(context, to);
  const key = keyOf(destination);
  const roster = openRoster(context, context.writingScope());
  const { account, scopeKey: from } = locateAnywhere(context, roster, selector);
  await takeInFirst(context, account, from);
  const root = rootWith(context, destination);
  const { moved, wasChosen } = await withStore(root, { signal: context.signal }, (store) => {
    const before = store.scopes();
    const wasChosen = store.scope(from).pool.activeId === account.id;
    const moved = moveAccount(store, { accountId: account.id, from, to: key });
    noteChange(context, store, 'move', before);
    return { moved, wasChosen };
  });
  const { content } = roster.authFile;
  const { kind, index, isSetAside } = arrived(moved, describeAccount(account), placeView(key));
  return {
    ...accountRef(account, index, context.options.mask === true),
    from: placeView(from),
    to: placeView(key),
    changed: kind === 'moved',
    setAside: isSetAside,
    inUse: content?.kind === 'login' && isSameAccount(content.login.identity, account),
    wasChosen: kind === 'moved' && wasChosen,
  };
}

const spelling = { global: '--to global', project: '--to' };

/** The scope that `--to` names. A directory that is called `global` is named `./global`. */
function destinationOf({ environment, machine }: Context, to: string): Scope {
  if (to === 'global') return { kind: 'global' };
  const places = { cwd: machine.cwd, home: homeOf(environment) ?? '' };
  const choice = locateScope({ project: to, spelling }, { perProjectAccounts: true }, places);
  if (choice.kind !== 'broken') return choice;
  throw new AppError('broken-project', `--to ${to}: ${choice.gitPath} is not usable, ${choice.reason}`, {
    hint: 'repair the repository, or use --to global',
    details: { gitPath: choice.gitPath },
  });
}

/** The root, for a writer that also attends to the project that the account goes to. */
function rootWith({ root, warn }: Context, destination: Scope): Root {
  if (destination.kind === 'global') return root;
  const onMerged = (legacyKey: string) => warn(`the accounts of projects/${legacyKey} are that project's now`);
  return { ...root, projects: () => [...(root.projects?.() ?? []), { ...destination, onMerged }] };
}

function arrived(moved: Move, name: string, to: PlaceView): Extract<Move, { kind: 'moved' | 'there-already' }> {
  switch (moved.kind) {
    case 'moved':
    case 'there-already':
      return moved;
    case 'gone':
      throw removedMeanwhile();
    case 'double':
      throw new AppError('usage', `${describePlace(to)} has a record of ${name} already`, { hint: 'codex-auth fix' });
  }
}

function renderMove(result: MoveResult, { color, symbols }: Theme): string {
  const { from, to, changed, setAside, wasChosen } = result;
  const name = color.bold(titleOf(result));
  if (!changed) return `${color.green(symbols.ok)} ${name} lives in ${describePlace(to)} already\n`;
  const lines = [`${color.green(symbols.ok)} Moved ${name} from ${describePlace(from)} to ${describePlace(to)}`];
  if (setAside) lines.push('  It is set aside there as it was here.');
  if (wasChosen) lines.push(`  It was the last choice of ${describePlace(from)}, which has none now.`);
  return `${lines.join('\n')}\n`;
}

export const moveCommand: Command<MoveOptions, MoveResult> = {
  name: 'move',
  schema: MoveResult,
  run: move,
  render: renderMove,
};
