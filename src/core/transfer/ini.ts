import type { JsonDocument } from './json-outline.js';

/**
 * The sections of an INI file as objects by their names, which is how some tools keep an account each; undefined for a
 * text that is none. What stands twice is told, as for JSON.
 */
export function readIni(text: string): JsonDocument | undefined {
  // A long text that is something else is not cut into its lines.
  if (!text.slice(0, 4096).split('\n').map(wordOf).find(Boolean)?.startsWith('[')) return undefined;
  const sections = new Map<string, Map<string, string>>();
  const repeated: (readonly string[])[] = [];
  let section: Map<string, string> | undefined;
  let name = '';
  for (const line of text.split('\n').map(wordOf)) {
    if (line === '') continue;
    const header = /^\[([^[\]{}"]+)\]$/.exec(line)?.[1];
    const [, key, value = ''] = /^([A-Za-z_][\w.-]*)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (header !== undefined) {
      name = header.trim();
      if (sections.has(name)) repeated.push([name]);
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
    } else if (section === undefined || key === undefined) return undefined;
    else {
      if (section.has(key)) repeated.push([name]);
      section.set(key, value);
    }
  }
  if (sections.size === 0) return undefined;
  const objects = [...sections].map(([each, members]) => [each, Object.fromEntries(members)]);
  return { value: Object.fromEntries(objects), repeated };
}

/** A line without what surrounds it; nothing of a comment. */
function wordOf(line: string): string {
  const word = line.trim();
  return /^[#;]/.test(word) ? '' : word;
}
