import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Project, resolveProjectStorageIdentityRoot } from '../../../src/core/project/identity.js';
import { brokenGitFiles, type Groups, gitCommonDir, layouts, newRepository } from '../../support/git-layouts.js';

let base: string;
let home: string;

beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'codex-auth-layouts-')));
  // The search for a repository upwards ends below the directory that holds the home.
  home = join(base, 'nobody');
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

function projectOf(directory: string): Project {
  const resolution = resolveProjectStorageIdentityRoot(directory, { home });
  if (resolution.kind !== 'project') throw new Error(`${directory}: ${JSON.stringify(resolution)}`);
  return resolution;
}

/** The root of the project by git's own answer. */
function rootThatGitImplies(directory: string): string {
  const common = gitCommonDir(directory);
  if (common === undefined) throw new Error(`git refuses ${directory}`);
  return basename(common) === '.git' ? dirname(common) : common;
}

describe.each(layouts)('$name', (layout) => {
  let here: string;
  let groups: Groups;

  beforeAll(() => {
    here = mkdtempSync(join(base, 'layout-'));
    groups = layout.build(here);
  });

  it('is grouped as expected, and differently named groups never share a key', () => {
    const keys = groups.map((group) => new Set(group.map((checkout) => projectOf(join(here, checkout)).key)));
    expect(keys.map((group) => group.size)).toEqual(groups.map(() => 1));
    expect(new Set(keys.flatMap((group) => [...group])).size).toBe(groups.length);
  });

  it('has the root that the installed git implies: from the top, a subdirectory, and through symlinks', () => {
    const links = mkdtempSync(join(base, 'links-'));
    for (const [index, checkout] of groups.flat().entries()) {
      const top = join(here, checkout);
      const below = join(top, 'some/where');
      mkdirSync(below, { recursive: true });
      const topLink = join(links, `top-${index}`);
      const belowLink = join(links, `below-${index}`);
      symlinkSync(top, topLink);
      symlinkSync(below, belowLink);
      for (const directory of [top, below, topLink, join(topLink, 'some'), belowLink]) {
        expect(projectOf(directory).root, directory).toBe(rootThatGitImplies(directory));
      }
    }
  });
});

describe('a .git file that Git refuses', () => {
  it.each(brokenGitFiles)('is broken, not walked past: $name', ({ content, reason }) => {
    const outer = newRepository(mkdtempSync(join(base, 'broken-')), 'outer');
    const below = join(outer, 'inner/below');
    mkdirSync(below, { recursive: true });
    writeFileSync(join(outer, 'inner/.git'), content);

    expect(gitCommonDir(below)).toBeUndefined();
    for (const directory of [below, join(outer, 'inner')]) {
      expect(resolveProjectStorageIdentityRoot(directory, { home })).toEqual({
        kind: 'broken',
        gitPath: join(outer, 'inner/.git'),
        reason: expect.stringMatching(reason),
      });
    }
    expect(projectOf(outer).root).toBe(outer);
  });

  it('cannot steer the terminal through the reason', () => {
    const place = mkdtempSync(join(base, 'escape-'));
    writeFileSync(join(place, '.git'), `gitdir: \u001b[2J\u009b31m\u202e${'a'.repeat(5_000)}\n`);
    const resolution = resolveProjectStorageIdentityRoot(place, { home });
    expect(resolution).toMatchObject({ kind: 'broken', reason: expect.stringContaining('"?[2J?31m?aaa') });
    expect(JSON.stringify(resolution).length).toBeLessThan(500);
  });
});
