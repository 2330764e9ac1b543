import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { findRepository, pointsBack } from '../../../src/core/project/git.js';
import {
  type ProjectResolution,
  projectKey,
  resolveProjectStorageIdentityRoot,
} from '../../../src/core/project/identity.js';
import {
  git,
  gitCommonDir,
  headOf,
  newRepository,
  withHub,
  withSubmodule,
  withWorktree,
} from '../../support/git-layouts.js';

const all = realpathSync(mkdtempSync(join(tmpdir(), 'codex-auth-identity-')));
afterAll(() => rmSync(all, { recursive: true, force: true }));

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(all, 'case-'));
});

/** A home beside the cases: the search for a repository upwards ends below their common directory. */
const elsewhere = join(all, 'nobody');

function resolveIn(directory: string, home = elsewhere): ProjectResolution {
  return resolveProjectStorageIdentityRoot(directory, { home });
}

describe('what a resolution tells', () => {
  it('describes a plain repository from a subdirectory, with nothing to migrate', () => {
    const root = newRepository(base, 'repo');
    mkdirSync(join(root, 'src'));
    expect(resolveIn(join(root, 'src'))).toEqual({
      kind: 'project',
      root,
      key: projectKey(root),
      commonDir: join(root, '.git'),
      workTree: root,
      isLinkedWorktree: false,
      legacy: [],
    });
  });

  it('names the pool that a linked worktree used to have under its own path', () => {
    withWorktree(base);
    const root = join(base, 'repo');
    const workTree = join(base, 'wt');
    expect(resolveIn(workTree)).toEqual({
      kind: 'project',
      root,
      key: projectKey(root),
      commonDir: join(root, '.git'),
      workTree,
      isLinkedWorktree: true,
      legacy: [{ root: workTree, key: projectKey(workTree) }],
    });
  });

  it('names the pool of a submodule under its own path, although it is no linked worktree', () => {
    withSubmodule(base);
    const workTree = join(base, 'super/sub');
    expect(resolveIn(workTree)).toMatchObject({
      root: join(base, 'super/.git/modules/sub'),
      isLinkedWorktree: false,
      legacy: [{ root: workTree, key: projectKey(workTree) }],
    });
  });

  it('names the hub as a former home of its worktrees', () => {
    withHub(base);
    const legacyOf = (directory: string) => {
      const resolution = resolveIn(join(base, directory));
      return resolution.kind === 'project' ? resolution.legacy.map((place) => place.root) : resolution;
    };
    const [one, two, hub] = ['hub/one', 'hub/two', 'hub'].map((name) => join(base, name));
    expect(legacyOf('hub/two')).toEqual([two, one, hub]);
    expect(legacyOf('hub')).toEqual([hub, one, two]);
  });

  it('names the worktrees from everywhere in the repository, and where a moved one was before', () => {
    withWorktree(base);
    git(join(base, 'repo'), 'worktree', 'add', '-q', '../second');
    const legacyOf = (directory: string) => {
      const resolution = resolveIn(join(base, directory));
      return resolution.kind === 'project' ? resolution.legacy.map((place) => place.root) : resolution;
    };
    const [wt, second, moved] = ['wt', 'second', 'moved'].map((name) => join(base, name));
    expect(legacyOf('repo')).toEqual([second, wt]);
    expect(legacyOf('second')).toEqual([second, wt]);
    renameSync(join(base, 'wt'), join(base, 'moved'));
    expect(legacyOf('moved')).toEqual([moved, wt, second]);
    expect(legacyOf('repo')).toEqual([second]);
  });

  it('does not believe a repository that claims the place of another project', () => {
    const claimed = newRepository(base, 'claimed');
    withWorktree(base);
    const pointer = join(base, 'repo/.git/worktrees/wt/gitdir');
    for (const content of [join(claimed, '.git'), join(base, 'nowhere/.git'), '', 'x\0y']) {
      writeFileSync(pointer, `${content}\n`);
      expect(resolveIn(join(base, 'repo'))).toMatchObject({ legacy: [] });
    }
    writeFileSync(pointer, `${join(claimed, '.git')}\n`);
    expect(resolveIn(join(base, 'wt'))).toMatchObject({ legacy: [{ root: join(base, 'wt') }] });
  });

  it('does not take the pool of another repository that only contains the bare one', () => {
    newRepository(base, 'other');
    git(base, 'clone', '-q', '--bare', 'other', 'other/store.git');
    git(join(base, 'other/store.git'), 'worktree', 'add', '-q', join(base, 'wt'));
    expect(resolveIn(join(base, 'wt'))).toMatchObject({
      root: join(base, 'other/store.git'),
      legacy: [{ root: join(base, 'wt') }],
    });
  });

  it('has no working tree inside a git directory', () => {
    const root = newRepository(base, 'repo');
    expect(resolveIn(join(root, '.git/refs'))).toMatchObject({ root, workTree: undefined, legacy: [] });
  });

  it('finds nothing outside repositories, and says so for a path that is no directory', () => {
    const file = join(base, 'file');
    writeFileSync(file, '');
    expect(resolveIn(base)).toEqual({ kind: 'none', reason: 'no-repository' });
    expect(resolveIn(file)).toEqual({ kind: 'none', reason: 'no-directory' });
    expect(resolveIn(join(base, 'gone'))).toEqual({ kind: 'none', reason: 'no-directory' });
  });
});

describe('the home directory', () => {
  it('makes no project of what lies below it, whether its .git is good or broken', () => {
    const home = newRepository(base, 'home');
    mkdirSync(join(home, 'code/plain'), { recursive: true });
    expect(resolveIn(join(home, 'code/plain'))).toMatchObject({ kind: 'project' });

    expect(resolveIn(join(home, 'code/plain'), home)).toEqual({ kind: 'none', reason: 'no-repository' });
    expect(resolveIn(home, home)).toEqual({ kind: 'none', reason: 'home' });
    rmSync(join(home, '.git'), { recursive: true });
    writeFileSync(join(home, '.git'), 'garbage');
    expect(resolveIn(join(home, 'code/plain'), home)).toEqual({ kind: 'none', reason: 'no-repository' });
  });

  it('keeps the repositories below it', () => {
    const home = newRepository(base, 'home');
    const root = newRepository(home, 'code');
    expect(resolveIn(root, home)).toMatchObject({ kind: 'project', root });
  });

  it('is recognised through symlinks on either side', () => {
    const home = newRepository(base, 'home');
    mkdirSync(join(home, 'code'));
    symlinkSync(home, join(base, 'home-link'));
    expect(resolveIn(join(home, 'code'), join(base, 'home-link'))).toMatchObject({ kind: 'none' });
    expect(resolveIn(join(base, 'home-link/code'), home)).toMatchObject({ kind: 'none' });
  });

  it('covers its ancestors too', () => {
    const above = newRepository(base, 'users');
    mkdirSync(join(above, 'me'));
    mkdirSync(join(above, 'shared'));
    expect(resolveIn(above, join(above, 'me'))).toEqual({ kind: 'none', reason: 'home' });
    expect(resolveIn(join(above, 'shared'), join(above, 'me'))).toEqual({ kind: 'none', reason: 'no-repository' });
  });

  it('is not confused with a directory whose name begins like it', () => {
    const root = newRepository(base, 'me');
    expect(resolveIn(root, join(base, 'me-too'))).toMatchObject({ kind: 'project', root });
    expect(resolveIn(root, `${root}/`)).toEqual({ kind: 'none', reason: 'home' });
  });

  it('stays no project when it is reached through a worktree or the git directory of a dotfile repository', () => {
    const home = newRepository(base, 'home');
    git(home, 'worktree', 'add', '-q', '../dotfiles');
    expect(resolveIn(join(base, 'dotfiles'), home)).toEqual({ kind: 'none', reason: 'home' });
    expect(resolveIn(join(home, '.git/refs'), home)).toEqual({ kind: 'none', reason: 'home' });
  });

  it('is no boundary when it is not known', () => {
    const root = newRepository(base, 'repo');
    expect(resolveIn(root, '')).toMatchObject({ kind: 'project', root });
  });
});

describe('what counts as a git directory', () => {
  const sha1 = '0123456789abcdef0123456789abcdef01234567';
  it.each([
    ['a branch', 'ref: refs/heads/main\n'],
    ['no space and no line end', 'ref:refs/heads/main'],
    ['other white space', 'ref: \t refs/heads/main\n'],
    ['a detached commit', `${sha1}\n`],
    ['a detached commit in capitals', sha1.toUpperCase()],
    ['a SHA-256 commit', `${sha1}${sha1.slice(0, 24)}\n`],
    ['a commit and more', `${sha1} and more\n`],
    ['REF in capitals', 'REF: refs/heads/main\n'],
    ['a ref outside refs/', 'ref: heads/main\n'],
    ['a short hash', `${sha1.slice(1)}\n`],
    ['leading space', ' ref: refs/heads/main\n'],
    ['nothing', ''],
  ])('agrees with git about a HEAD with %s', (_name, head) => {
    const root = newRepository(base, 'repo');
    writeFileSync(join(root, '.git/HEAD'), head);
    const accepted = resolveIn(root).kind === 'project';
    expect(accepted).toBe(gitCommonDir(root) !== undefined);
  });

  it.each([
    ['refs/heads/main', true],
    ['../refs/heads/main', false],
  ])('agrees with git about a HEAD that is a symlink to %s', (target, accepted) => {
    const root = newRepository(base, 'repo');
    rmSync(join(root, '.git/HEAD'));
    symlinkSync(target, join(root, '.git/HEAD'));
    expect(resolveIn(root).kind === 'project').toBe(accepted);
    expect(gitCommonDir(root) !== undefined).toBe(accepted);
  });

  it.each(['HEAD', 'objects', 'refs'])('agrees with git that one without %s is none', (part) => {
    const root = newRepository(base, 'repo');
    rmSync(join(root, '.git', part), { recursive: true });
    expect(resolveIn(root)).toEqual({ kind: 'none', reason: 'no-repository' });
    expect(gitCommonDir(root)).toBeUndefined();
  });

  it.each([
    ['empty', ''],
    ['dangling', '../../../gone/.git\n'],
  ])('agrees with git that a worktree whose commondir is %s is broken', (_name, content) => {
    withWorktree(base);
    writeFileSync(join(base, 'repo/.git/worktrees/wt/commondir'), content);
    expect(resolveIn(join(base, 'wt'))).toMatchObject({ kind: 'broken', gitPath: join(base, 'wt/.git') });
    expect(gitCommonDir(join(base, 'wt'))).toBeUndefined();
  });

  it('agrees with git about CRLF line ends and absolute paths in commondir', () => {
    withWorktree(base);
    const admin = join(base, 'repo/.git/worktrees/wt');
    writeFileSync(join(admin, 'commondir'), `${join(base, 'repo/.git')}\r\n\r\n`);
    writeFileSync(join(base, 'wt/.git'), `gitdir: ${admin}\r\n\n`);
    expect(resolveIn(join(base, 'wt'))).toMatchObject({ kind: 'project', root: join(base, 'repo') });
    expect(gitCommonDir(join(base, 'wt'))).toBe(join(base, 'repo/.git'));
  });

  it('accepts a repository without a commit', () => {
    git(base, 'init', '-q', 'fresh');
    expect(headOf(join(base, 'fresh'))).toContain('refs/heads/main');
    expect(resolveIn(join(base, 'fresh'))).toMatchObject({ kind: 'project' });
  });

  it.skipIf(process.getuid?.() === 0)('calls a .git file that may not be read broken', () => {
    writeFileSync(join(base, '.git'), 'gitdir: elsewhere\n');
    chmodSync(join(base, '.git'), 0);
    expect(resolveIn(base)).toMatchObject({ kind: 'broken', reason: 'it cannot be read (EACCES)' });
  });
});

describe('the back-pointer of a worktree', () => {
  function knownToItsRepository(directory: string): boolean | undefined {
    const found = findRepository(directory, () => false);
    return found.kind === 'found' ? pointsBack(found) : undefined;
  }

  it('is right at first, after git worktree move, and as a relative path; stale after mv', () => {
    withWorktree(base);
    expect(knownToItsRepository(join(base, 'wt'))).toBe(true);
    git(join(base, 'repo'), 'worktree', 'move', '../wt', '../second');
    expect(knownToItsRepository(join(base, 'second'))).toBe(true);
    writeFileSync(join(base, 'repo/.git/worktrees/wt/gitdir'), '../../../../second/.git\n');
    expect(knownToItsRepository(join(base, 'second'))).toBe(true);
    renameSync(join(base, 'second'), join(base, 'third'));
    expect(knownToItsRepository(join(base, 'third'))).toBe(false);
  });
});

it('runs no process: project code imports only the file system, paths, hashing and its own files', () => {
  const directory = new URL('../../../src/core/project/', import.meta.url);
  const imported = readdirSync(directory).flatMap((name) => {
    const source = readFileSync(new URL(name, directory), 'utf8');
    return [...source.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  });
  expect(imported.length).toBeGreaterThan(5);
  expect(imported.filter((name) => !/^(node:(fs|path|crypto)$|\.\.?\/)/.test(name))).toEqual([]);
});
