import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = fileURLToPath(new URL('../../..', import.meta.url));

export interface MarkdownFile {
  /** Below the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every page a reader can come across. */
export function markdownFiles(): MarkdownFile[] {
  const inDocs = readdirSync(join(project, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
  return ['README.md', 'CHANGELOG.md', ...inDocs].map((path) => ({
    path,
    text: readFileSync(join(project, path), 'utf8'),
  }));
}

const fencePattern = /^```(?<language>\w*)\n(?<body>[\s\S]*?)^```/gm;

/** The text without its code blocks. */
export function proseOf({ text }: MarkdownFile): string {
  return text.replace(fencePattern, '');
}

/** `[text](target)`, images included. */
export function linkTargets(file: MarkdownFile): string[] {
  const prose = proseOf(file).replace(/<!--[\s\S]*?-->/g, '');
  return [...prose.matchAll(/\]\((?<target>[^)\s]+)\)/g)].map((match) => match.groups?.['target'] ?? '');
}

/** The anchors that a heading gets on the usual hosts. */
export function anchorsOf(file: MarkdownFile): string[] {
  return [...proseOf(file).matchAll(/^#+ +(?<title>.+)$/gm)].map((match) =>
    (match.groups?.['title'] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Every line that a reader may type: in shell blocks, and between backquotes in the text. */
export function commandLines(file: MarkdownFile): string[] {
  const blocks = [...file.text.matchAll(fencePattern)].filter((match) =>
    ['sh', 'console'].includes(match.groups?.['language'] ?? ''),
  );
  const typed = blocks
    .flatMap((match) => (match.groups?.['body'] ?? '').split('\n'))
    .map((line) => line.replace(/^\$ /, ''));
  const inline = [...proseOf(file).matchAll(/`(?<line>[^`\n]+)`/g)].map((match) => match.groups?.['line'] ?? '');
  return [...typed, ...inline].filter((line) => /^codex-auth( |$)/.test(line));
}

/** The arguments of a simple shell line, up to a comment, a pipe (escaped in a table) or a redirection. */
export function argumentsOf(line: string): string[] {
  const words = [...line.matchAll(/"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<word>\S+)/g)].map(
    ({ groups }) => groups?.['double'] ?? groups?.['single'] ?? groups?.['word'] ?? '',
  );
  const end = words.findIndex((word) => /^(#|\\?\||>|&&)/.test(word));
  return words.slice(1, end < 0 ? undefined : end);
}
