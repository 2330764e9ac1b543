import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RefreshHome } from '../refresh-home.js';

/** The refresh tokens that any file of a machine has in the clear, and that the provider still takes. */
export function livingTokensIn({ home, root, provider }: RefreshHome, where: Where = {}): string[] {
  const isCopy = (path: string) => path.startsWith(root.paths.kept) || /\.bak(\.\d+)?$/.test(path);
  const texts = [home.root, home.codexHome].filter(existsSync).flatMap((directory) =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => where.except !== 'copies' || !isCopy(path))
      .map((path) => readFileSync(path, 'latin1')),
  );
  const living = provider.issued.all.flatMap(({ refresh_token: token }) =>
    token !== undefined && provider.fateOf(token) === 'live' ? [token] : [],
  );
  return [...new Set(living)].filter((token) => texts.some((text) => text.includes(token)));
}

interface Where {
  /** Leaves out copies: what a machine that was superseded by force still had is kept, and never sent from there. */
  readonly except?: 'copies';
}
