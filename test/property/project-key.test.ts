import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { projectKey } from '../../src/core/project/identity.js';

/** Absolute paths of one to five parts, with every character that a file name may hold. */
const part = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).map((text) => text.replace(/[/\0]/g, '_'));
const root = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);

describe('projectKey', () => {
  it('is one file name of safe characters and bounded length, never hidden from its hash', () => {
    fc.assert(
      fc.property(root, fc.boolean(), (path, windows) => {
        const key = projectKey(path, windows);
        expect(key).toMatch(/^[A-Za-z0-9._][A-Za-z0-9._-]{0,39}-[0-9a-f]{12}$/);
      }),
    );
  });

  it('is the same every time, and on Windows in every spelling of the case', () => {
    fc.assert(
      fc.property(root, (path) => {
        expect(projectKey(path, false)).toBe(projectKey(path, false));
        expect(projectKey(path.toLowerCase(), true)).toBe(projectKey(path, true));
      }),
    );
  });

  it('differs between different roots, also where their names are alike', () => {
    fc.assert(
      fc.property(root, root, (one, other) => {
        fc.pre(one !== other);
        expect(projectKey(one, false)).not.toBe(projectKey(other, false));
        expect(projectKey(`${one}/same`, false)).not.toBe(projectKey(`${other}/same`, false));
      }),
    );
  });
});
