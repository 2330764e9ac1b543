import { describe, expect, test } from 'vitest';
import type { Action, Outcome } from '../../../src/cli/dashboard/action.js';
import { initialModel, type Model, selectedAccount, viewOf } from '../../../src/cli/dashboard/model.js';
import type { Ending } from '../../../src/cli/dashboard/quiet-run.js';
import { inverseOf } from '../../../src/cli/dashboard/update.js';
import { actionsOf, following, modelOf, pressed, reportOf, shownAccount } from '../../support/dashboard-model.js';

const three = [shownAccount(1), shownAccount(2, { label: 'work' }), shownAccount(3, { enabled: false })];
const flagged = [{ id: 'acc_9', account: 'nine', reason: 'manual' }];
const list = modelOf(three, { report: reportOf(three, { flagged }) });

const done = (text: string, warnings: readonly string[] = []): Ending<unknown> => ({
  kind: 'done',
  result: {},
  text,
  warnings,
});
const failed = (code: string, message: string): Extract<Ending<never>, { kind: 'failed' }> => ({
  kind: 'failed',
  failure: { code, message, hint: 'codex-auth list', exitCode: 1 },
  warnings: [],
});
const ended = (action: Action, ending: Ending<unknown>, next?: Outcome['next']) => ({
  kind: 'ended' as const,
  action,
  outcome: { ending, next },
});
const leaveOf = (model: Model, ...keys: string[]) =>
  pressed(model, ...keys).effects.flatMap((effect) => (effect.kind === 'leave' ? [effect.leave] : []));

describe('a key', () => {
  test.each<[string[], number]>([
    [['j'], 2],
    [['down', 'down'], 3],
    [['down', 'down', 'down'], 3],
    [['j', 'k', 'up'], 1],
    [['G'], 3],
    [['pagedown', 'home'], 1],
    [['x', 'tab', 'ctrl-x'], 1],
  ])('%j selects account %i', (keys, index) => {
    expect(selectedAccount(pressed(list, ...keys).model)?.index).toBe(index);
  });

  test.each<[string[], Action[]]>([
    [['s'], [{ verb: 'switch', id: 'acc_1' }]],
    [['enter'], [{ verb: 'switch', id: 'acc_1' }]],
    [['2'], []],
    [['2', 'enter'], [{ verb: 'switch', id: 'acc_2' }]],
    [['9'], []],
    [['3', 'enter', 'y'], [{ verb: 'switch', id: 'acc_3', enable: true }]],
    [['3', 'enter', 'enter'], []],
    [['3', 'enter', 'escape', '1', 's'], [{ verb: 'switch', id: 'acc_1' }]],
    [['n', 'm', 'e', 'enter'], [{ verb: 'label', id: 'acc_1', text: 'me' }]],
    [['2', 'n', 'backspace', 'space', 'q', 'enter'], [{ verb: 'label', id: 'acc_2', text: 'wor q' }]],
    [['n', 'x', 'escape'], []],
    [['m', 'y'], [{ verb: 'move', id: 'acc_1', to: '.' }]],
    [['m', 'n'], []],
    [['u'], []],
    [['e'], [{ verb: 'disable', id: 'acc_1' }]],
    [['G', 'e'], [{ verb: 'enable', id: 'acc_3' }]],
    [['r'], [{ verb: 'refresh', id: 'acc_1' }]],
    [['c'], [{ verb: 'check' }]],
    [['d'], []],
    [['d', 'enter'], []],
    [['d', 'n'], []],
    [['d', 'f'], [{ verb: 'flag', id: 'acc_1' }]],
    [['d', 'up', 'enter'], [{ verb: 'remove', id: 'acc_1' }]],
    [['j', 'd', 'r'], [{ verb: 'remove', id: 'acc_2' }]],
    [['f', 'v'], [{ verb: 'verify', restore: false }]],
    [['f', 'r'], [{ verb: 'verify', restore: true }]],
    [['f', 's'], [{ verb: 'switch', id: 'acc_9' }]],
    [['i', 'e'], [{ verb: 'disable', id: 'acc_1' }]],
    [['i', 'j', 'e'], [{ verb: 'disable', id: 'acc_1' }]],
    [['?', 's'], []],
    [['s', 's', 'c'], [{ verb: 'switch', id: 'acc_1' }]],
  ])('%j begins %j', (keys, actions) => {
    expect(actionsOf(pressed(list, ...keys).effects)).toEqual(actions);
  });

  test.each<[string[], object[]]>([
    [['q'], [{ kind: 'quit' }]],
    [['escape'], [{ kind: 'quit' }]],
    [['i', 'q'], []],
    [['f', '?', 'escape', 'escape', 'q'], [{ kind: 'quit' }]],
    [['ctrl-c'], [{ kind: 'interrupt' }]],
    [['d', 'ctrl-c'], [{ kind: 'interrupt' }]],
    [['/', 'ctrl-z'], [{ kind: 'suspend' }]],
    [['a'], [{ kind: 'sign-in', whom: { kind: 'another' } }]],
    [['f', 'enter', 'y'], [{ kind: 'sign-in', whom: { kind: 'again', id: 'acc_9' } }]],
  ])('%j leaves the screen for %j', (keys, leaves) => {
    expect(leaveOf(list, ...keys)).toEqual(leaves);
  });

  test('goes back through the views it came by', () => {
    const { model } = pressed(list, 'i', '?');
    expect(model.views).toEqual(['list', 'details', 'help']);
    expect(viewOf(pressed(model, 'q').model)).toBe('details');
    expect(pressed(model, 'q', 'q').model).toMatchObject({ views: ['list'], details: undefined });
  });

  test.each<[string[], number]>([
    [['1', '2'], 12],
    [['1', 'j', '2'], 2],
    [['3', '0'], 30],
    [['9', '9'], 9],
    [['4', '0'], 4],
    [['2', '1', '1'], 1],
    [['1', '2', '3'], 3],
  ])('of the digits %j selects account %i, and nothing is done', (keys, index) => {
    const thirty = modelOf(Array.from({ length: 30 }, (_, position) => shownAccount(position + 1)));
    const { model, effects } = pressed(thirty, ...keys);
    expect(selectedAccount(model)?.index).toBe(index);
    expect(effects).toEqual([]);
  });

  test('R reads the quota of every account now', () => {
    expect(pressed(list, 'R')).toMatchObject({
      effects: [{ kind: 'read-quota', now: true }],
      model: { isReadingQuota: true },
    });
  });

  test.each<[Action, Action | undefined]>([
    [
      { verb: 'switch', id: 'acc_2' },
      { verb: 'switch', id: 'acc_1' },
    ],
    [
      { verb: 'disable', id: 'acc_2' },
      { verb: 'enable', id: 'acc_2' },
    ],
    [
      { verb: 'label', id: 'acc_2', text: 'x' },
      { verb: 'label', id: 'acc_2', text: 'work' },
    ],
    [
      { verb: 'move', id: 'acc_2', to: 'global' },
      { verb: 'move', id: 'acc_2', to: '.' },
    ],
    [{ verb: 'remove', id: 'acc_2' }, undefined],
  ])('u takes back %j', (action, back) => {
    const begun = { ...list, nextUndo: inverseOf(list, action) };
    const { model } = following(begun, ended(action, done('ok')));
    expect(actionsOf(pressed(model, 'u').effects)).toEqual(back === undefined ? [] : [back]);
    const { model: failing } = following(begun, ended(action, failed('lock-busy', 'held')));
    expect(actionsOf(pressed(failing, 'u').effects)).toEqual([]);
  });

  test('asks for a sign-in where nothing else helps', () => {
    const model = modelOf([shownAccount(1, { state: 'sign-in-needed' })]);
    const { model: asking, effects } = pressed(model, 'r');
    expect(asking.question?.choices[0]?.text).toBe('sign in again now');
    expect(effects).toEqual([]);
    expect(leaveOf(asking, 'enter')).toEqual([{ kind: 'sign-in', whom: { kind: 'again', id: 'acc_1' } }]);
  });

  test('signs in to the first account where there is none', () => {
    expect(leaveOf(modelOf([]), 'enter')).toEqual([{ kind: 'sign-in', whom: { kind: 'another' } }]);
    expect(pressed(modelOf([]), 's', 'e', 'd', '1').effects).toEqual([]);
  });
});

describe('the filter', () => {
  test('shows what contains the text, and letters mean nothing else meanwhile', () => {
    const { model, effects } = pressed(list, '/', 'W', 'o', 'r', 'q', 'backspace', 'enter');
    expect(model).toMatchObject({ filter: 'Wor', isTyping: false });
    expect(effects).toEqual([]);
    expect(selectedAccount(model)?.index).toBe(2);
    expect(actionsOf(pressed(model, 's').effects)).toEqual([{ verb: 'switch', id: 'acc_2' }]);
  });

  test('is ended by Escape, and kept ones by the way back, before the screen is left', () => {
    expect(pressed(list, '/', 'x', 'escape').model).toMatchObject({ filter: '', isTyping: false });
    const kept = pressed(list, '/', '3', 'enter', 'q');
    expect(kept.model.filter).toBe('');
    expect(kept.effects).toEqual([]);
  });
});

describe('what a command came to', () => {
  const action: Action = { verb: 'switch', id: 'acc_2' };
  const busy = pressed(list, '2', 'enter').model;

  test('is said, and everything is read again', () => {
    expect(busy.busy).toBe('switching');
    const { model, effects } = following(busy, ended(action, done('ok\n', ['careful'])));
    expect(model).toMatchObject({ busy: undefined, message: { tone: 'good', text: 'ok\n', warnings: ['careful'] } });
    expect(effects).toEqual([{ kind: 'read' }]);
    expect(pressed(model, 'j').model.message).toBeUndefined();
  });

  test('is said with its hint when it failed', () => {
    const { model } = following(busy, ended(action, failed('lock-busy', 'held')));
    expect(model.message).toEqual({ tone: 'bad', text: 'held', hint: 'codex-auth list', warnings: [] });
  });

  test('has a page of its own when it is long', () => {
    const { model } = following(list, ended({ verb: 'check' }, done('1\n2\n3\n4\n')));
    expect(model).toMatchObject({ views: ['list', 'output'], output: { title: 'codex-auth check' } });
    expect(pressed(model, 'q').model.views).toEqual(['list']);
  });

  test.each<[string, ReturnType<typeof ended>, Action[]]>([
    ['replace', ended(action, failed('confirmation-needed', 'auth.json holds a key')), [{ ...action, replace: true }]],
    ['daemon', ended(action, done('ok\n'), 'daemon-restart'), [{ ...action, restartDaemon: true }]],
  ])('asks on: %s', (_, event, actions) => {
    const { model } = following(busy, event);
    expect(model.question).toBeDefined();
    expect(actionsOf(pressed(model, 'n').effects)).toEqual([]);
    expect(actionsOf(pressed(model, 'y').effects)).toEqual(actions);
  });

  test('offers a sign-in where that is what it needs', () => {
    const { model } = following(list, ended({ verb: 'refresh', id: 'acc_1' }, done('it is dead\n'), 'sign-in'));
    expect(model.question?.text).toBe('it is dead');
    expect(leaveOf(model, 'y')).toEqual([{ kind: 'sign-in', whom: { kind: 'again', id: 'acc_1' } }]);
  });

  test('is nothing when it was cut off on the way out', () => {
    expect(following(busy, ended(action, failed('interrupted', 'interrupted'))).model.message).toBeUndefined();
  });
});

describe('what is read', () => {
  const read = (accounts: typeof three, warnings: readonly string[] = []) => ({
    kind: 'read' as const,
    ending: { kind: 'done' as const, result: reportOf(accounts), text: '', warnings },
  });

  test('keeps the selection with its account, and else with its place', () => {
    const { model } = pressed(list, 'j');
    const [one, two, third] = three;
    if (one === undefined || two === undefined || third === undefined) throw new Error('there are three');
    expect(selectedAccount(following(model, read([two, one, third])).model)?.id).toBe('acc_2');
    expect(selectedAccount(following(model, read([one, third])).model)?.id).toBe('acc_3');
    expect(selectedAccount(following(model, read([one])).model)?.id).toBe('acc_1');
  });

  test('keeps what was warned of last', () => {
    expect(following(list, read(three, ['a']), read(three, ['b'])).model.notices.files).toEqual(['b']);
  });

  test('says why quota could not be read, until it can', () => {
    const failure = { code: 'needs-refresh', message: 'the access token has expired' };
    const { forecast, ...report } = reportOf(three);
    const accounts = forecast.accounts.map((each) => (each.id === 'acc_2' ? { ...each, failure } : each));
    const quota = (result: typeof report & { forecast: typeof forecast }) => ({
      kind: 'quota-read' as const,
      ending: { kind: 'done' as const, result, text: '', warnings: [] },
    });
    const unread = following(
      list,
      { kind: 'tick', asksQuota: true },
      quota({ ...report, forecast: { ...forecast, accounts } }),
    ).model;
    expect([...unread.failures]).toEqual([['acc_2', failure]]);
    expect(unread.isReadingQuota).toBe(false);
    expect(following(unread, quota({ ...report, forecast })).model.failures.size).toBe(0);
  });

  describe('of somebody who has stored nothing yet', () => {
    const [found] = [shownAccount(1, { stored: false })];
    const first = () => following(initialModel, read([found]));

    test('greets by the account that was found, and Enter keeps it', () => {
      expect(first().model.question?.text).toContain('signed in to person1@example.com (Studio)');
      expect(pressed(first().model, 'enter').effects).toEqual([
        { kind: 'act', action: { verb: 'switch', id: 'acc_1' } },
      ]);
    });

    test('leads to a sign-in to another account, or to the list', () => {
      expect(leaveOf(first().model, 'a')).toEqual([{ kind: 'sign-in', whom: { kind: 'another' } }]);
      const declined = pressed(first().model, 'n');
      expect([declined.effects, declined.model.question]).toEqual([[], undefined]);
      expect(following(declined.model, read([found])).model.question).toBeUndefined();
    });

    test('asks nobody who has accounts', () => {
      const others = [shownAccount(1), shownAccount(2, { stored: false })];
      expect(following(initialModel, read(others)).model.question).toBeUndefined();
    });
  });

  test('is asked for once at a time', () => {
    const tick = { kind: 'tick', asksQuota: true } as const;
    const { model, effects } = following(list, tick, tick, { kind: 'tick', asksQuota: false });
    expect(effects).toEqual([{ kind: 'read-quota' }, { kind: 'read' }, { kind: 'read' }]);
    expect(model.isReadingQuota).toBe(true);
  });

  test('says why it could not be read, whatever is pressed, until it can be', () => {
    const { model } = following(list, { kind: 'read', ending: failed('storage-corrupt', 'damaged') });
    expect(pressed(model, 'j').model).toMatchObject({ readFailure: { text: 'damaged' }, report: list.report });
    expect(following(model, read(three)).model.readFailure).toBeUndefined();
  });

  test('closes the details of an account that has gone', () => {
    const { model } = pressed(list, 'i');
    const gone = { kind: 'details-read', id: 'acc_1', ending: failed('no-such-account', 'gone') } as const;
    expect(following(model, gone).model).toMatchObject({ views: ['list'], message: { tone: 'bad', text: 'gone' } });
    expect(following(model, { ...gone, id: 'acc_2' }).model.views).toEqual(['list', 'details']);
  });
});
