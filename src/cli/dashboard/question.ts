import { nameOf, titleOf } from '../render/account-table.js';
import type { Action } from './action.js';
import type { Choice, Effect, FlaggedEntry, Question, ShownAccount } from './model.js';

type SwitchAction = Extract<Action, { verb: 'switch' }>;

const cancel: Choice = { key: 'n', text: 'no, leave it as it is' };

function act(action: Action): Effect {
  return { kind: 'act', action };
}

export function signInAgain(id: string): Effect {
  return { kind: 'leave', leave: { kind: 'sign-in', whom: { kind: 'again', id } } };
}

/** The first thing that somebody sees who is signed in to the official client and has stored nothing yet. */
export function askToKeep(account: ShownAccount): Question {
  return {
    text: `Welcome. The official client is signed in to ${titleOf(account)}. Keep that login here, to switch back to later?`,
    choices: [
      { key: 'y', text: 'keep it', effect: act({ verb: 'switch', id: account.id }) },
      {
        key: 'a',
        text: 'keep it, and sign in to another account',
        effect: { kind: 'leave', leave: { kind: 'sign-in', whom: { kind: 'another' } } },
      },
      { key: 'n', text: 'not now; it is shown all the same' },
    ],
    cursor: 0,
  };
}

/** What `remove` would ask, with the gentler way beside it. */
export function askToRemove(account: ShownAccount): Question {
  const use = account.active ? ' The official client is using it and keeps it.' : '';
  return {
    text: `Remove ${titleOf(account)}?${use}`,
    choices: [
      {
        key: 'f',
        text: 'set it aside; it can be verified and restored',
        effect: act({ verb: 'flag', id: account.id }),
      },
      { key: 'r', text: 'remove it; a copy is kept', effect: act({ verb: 'remove', id: account.id }) },
      cancel,
    ],
    cursor: 2,
  };
}

/** Asks whether to move an account from the global ones to the project of this directory, or the other way. */
export function askToMove(account: ShownAccount, isOfProject: boolean): Question {
  const where = isOfProject ? 'the global accounts' : 'the project of this directory';
  const action: Action = { verb: 'move', id: account.id, to: isOfProject ? 'global' : '.' };
  return yesOrNo(`Move ${titleOf(account)} to ${where}?`, 'move it', act(action), 0);
}

export function askToEnable(account: ShownAccount): Question {
  const action: Action = { verb: 'switch', id: account.id, enable: true };
  return yesOrNo(`${nameOf(account)} is disabled. Enable it and use it?`, 'yes, enable it and use it', act(action), 1);
}

export function askToReplace(problem: string, action: SwitchAction): Question {
  return yesOrNo(`${problem}.`, 'keep a copy of it and replace it', act({ ...action, replace: true }), 1);
}

export function askToRestartDaemon(action: SwitchAction): Question {
  const text = 'The background server of the official client keeps the old account. Restart it?';
  return yesOrNo(text, 'restart it, unless it is at work', act({ ...action, restartDaemon: true }), 0);
}

export function askToSignIn(problem: string, id: string): Question {
  return yesOrNo(problem, 'sign in again now', signInAgain(id), 0);
}

export function askToRestore({ id, account }: FlaggedEntry): Question {
  return askToSignIn(`Sign in again to ${account}? That restores it.`, id);
}

function yesOrNo(text: string, yes: string, effect: Effect, cursor: number): Question {
  return { text, choices: [{ key: 'y', text: yes, effect }, cancel], cursor };
}
