import { describe, expect, it, test } from 'vitest';
import { calledAs } from '../../src/cli/program/shown-text.js';

const named = calledAs('codex auth');

describe('called through the shim', () => {
  test.each([
    ['codex-auth list', 'codex auth list'],
    ['  $ codex-auth switch work\n  $ codex-auth list', '  $ codex auth switch work\n  $ codex auth list'],
    ['Usage: codex-auth [options] [command]', 'Usage: codex auth [options] [command]'],
    ['"codex-auth --help" or `codex-auth login`', '"codex auth --help" or `codex auth login`'],
    ['{"hint":"codex-auth remove <account>"}', '{"hint":"codex auth remove <account>"}'],
    ['\u001b[1mcodex-auth doctor --fix\u001b[22m', '\u001b[1mcodex auth doctor --fix\u001b[22m'],
    ['npm install -g codex-auth && codex-auth setup', 'npm install -g codex-auth && codex auth setup'],
  ])('%j is shown as %j', (text, shown) => {
    expect(named(text)).toBe(shown);
  });

  test.each([
    '{"schema":"codex-auth.list/1"}',
    '/opt/codex-auth list',
    'npm uninstall -g codex-auth to remove it',
    '# >>> codex-auth >>>',
    '# <<< codex-auth <<<',
    'update codex-auth; the file is untouched',
    'not-codex-auth list',
    'codex-auth.js list',
  ])('%j stays as it is', (text) => {
    expect(named(text)).toBe(text);
  });
});

it('called by its own name, or by one that is none, nothing changes', () => {
  for (const name of [undefined, '', '\u001b[31m', 'rm -rf /; x', 'a\nb'])
    expect(calledAs(name)('codex-auth list')).toBe('codex-auth list');
});
