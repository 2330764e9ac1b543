import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, markdownFiles, project } from '../support/docs/markdown-files.js';

const pages = new Map(markdownFiles().map((page) => [page.path, page]));

/** Everything of ours that has comments. */
const sources = ['src', 'test', 'bench', 'docs'].flatMap((directory) =>
  readdirSync(join(project, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|tsx|mjs)$/.test(name) && !name.includes('node_modules'))
    .map((name) => ({ path: `${directory}/${name}`, text: readFileSync(join(project, directory, name), 'utf8') })),
);

/** `path: what` for every match in the sources. */
function cited(pattern: RegExp): string[] {
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map(([all, what]) => `${path}: ${what ?? all}`),
  );
}

const titled = (path: string) => anchorsOf(pages.get(path) ?? { path, text: '' });

describe('what comments cite', () => {
  it('are headings of the page on the official client', () => {
    const anchors = titled('docs/official-client.md');
    const found = cited(/official-client\.md#([a-z-]+)/g);
    expect(found.length).toBeGreaterThan(30);
    expect(found.filter((each) => !anchors.includes(each.split(': ')[1] ?? ''))).toEqual([]);
  });

  it('are promises that are written down', () => {
    const promises = titled('docs/promises.md').map((anchor) => anchor.split('-')[0]?.toUpperCase());
    const found = cited(/\(P(\d+(?:[,–] ?P\d+)*)[),]/g).flatMap((each) => {
      const [path, numbers = ''] = each.split(': ');
      return numbers.split(/[,–] ?P?/).map((number) => `${path}: P${number}`);
    });
    expect(found.length).toBeGreaterThan(80);
    expect(found.filter((each) => !promises.includes(each.split(': ')[1] ?? ''))).toEqual([]);
  });

  it('is nothing that is not in this repository', () => {
    // In two parts, or this file would be found.
    expect(cited(new RegExp(`${'DES'}IGN|${'COD'}EX\\.md|\\u00a7`, 'g'))).toEqual([]);
  });
});

describe.each(['docs/promises.md', 'docs/official-client.md'])('the tests that %s names', (path) => {
  it('exist', () => {
    const named = [...(pages.get(path)?.text ?? '').matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(
      ([, name = '']) => name,
    );
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !existsSync(join(project, name)))).toEqual([]);
  });
});
