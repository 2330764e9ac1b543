import measureWidth from 'fast-string-width';
import { describe, expect, test } from 'vitest';
import { layOut, type Size } from '../../../src/cli/dashboard/frame.js';
import type { Model } from '../../../src/cli/dashboard/model.js';
import { createTheme } from '../../../src/cli/render/theme.js';
import { plainStyle } from '../../../src/cli/terminal/io.js';
import { modelOf, pressed, reportOf, shownAccount } from '../../support/dashboard-model.js';
import { noon } from '../../support/sample-pool.js';

const style = { ...plainStyle, isTerminal: true, isFitted: true, canRewrite: true };

function draw(model: Model, size: Size, changes: Partial<typeof style> = {}) {
  return layOut(model, createTheme({ ...style, ...changes, width: size.columns }, noon), size);
}

function textOf(model: Model, size: Size, changes: Partial<typeof style> = {}): string {
  const { header, body, footer } = draw(model, size, changes);
  return [...header, ...body, ...footer].join('\n');
}

const many = Array.from({ length: 40 }, (_, position) =>
  shownAccount(position + 1, {
    label: `label-${position + 1}-名前-and-some-more-of-it`,
    state: position === 3 ? 'sign-in-needed' : 'ready',
  }),
);
const flagged = many.map(({ id, index }) => ({ id, account: `flagged ${index} 名前`, reason: 'refresh_token_reused' }));
const crowded = modelOf(many, {
  report: reportOf(many, { flagged }),
  notices: { files: ['something that takes many words'.repeat(5)], quota: [] },
});
const wordy = { tone: 'bad' as const, text: 'no '.repeat(100), hint: 'codex-auth list', warnings: ['oh '.repeat(60)] };

const models: readonly (readonly [string, Model])[] = [
  ['list', crowded],
  ['last of the list', pressed(crowded, 'G').model],
  ['filter', pressed(crowded, '/', 'x', 'y').model],
  ['question', pressed(crowded, 'd').model],
  ['flagged', pressed(crowded, 'f', 'G').model],
  ['help', pressed(crowded, '?').model],
  ['details', pressed(crowded, 'i').model],
  ['message', { ...crowded, message: wordy }],
  ['nothing read yet', { ...crowded, report: undefined }],
  ['no accounts', modelOf([])],
];
const sizes: readonly Size[] = [
  { columns: 120, rows: 30 },
  { columns: 80, rows: 24 },
  { columns: 40, rows: 10 },
  { columns: 12, rows: 5 },
];

describe('a frame', () => {
  const cases = models.flatMap(([name, model]) => sizes.map((size) => [name, size.columns, size.rows, model] as const));

  test.each(cases)('%s fits %i×%i, with an empty row at the bottom', (_, columns, rows, model) => {
    const { header, body, isPage, footer, bodyHeight } = draw(model, { columns, rows });
    const tooWide = [...header, ...body, ...footer].filter((line) => measureWidth(line) > columns);
    expect(tooWide).toEqual([]);
    expect(header.length + bodyHeight + footer.length).toBeLessThan(rows);
    if (!isPage) expect(body.length).toBeLessThanOrEqual(bodyHeight);
  });

  test('shows the selected one of many, and the header of the table', () => {
    const text = textOf(pressed(crowded, 'G').model, { columns: 60, rows: 12 });
    expect(text).toMatch(/❯ {3}40 {2}label-40/);
    expect(text).toContain('ACCOUNT');
    expect(text).not.toContain('label-1-');
  });

  test('says unlimited where other accounts have a window', () => {
    const quota = {
      source: 'cache' as const,
      observedAt: new Date(noon).toISOString(),
      usableNowPercent: 100,
      certainty: 'known' as const,
      unlimited: true as const,
      windows: [],
    };
    const model = modelOf([shownAccount(1), shownAccount(2, { quota })]);
    for (const columns of [120, 60]) {
      expect(textOf(model, { columns, rows: 20 })).toMatch(/ 2 {2}person2.* unlimited +ready/);
    }
  });

  test('has its columns below each other', () => {
    const { quota: _, ...unread } = shownAccount(3);
    const accounts = [
      shownAccount(1, { label: 'home' }),
      shownAccount(2, {
        plan: 'plus',
        workspace: 'Personal',
        health: { score: 40, state: 'unhealthy' },
        state: 'sign-in-needed',
      }),
      unread,
    ];
    const { body } = draw(modelOf(accounts), { columns: 130, rows: 30 });
    expect(body.slice(0, 4)).toEqual([
      '    #  ACCOUNT                     WORKSPACE  PLAN  HEALTH  5H LEFT                 7D LEFT                 STATE',
      '❯●  1  home <person1@example.com>  Studio     team  100     ████░░░░░░  40% 2h 30m  ████████░░  80% 3d 12h  ready',
      '    2  person2@example.com         Personal   plus  40      ████░░░░░░  40% 2h 30m  ████████░░  80% 3d 12h  sign in needed',
      '    3  person3@example.com         Studio     team  100     –                       –                       ready',
    ]);
  });

  test('keeps the workspace, which tells two accounts of one email apart, where there is little room', () => {
    const text = textOf(modelOf([shownAccount(1), shownAccount(2, { workspace: 'Personal' })]), {
      columns: 80,
      rows: 24,
    });
    expect(text).toMatch(/2 {2}person2@\S+ +Personal /);
    expect(text).not.toContain('HEALTH');
  });

  test('says why nothing newer is shown', () => {
    const readFailure = { tone: 'bad' as const, text: 'the pool is damaged', warnings: [] };
    expect(textOf(modelOf([shownAccount(1)], { readFailure }), { columns: 80, rows: 24 })).toContain(
      '✗ the pool is damaged',
    );
  });

  test('says how old stale numbers are, and nothing about fresh ones', () => {
    const size = { columns: 100, rows: 24 };
    const [fresh] = [shownAccount(1)];
    expect(textOf(modelOf([fresh]), size)).not.toContain('SEEN');
    const quota = {
      ...fresh.quota,
      observedAt: new Date(noon - 2 * 3_600_000).toISOString(),
      windows: [],
      certainty: 'unknown' as const,
    };
    const old = textOf(
      modelOf([fresh, shownAccount(2, { quota: { ...fresh.quota, ...quota, source: 'cache' } })]),
      size,
    );
    expect(old).toMatch(/SEEN/);
    expect(old).toMatch(/2 {2}person2@example\.com.*–.*2h ago/);
  });

  const ofApp = { kind: 'project', key: 'k', root: '/src/app', path: 'a', readFrom: 'a' } as const;
  test.each<[string, Partial<ReturnType<typeof reportOf>>, RegExp]>([
    [
      'a project',
      { scope: { ...ofApp, place: { kind: 'project', key: 'k', root: '/src/app' } } },
      /· accounts of project app ·/,
    ],
    [
      'a project without a pool',
      { scope: { ...ofApp, readFrom: 'b', place: { kind: 'global' } } },
      /· global accounts ·/,
    ],
  ])('names whose accounts they are: %s', (_, changes, wanted) => {
    const one = [shownAccount(1)];
    expect(textOf(modelOf(one, { report: reportOf(one, changes) }), { columns: 100, rows: 24 })).toMatch(wanted);
  });

  test.each<[string, object, string]>([
    [
      'another',
      { recommendation: { id: 'acc_2', index: 2, reason: 'why' } },
      '→ best now: person2@example.com (2, Enter): why',
    ],
    [
      'the one in use',
      { recommendation: { id: 'acc_1', index: 1, reason: 'why' } },
      '✓ person1@example.com is in use, and the best now: why',
    ],
    ['none', {}, '! no account is ready'],
    [
      'a later one',
      { nextAvailable: { id: 'acc_2', availableAt: new Date(noon + 3_600_000).toISOString() } },
      '! no account is ready; person2@example.com is back 13:00, in 1h',
    ],
  ])('recommends %s', (_, advice, wanted) => {
    const two = [shownAccount(1), shownAccount(2)];
    const report = reportOf(two);
    const model = modelOf(two, { report: { ...report, forecast: { ...report.forecast, ...advice } } });
    expect(textOf(model, { columns: 100, rows: 24 })).toContain(wanted);
  });

  test('marks a message that is longer than its room', () => {
    const message = { tone: 'good' as const, text: 'many words '.repeat(60), warnings: [] };
    const { footer } = draw(modelOf([shownAccount(1)], { message }), { columns: 40, rows: 10 });
    expect(footer.at(-2)).toMatch(/…$/);
    const short = draw(modelOf([shownAccount(1)], { message: { ...message, text: 'done' } }), {
      columns: 40,
      rows: 10,
    });
    expect(short.footer.at(-2)).toBe('done');
  });

  test('breaks a question of several lines where it breaks', () => {
    const question = { text: 'one\ntwo', choices: [{ key: 'n', text: 'no' }], cursor: 0 };
    const { footer } = draw(modelOf([shownAccount(1)], { question }), { columns: 40, rows: 10 });
    expect(footer).toEqual(['one', 'two', '❯ n  no']);
  });

  const setAside = [{ id: 'acc_9', account: 'old', reason: 'invalid_grant' }];
  const states: readonly (readonly [string, Model, string])[] = [
    ['no accounts', modelOf([]), 'Enter sign in  ? help  q quit'],
    [
      'only accounts that are set aside',
      { ...modelOf([]), report: reportOf([], { flagged: setAside }) },
      'a add  f flagged  ? help  q quit',
    ],
    ['no flagged accounts', pressed(modelOf([]), 'f').model, '? help  q back'],
    [
      'a flagged account whose access token has ended',
      pressed(modelOf([], { report: reportOf([], { flagged: setAside }) }), 'f').model,
      'v verify  r restore  Enter sign in again  ? help  q back',
    ],
    [
      'accounts',
      modelOf([shownAccount(1)]),
      'Enter use  i details  r refresh  e disable  d delete  a add  c check  / search  ? help  q quit',
    ],
  ];

  test.each(states)('offers only keys that do something: %s', (_, model, wanted) => {
    expect(draw(model, { columns: 120, rows: 24 }).footer.at(-1)).toBe(wanted);
    for (const offer of wanted.split('  ')) {
      const key = (offer.split(' ')[0] ?? '').replace('Enter', 'enter');
      const step = pressed(model, key);
      expect(step.effects.length > 0 || step.model.views !== model.views || step.model !== model, key).toBe(true);
    }
  });

  test('tells only where it works that a number switches', () => {
    const two = [shownAccount(1), shownAccount(2)];
    const report = reportOf(two);
    const forecast = { ...report.forecast, recommendation: { id: 'acc_2', index: 2, reason: 'why' } };
    const model = modelOf(two, { report: { ...report, forecast } });
    expect(textOf(model, { columns: 100, rows: 24 })).toContain('(2, Enter)');
    expect(textOf(pressed(model, 'f').model, { columns: 100, rows: 24 })).not.toContain('(2, Enter)');
  });

  test.each<[string, Model, string]>([
    ['the beginning of the list', crowded, '1–7 of 40'],
    ['the end of the list', pressed(crowded, 'G').model, '34–40 of 40'],
    ['the end of the flagged accounts', pressed(crowded, 'f', 'G').model, '34–40 of 40'],
  ])('says which of many it shows: %s', (_, model, wanted) => {
    expect(draw(model, { columns: 60, rows: 13 }).body.at(-1)).toBe(wanted);
  });

  test('leaves details as much of a low screen as it can', () => {
    const { bodyHeight } = draw(pressed(crowded, 'i').model, { columns: 40, rows: 10 });
    expect(bodyHeight).toBe(7);
  });

  test('says where the accounts are when all of them are set aside', () => {
    const none = { ...modelOf([]), report: reportOf([], { flagged: [...flagged] }) };
    expect(textOf(none, { columns: 80, rows: 24 })).toContain('Press f to see them.');
    expect(pressed(none, 'enter').effects).toEqual([]);
  });

  test('says where the accounts are when all of them are kept elsewhere', () => {
    const hint = 'codex-auth list --project /src/app';
    const message = 'your accounts are kept elsewhere: project app-1 (2)';
    const none = { ...modelOf([]), report: reportOf([], { none: { reason: 'elsewhere', message, hint } }) };
    const text = textOf(none, { columns: 80, rows: 24 });
    expect(text).toContain(
      'Your accounts are kept elsewhere: project app-1 (2).\nTo see them: codex-auth list --project',
    );
    expect(text).not.toContain('no accounts');
  });

  test('is plain ASCII where nothing else can be shown, but for what people wrote', () => {
    const model = pressed(modelOf([shownAccount(1), shownAccount(2)]), 'd').model;
    expect(textOf(model, { columns: 80, rows: 24 }, { hasUnicode: false })).toMatch(/^[\x20-\x7e\n]*$/);
  });
});
