import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { type BoundPlace, bindingAt, placeAround, placeAt } from '../../../src/core/bindings/bound-place.js';
import { shimBindingsText } from '../../../src/core/bindings/shim-bindings.js';
import { shimNames, shimText } from '../../../src/core/shell/shim.js';
import { shimBindingsName, shimMarkName } from '../../../src/core/storage/paths.js';
import { layouts, newRepository } from '../../support/git-layouts.js';
import { temporaryDirectory } from '../../support/temporary.js';

const templates = fileURLToPath(new URL('../../../bin/codex-auth.js', import.meta.url));

/** The name that a shell looks for on PATH. */
const [codex = ''] = shimNames(false);
const tellPlace = 'pwd; test -n "$OLDPWD" || OLDPWD=none; echo "$PWD $OLDPWD"';

/** A shim that says whether it started the client or our program, and where. */
class Shim {
  readonly #bin: string;
  readonly #clients: string;

  constructor(readonly directory: string) {
    [this.#bin, this.#clients] = [join(directory, 'shims'), join(directory, 'clients')];
    for (const each of [this.#bin, this.#clients]) mkdirSync(each);
    const script = this.#write('ours.sh', `echo ours; printf "<%s>\\n" "$@"; ${tellPlace}`);
    const text = shimText('codex', { node: '/bin/sh', script: templates }).replace(templates, script);
    writeFileSync(join(this.#bin, 'codex'), text, { mode: 0o755 });
    writeFileSync(join(this.#bin, shimMarkName), '');
    this.#write('clients/codex', `#!/bin/sh\necho client; ${tellPlace}`);
  }

  #write(name: string, text: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, `${text}\n`, { mode: 0o755 });
    return path;
  }

  bind(places: readonly BoundPlace[]) {
    const bindings = places.map((place) => ({ ...place, accountId: 'acc', boundAt: 0 }));
    writeFileSync(join(this.#bin, shimBindingsName), shimBindingsText(bindings));
    return bindings;
  }

  run(cwd: string, argv: readonly string[] = [], variables: Record<string, string> = {}): string[] {
    const env = { PATH: `${this.#bin}:${this.#clients}:/usr/bin:/bin`, ...variables };
    const { stdout, stderr } = spawnSync(codex, argv, { cwd, env, encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout.trimEnd().split('\n');
  }

  who(cwd: string): string | undefined {
    return this.run(cwd)[0];
  }
}

const home = '/nonexistent';
const around = (directory: string): BoundPlace => placeAround(directory, home) ?? { directory };

describe.each(layouts)('of a Git layout: $name', ({ build }) => {
  it('every checkout of a bound project is bound, to the shim as to the program, and no other is that is not below', () => {
    const base = temporaryDirectory();
    const shim = new Shim(temporaryDirectory());
    const groups = build(base).map((group) => group.map((name) => join(base, name)));
    for (const group of groups) {
      const [first = ''] = group;
      const bindings = shim.bind([around(first)]);
      for (const checkout of groups.flat()) {
        const isBound = bindingAt(bindings, checkout) !== undefined;
        if (group.includes(checkout)) expect([checkout, isBound]).toEqual([checkout, true]);
        expect([checkout, shim.who(checkout)]).toEqual([checkout, isBound ? 'ours' : 'client']);
      }
    }
  });
});

describe('a directory', () => {
  test('is bound with all that is in it, by whatever path somebody is there', () => {
    const shim = new Shim(temporaryDirectory());
    const base = temporaryDirectory();
    const [bound, beside] = [join(base, "a 'b' *"), join(base, "a 'b' * too")];
    for (const each of [join(bound, 'deep/er'), beside]) mkdirSync(each, { recursive: true });
    symlinkSync(join(bound, 'deep'), join(base, 'link'));
    shim.bind([{ directory: bound }]);
    for (const each of [bound, join(bound, 'deep/er'), join(base, 'link'), join(base, 'link/er')])
      expect(shim.who(each)).toBe('ours');
    for (const each of [base, beside, '/']) expect(shim.who(each)).toBe('client');
    shim.bind([{ directory: '/' }]);
    for (const each of [base, '/']) expect(shim.who(each)).toBe('ours');
    shim.bind([]);
    expect(shim.who(bound)).toBe('client');
  });

  test('that is the top of a project means the project, and another in it only itself', () => {
    const repository = newRepository(temporaryDirectory(), 'repo');
    mkdirSync(join(repository, 'sub'));
    expect(placeAt(repository, home)).toEqual(around(repository));
    expect(placeAt(join(repository, 'sub'), home)).toEqual({ directory: join(repository, 'sub') });
    expect(placeAround(join(repository, 'sub'), home)).toEqual(around(repository));
    expect(placeAround(repository, join(repository, 'sub'))).toBeUndefined();
  });

  test('has the binding of the nearest one around it', () => {
    const bindings = ['/a', '/a/b/c'].map((directory) => ({ directory, accountId: directory, boundAt: 0 }));
    const at = (directory: string) => bindingAt(bindings, directory)?.accountId;
    expect(['/a', '/a/b', '/a/b/c/d', '/'].map(at)).toEqual(['/a', '/a', '/a/b/c', undefined]);
  });
});

describe('the shim', () => {
  test('hands over every word with the client that it has found, and stays where it is', () => {
    const directory = temporaryDirectory();
    const shim = new Shim(directory);
    const place = temporaryDirectory();
    shim.bind([{ directory: place }]);
    const words = ['run', '--here', '--', join(directory, 'clients/codex'), 'exec', 'a b', ''];
    expect(shim.run(place, ['exec', 'a b', ''])).toEqual([
      'ours',
      ...words.map((word) => `<${word}>`),
      place,
      `${place} none`,
    ]);
  });

  test('leaves the working directory as the shell had it, links included', () => {
    const shim = new Shim(temporaryDirectory());
    const base = temporaryDirectory();
    mkdirSync(join(base, 'real'));
    symlinkSync('real', join(base, 'link'));
    shim.bind([{ directory: '/elsewhere' }]);
    const link = join(base, 'link');
    expect(shim.run(link, [], { PWD: link, OLDPWD: '/usr' })).toEqual(['client', link, `${link} /usr`]);
  });

  test('leaves a run as the account that it has', () => {
    const shim = new Shim(temporaryDirectory());
    const place = temporaryDirectory();
    shim.bind([{ directory: place }]);
    expect(shim.run(place, [], { CODEX_AUTH_ACCOUNT: 'somebody' })[0]).toBe('client');
  });
});
