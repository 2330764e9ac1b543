import { commandPages } from './command-pages.js';
import { documentedCommands } from './command-tree.js';
import { eventPages } from './event-schemas.js';
import { jsonPages } from './json-schemas.js';
import { manPage } from './man-page.js';
import { referencePages } from './reference-pages.js';
import { sharedPoolSql } from './shared-pool-sql.js';

/** Directories below `docs` whose every file is generated. */
export const generatedDirectories = ['commands', 'json', 'man'] as const;

/** Every generated page by its path below `docs`. */
export async function allPages(): Promise<Map<string, string>> {
  const commands = await documentedCommands();
  return new Map([
    ...commandPages(commands),
    ...jsonPages(commands),
    ...eventPages(),
    ...referencePages(),
    manPage(commands),
    sharedPoolSql(),
  ]);
}
