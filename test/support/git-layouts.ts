import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';

/** Checkouts that belong together, as directories relative to the layout's base; each array is one project. */
export type Groups = readonly (readonly string[])[];

export interface Layout {
  readonly name: string;
  /** Builds real repositories below `base`, an empty directory, and says which of the checkouts are one project. */
  build(base: string): Groups;
}

export const layouts: readonly Layout[] = [
  {
    name: 'plain',
    build(base) {
      newRepository(base, 'repo');
      return [['repo']];
    },
  },
  {
    name: 'linked worktree',
    build(base) {
      withWorktree(base);
      return [['repo', 'wt']];
    },
  },
  {
    name: 'linked worktree with a relative gitdir',
    build(base) {
      withWorktree(base);
      writeFileSync(
        join(base, 'wt/.git'),
        `gitdir: ${relative(join(base, 'wt'), join(base, 'repo/.git/worktrees/wt'))}\n`,
      );
      return [['repo', 'wt']];
    },
  },
  {
    name: 'linked worktree moved by mv',
    build(base) {
      withWorktree(base);
      mkdirSync(join(base, 'deep/er'), { recursive: true });
      renameSync(join(base, 'wt'), join(base, 'deep/er/moved'));
      return [['repo', 'deep/er/moved']];
    },
  },
  {
    name: 'linked worktree moved by git worktree move',
    build(base) {
      withWorktree(base);
      git(join(base, 'repo'), 'worktree', 'move', '../wt', '../moved');
      return [['repo', 'moved']];
    },
  },
  {
    name: 'submodule',
    build(base) {
      withSubmodule(base);
      return [['super'], ['super/sub']];
    },
  },
  {
    name: 'submodule in a worktree',
    build(base) {
      withSubmodule(base);
      git(join(base, 'super'), 'worktree', 'add', '-q', '../wt');
      git(join(base, 'wt'), 'submodule', '--quiet', 'update', '--init');
      return [['super', 'wt'], ['super/sub'], ['wt/sub']];
    },
  },
  {
    name: 'worktree of a submodule',
    build(base) {
      withSubmodule(base);
      git(join(base, 'super/sub'), 'worktree', 'add', '-q', '../../subwt');
      return [['super'], ['super/sub', 'subwt']];
    },
  },
  {
    name: 'bare with worktrees',
    build(base) {
      cloneBare(base, 'repo.git');
      git(join(base, 'repo.git'), 'worktree', 'add', '-q', '../a');
      git(join(base, 'repo.git'), 'worktree', 'add', '-q', 'inside');
      return [['repo.git', 'repo.git/refs/heads', 'a', 'repo.git/inside']];
    },
  },
  {
    name: '.bare hub',
    build(base) {
      withHub(base);
      return [['hub', 'hub/one', 'hub/two', 'hub/.bare']];
    },
  },
  {
    name: 'separate git dir',
    build(base) {
      mkdirSync(join(base, 'store'));
      git(base, 'init', '-q', '--separate-git-dir', 'store/work.git', 'work');
      git(join(base, 'work'), 'commit', '-q', '--allow-empty', '-m', 'first');
      git(join(base, 'work'), 'worktree', 'add', '-q', '../wt');
      return [['work', 'wt', 'store/work.git']];
    },
  },
  {
    name: 'symlinked checkout',
    build(base) {
      withWorktree(base);
      symlinkSync('repo', join(base, 'repo-link'));
      symlinkSync('wt', join(base, 'wt-link'));
      return [['repo', 'repo-link', 'wt', 'wt-link']];
    },
  },
  {
    name: '.git that is a symlink to a directory',
    build(base) {
      newRepository(base, 'repo');
      renameSync(join(base, 'repo/.git'), join(base, 'kept.git'));
      symlinkSync('../kept.git', join(base, 'repo/.git'));
      return [['repo', 'kept.git']];
    },
  },
  {
    name: 'gitdir that leaves a symlinked directory by ".."',
    build(base) {
      withWorktree(base);
      mkdirSync(join(base, 'repo/.git/elsewhere'));
      symlinkSync('repo/.git/elsewhere', join(base, 'shortcut'));
      writeFileSync(join(base, 'wt/.git'), 'gitdir: ../shortcut/../worktrees/wt\n');
      return [['repo', 'wt']];
    },
  },
  {
    name: 'empty .git in a subdirectory',
    build(base) {
      newRepository(base, 'repo');
      mkdirSync(join(base, 'repo/inner/.git'), { recursive: true });
      return [['repo', 'repo/inner', 'repo/inner/.git']];
    },
  },
  {
    name: 'dangling .git symlink in a subdirectory',
    build(base) {
      newRepository(base, 'repo');
      mkdirSync(join(base, 'repo/inner'));
      symlinkSync('nowhere', join(base, 'repo/inner/.git'));
      return [['repo', 'repo/inner']];
    },
  },
  {
    name: 'repository inside a repository',
    build(base) {
      newRepository(base, 'repo');
      newRepository(base, 'repo/vendor/lib');
      return [['repo'], ['repo/vendor/lib']];
    },
  },
  {
    name: 'inside the git directory',
    build(base) {
      withWorktree(base);
      return [['repo', 'repo/.git', 'repo/.git/refs', 'repo/.git/worktrees/wt', 'wt']];
    },
  },
  {
    name: 'submodule seen from its git directory',
    build(base) {
      withSubmodule(base);
      return [
        ['super', 'super/.git/modules'],
        ['super/sub', 'super/.git/modules/sub'],
      ];
    },
  },
];

/** `.git` files at which Git itself gives up. */
export const brokenGitFiles: readonly { readonly name: string; readonly content: string; readonly reason: RegExp }[] = [
  { name: 'garbage', content: 'not a repository\n', reason: /does not begin with "gitdir: "/ },
  { name: 'empty', content: '', reason: /does not begin/ },
  { name: 'without the space', content: 'gitdir:../elsewhere\n', reason: /does not begin/ },
  { name: 'without a path', content: 'gitdir: \r\n\n', reason: /names no git directory/ },
  { name: 'dangling', content: 'gitdir: ../gone/.git\n', reason: /"\.\.\/gone\/\.git", which is missing/ },
  { name: 'naming a directory that is no git directory', content: 'gitdir: ..\n', reason: /not a git directory/ },
  { name: 'with a space after the path', content: 'gitdir: ../.git \n', reason: /missing or not/ },
  { name: 'with NUL', content: 'gitdir: \0\n', reason: /missing or not/ },
  { name: 'too large', content: `gitdir: ${'x'.repeat(1 << 20)}`, reason: /larger than 1 MiB/ },
];

/** The installed git, with no configuration but ours; throws with its stderr when it fails. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', env: gitEnvironment(), stdio: 'pipe' }).trim();
}

/** What the installed git says: the real path of the common directory, or undefined when it refuses. */
export function gitCommonDir(directory: string): string | undefined {
  try {
    // The answer may be relative to the directory asked from, so it is resolved there, as the kernel does.
    const answer = git(directory, 'rev-parse', '--git-common-dir');
    return realpathSync.native(answer.startsWith('/') ? answer : `${directory}/${answer}`);
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 128) return undefined;
    throw error;
  }
}

export function newRepository(base: string, name: string): string {
  git(base, 'init', '-q', name);
  git(join(base, name), 'commit', '-q', '--allow-empty', '-m', 'first');
  return join(base, name);
}

/** `repo` and its linked worktree `wt`, side by side. */
export function withWorktree(base: string): void {
  git(newRepository(base, 'repo'), 'worktree', 'add', '-q', '../wt');
}

/** `super` with the submodule `super/sub`. */
export function withSubmodule(base: string): void {
  const library = newRepository(base, 'library');
  const superproject = newRepository(base, 'super');
  git(superproject, 'submodule', '--quiet', 'add', library, 'sub');
  git(superproject, 'commit', '-q', '-m', 'add submodule');
}

/** `hub/.bare`, a `hub/.git` that names it, and the worktrees `hub/one` and `hub/two`. */
export function withHub(base: string): void {
  cloneBare(base, 'hub/.bare');
  writeFileSync(join(base, 'hub/.git'), 'gitdir: ./.bare\n');
  git(join(base, 'hub'), 'worktree', 'add', '-q', 'one');
  git(join(base, 'hub'), 'worktree', 'add', '-q', 'two');
}

export function headOf(repository: string): string {
  return readFileSync(join(repository, '.git/HEAD'), 'utf8');
}

function cloneBare(base: string, name: string): void {
  const origin = newRepository(base, `origin-of-${basename(name)}`);
  mkdirSync(join(base, dirname(name)), { recursive: true });
  git(base, 'clone', '-q', '--bare', origin, name);
}

function gitEnvironment(): Record<string, string> {
  const person = { NAME: 'Test', EMAIL: 'test@example.invalid' };
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    // A repository around the temporary directory is no part of any layout.
    GIT_CEILING_DIRECTORIES: realpathSync(tmpdir()),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_AUTHOR_NAME: person.NAME,
    GIT_AUTHOR_EMAIL: person.EMAIL,
    GIT_COMMITTER_NAME: person.NAME,
    GIT_COMMITTER_EMAIL: person.EMAIL,
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'protocol.file.allow',
    GIT_CONFIG_VALUE_0: 'always',
    GIT_CONFIG_KEY_1: 'init.defaultBranch',
    GIT_CONFIG_VALUE_1: 'main',
  };
}
