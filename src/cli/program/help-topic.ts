import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../core/errors.js';
import { readVersion } from '../../core/storage/atomic-file.js';
import type { Machine } from './machine.js';

interface Topic {
  /** The word that asks for it: the heading as its anchor has it. */
  readonly name: string;
  readonly title: string;
  /** Markdown, without the heading. */
  readonly text: string;
}

const listWord = 'topics';

/**
 * What `codex-auth help <topic>` prints: a section of the troubleshooting page that comes with the package, by its heading
 * or a part of it that fits one only. Undefined where no section is meant.
 */
export function helpTopic({ program }: Machine, words: readonly string[]): string | undefined {
  const topics = topicsIn(readPage(join(dirname(realpathSync(program.script)), '..', 'docs', 'troubleshooting.md')));
  const wanted = nameOf(words.join(' '));
  if (wanted === listWord) return listOf(topics);
  const exact = topics.find(({ name }) => name === wanted);
  const [only, ...others] = topics.filter(({ name }) => name.includes(wanted));
  const found = exact ?? (others.length === 0 ? only : undefined);
  if (found !== undefined) return `${found.title}\n\n${plainText(found.text)}`;
  return only === undefined ? undefined : listOf([only, ...others]);
}

function listOf(topics: readonly Topic[]): string {
  return topics.map(({ name }) => `codex-auth help ${name}\n`).join('');
}

function readPage(path: string): string {
  const page = readVersion(path);
  if (page.kind === 'present') return page.content;
  throw new AppError('internal', `the pages that come with this program are gone: there is no ${path}`, {
    hint: 'install it again',
    details: { path },
  });
}

function topicsIn(page: string): Topic[] {
  const [, ...sections] = page.split(/^### /m);
  return sections.map((section) => {
    const [title = '', ...lines] = section.split('\n');
    // The text ends where the next chapter begins.
    const text = lines.join('\n').split(/^## /m)[0] ?? '';
    return { name: nameOf(title), title, text };
  });
}

/** The name of a heading, as the usual Git hosts make an anchor of it. */
function nameOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** A line per paragraph or item, for the terminal to break, without the signs of Markdown. */
function plainText(markdown: string): string {
  return markdown
    .trim()
    .split(/```\w*\n/)
    .map((part, position) =>
      position % 2 === 1 ? part.replace(/^(?=.)/gm, '  ') : part.replace(/([^\n])\n(?![\n-]|\d\.|\||$) */g, '$1 '),
    )
    .join('')
    .replace(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .concat('\n');
}
