import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/core/errors.js';
import type { ProjectResolution } from '../../../src/core/project/identity.js';
import {
  chooseScope,
  locateScope,
  type ScopeChoice,
  type ScopeRequest,
  scopeForReading,
  scopeForWriting,
} from '../../../src/core/project/scope.js';
import { newRepository } from '../../support/git-layouts.js';

const on = { perProjectAccounts: true };
const off = { perProjectAccounts: false };
const project: ProjectResolution = {
  kind: 'project',
  root: '/code/app',
  key: 'app-0123456789ab',
  commonDir: '/code/app/.git',
  workTree: '/code/app-wt',
  isLinkedWorktree: true,
  legacy: [{ root: '/code/app-wt', key: 'app-wt-ba9876543210' }],
};
const outside: ProjectResolution = { kind: 'none', reason: 'no-repository' };
const broken: ProjectResolution = { kind: 'broken', gitPath: '/code/bad/.git', reason: 'it names no git directory' };

const globalScope: ScopeChoice = { kind: 'global' };
const projectScope: ScopeChoice = {
  kind: 'project',
  key: 'app-0123456789ab',
  root: '/code/app',
  legacyKeys: ['app-wt-ba9876543210'],
};
const brokenScope: ScopeChoice = broken;

function failure(action: () => unknown): AppError {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('chooseScope', () => {
  it.each<[string, ScopeRequest, typeof on, ProjectResolution, ScopeChoice]>([
    ['the project one is in', {}, on, project, projectScope],
    ['global outside a project', {}, on, outside, globalScope],
    ['global in the home directory', {}, on, { kind: 'none', reason: 'home' }, globalScope],
    ['global in a project with the setting off', {}, off, project, globalScope],
    ['global at a broken repository with the setting off', {}, off, broken, globalScope],
    ['the broken repository', {}, on, broken, brokenScope],
    ['--global in a project', { global: true }, on, project, globalScope],
    ['--global at a broken repository', { global: true }, on, broken, globalScope],
    ['--global given as false', { global: false }, on, project, projectScope],
    ['--project, whatever the setting', { project: '/code/app' }, off, project, projectScope],
    ['--project at a broken repository', { project: '/code/bad' }, off, broken, brokenScope],
  ])('chooses %s', (_name, request, setting, resolution, expected) => {
    expect(chooseScope(request, setting, resolution)).toEqual(expected);
  });

  it('refuses --global together with --project', () => {
    const error = failure(() => chooseScope({ global: true, project: '/code/app' }, on, project));
    expect(error).toMatchObject({ code: 'usage', message: '--global and --project exclude each other' });
  });

  it.each<['no-directory' | 'no-repository' | 'home', RegExp]>([
    ['no-directory', /^--project x: there is no such directory$/],
    ['no-repository', /not inside a Git repository/],
    ['home', /never a project/],
  ])('refuses a --project that is none: %s', (reason, message) => {
    const error = failure(() => chooseScope({ project: 'x' }, on, { kind: 'none', reason }));
    expect(error.code).toBe('usage');
    expect(error.message).toMatch(message);
    if (reason !== 'no-directory') expect(error.hint).toContain('--global');
  });

  it('refuses an empty --project, as an unset shell variable leaves it', () => {
    expect(failure(() => chooseScope({ project: '' }, on, project)).code).toBe('usage');
  });
});

describe('a broken repository', () => {
  it('sends a reading command to the global pool with a warning that names the file', () => {
    const { scope, warning } = scopeForReading(brokenScope);
    expect(scope).toEqual(globalScope);
    expect(warning).toMatch(/\/code\/bad\/\.git.*it names no git directory.*global/);
  });

  it('stops a writing command, naming the file and --global', () => {
    const error = failure(() => scopeForWriting(brokenScope));
    expect(error.code).toBe('broken-project');
    expect(error.message).toContain('/code/bad/.git');
    expect(error.hint).toContain('--global');
  });

  it.each([globalScope, projectScope])('is no matter for a good scope: $kind', (choice) => {
    expect(scopeForWriting(choice)).toEqual(choice);
    expect(scopeForReading(choice)).toEqual({ scope: choice });
  });
});

describe('locateScope', () => {
  let base: string;
  beforeEach(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'codex-auth-scope-')));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  it('looks at the current directory, or at --project relative to it', () => {
    const here = newRepository(base, 'here');
    const there = newRepository(base, 'there');
    const directories = { cwd: here, home: '/nonexistent' };
    expect(locateScope({}, on, directories)).toMatchObject({ kind: 'project', root: here });
    expect(locateScope({ project: '../there' }, on, directories)).toMatchObject({ kind: 'project', root: there });
    expect(locateScope({ project: there }, off, directories)).toMatchObject({ kind: 'project', root: there });
    expect(failure(() => locateScope({ project: '../gone' }, on, directories)).message).toContain('no such directory');
  });

  it('follows symlinks before "..", as the shell command cd -P does', () => {
    const there = newRepository(base, 'there');
    mkdirSync(join(there, 'inner'));
    symlinkSync(join(there, 'inner'), join(base, 'link'));
    const scope = locateScope({ project: 'link/..' }, on, { cwd: base, home: '/nonexistent' });
    expect(scope).toMatchObject({ kind: 'project', root: there });
  });
});
