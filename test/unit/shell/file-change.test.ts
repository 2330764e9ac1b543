import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { applyChanges, type Edit, planChange } from '../../../src/core/shell/file-change.js';
import { rootPaths } from '../../../src/core/storage/paths.js';
import { systemProcesses } from '../../../src/core/storage/process-table.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** Three files in a directory: one to be changed, one to be made, one to be removed. */
function arranged() {
  const directory = temporaryDirectory();
  const [changed, made, removed] = ['changed', 'made', 'removed'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(changed, 'old', { mode: 0o640 });
  writeFileSync(removed, 'old', { mode: 0o600 });
  const uid = process.geteuid?.();
  const root = {
    ...{ paths: rootPaths(directory), clock: systemClock, processes: systemProcesses },
    ...(uid === undefined ? {} : { effectiveUserId: uid }),
  };
  const edits: Edit[] = [
    { path: changed, change: () => 'new' },
    { path: made, change: () => 'new', mode: 0o755 },
    { path: removed, change: () => undefined },
  ];
  const plan = edits.flatMap((edit) => planChange(edit, root) ?? []);
  const picture = () => readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]);
  return { changed, made, removed, root, plan, picture };
}

describe('a plan', () => {
  it('is carried out as a whole', () => {
    const { changed, made, root, plan, picture } = arranged();
    applyChanges(plan, root);
    expect(picture()).toEqual([
      ['changed', 'new'],
      ['made', 'new'],
    ]);
    expect([changed, made].map((path) => statSync(path).mode & 0o777)).toEqual([0o640, 0o755]);
  });

  it.each<[string, (at: ReturnType<typeof arranged>) => void, [string, string][]]>([
    [
      'was changed by somebody else meanwhile',
      ({ removed }) => writeFileSync(removed, 'mine'),
      [
        ['changed', 'old'],
        ['removed', 'mine'],
      ],
    ],
    [
      'was made by somebody else meanwhile',
      ({ made }) => writeFileSync(made, 'mine'),
      [
        ['changed', 'old'],
        ['made', 'mine'],
        ['removed', 'old'],
      ],
    ],
    ['was removed by somebody else meanwhile', ({ removed }) => rmSync(removed), [['changed', 'old']]],
  ])('is turned back when a file of it %s', (_, interfere, expected) => {
    const at = arranged();
    interfere(at);
    expect(() => applyChanges(at.plan, at.root)).toThrow(/another program changed .* at the same moment/);
    expect(at.picture()).toEqual(expected);
    expect(statSync(at.changed).mode & 0o777).toBe(0o640);
  });

  it('has no step where there is nothing to change', () => {
    const { changed, made, root } = arranged();
    expect(planChange({ path: changed, change: (text) => text }, root)).toBeUndefined();
    expect(planChange({ path: made, change: (text) => text }, root)).toBeUndefined();
    expect(planChange({ path: changed, change: (text) => text, mode: 0o600 }, root)).toBeDefined();
    expect(existsSync(made)).toBe(false);
  });

  it('is refused for a file of somebody else', () => {
    const { changed, root } = arranged();
    expect(() => planChange({ path: changed, change: () => 'x' }, { ...root, effectiveUserId: 54_321 })).toThrow(
      /belongs to user/,
    );
  });
});
