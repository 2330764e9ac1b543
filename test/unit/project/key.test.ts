import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { projectKey } from '../../../src/core/project/identity.js';

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

describe('projectKey', () => {
  it.each([
    ['/home/me/app', 'app'],
    ['/home/me/my.app_2', 'my.app_2'],
    ['/home/me/hub/.bare', '.bare'],
    ['/home/me/a  b (c)', 'a-b-c'],
    ['/home/me/a--b', 'a--b'],
    ['/home/me/--a--', 'a'],
    ['/home/me/日本', 'project'],
    ['/', 'project'],
    [`/home/me/${'x'.repeat(60)}`, 'x'.repeat(40)],
    [`/home/me/${'x'.repeat(39)} tail`, `${'x'.repeat(39)}-`],
    ['/home/me/back\\slash', 'back-slash'],
  ])('is readable and never changes: %s', (root, name) => {
    expect(projectKey(root, false)).toBe(`${name}-${hash(root)}`);
  });

  it('pins one whole key, so that the hash cannot change either', () => {
    expect(projectKey('/home/me/app', false)).toBe('app-fd865ce82eb8');
  });

  it('folds case and separators on Windows only', () => {
    const key = projectKey('C:\\Users\\Me\\App', true);
    expect(key).toBe(`app-${hash('c:/users/me/app')}`);
    expect(projectKey('c:/users/ME/APP', true)).toBe(key);
    expect(projectKey('/code/App', false)).not.toBe(projectKey('/code/app', false));
    expect(projectKey('/code/a\\b', false)).not.toBe(projectKey('/code/a/b', false));
  });
});
