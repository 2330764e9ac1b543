import { isAbsolute, join, resolve } from 'node:path';
import { environmentVariables, type Variables } from '../environment.js';

/** The part of the environment that decides where files are. */
type Placing = { readonly [K in 'home' | 'codexHome' | 'rootDir']?: string | undefined };

export interface Locations {
  readonly codexHome: string;
  readonly root: string;
}

/**
 * Where the official client and this program keep their files: `CODEX_HOME`, else `~/.codex`; `CODEX_MULTI_AUTH_DIR`,
 * else `multi-auth` in it. Never a search.
 */
export function locationsIn({ home = '', codexHome, rootDir }: Placing, cwd: string): Locations {
  const clientHome = resolve(cwd, codexHome ?? join(home, '.codex'));
  return { codexHome: clientHome, root: resolve(cwd, rootDir ?? join(clientHome, 'multi-auth')) };
}

/** Only the root, for a quick look. Undefined where the environment names no place; the command itself reports that. */
export function rootIn(variables: Variables, cwd: string): string | undefined {
  const named = (name: keyof typeof environmentVariables) => variables[environmentVariables[name]] || undefined;
  const home = named('home') ?? named('userProfile') ?? '';
  const [codexHome, rootDir] = [named('codexHome'), named('rootDir')];
  return codexHome === undefined && !isAbsolute(home) ? undefined : locationsIn({ home, codexHome, rootDir }, cwd).root;
}
