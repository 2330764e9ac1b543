import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Variables } from '../environment.js';
import { systemErrorCode } from '../errors.js';
import { type LoginSource, listSources } from './list-sources.js';

/** The directories and variables by which a person's programs find their files. */
export interface Surveyed {
  readonly home: string;
  /** The home of the official client, wherever it is. */
  readonly codexHome: string;
  readonly variables: Variables;
}

/** The files in which known tools keep logins, as far as they exist. Reads names only. */
export async function discoverSources(place: Surveyed): Promise<LoginSource[]> {
  const homes = await clientHomes(place);
  const named = await listSources(
    [...homes.map((each) => join(each, 'auth.json')), ...filesOf(place)],
    place.home,
    'logins',
  );
  const { home, codexHome } = place;
  const usual = [join(codexHome, 'accounts'), join(home, '.codex', 'accounts'), join(home, '.cli-proxy-api')];
  const found = await listSources(usual, home, 'logins');
  const all = [...named, ...found].filter(
    ({ refusal }) => refusal?.reason !== 'unreadable' || !missing.includes(refusal.detail ?? ''),
  );
  const seen = new Set<string>();
  return all.filter(({ path }) => !seen.has(path) && seen.add(path));
}

/** The details by which {@link listSources} tells that a file does not exist. */
const missing = ['no such file or directory', 'a part of its path is not a directory'];

/** People who keep several homes call them `.codex-work` and the like. */
async function clientHomes({ home, codexHome }: Surveyed): Promise<string[]> {
  const names = await namesIn(home);
  return [codexHome, ...names.filter((name) => /^\.codex(?:$|[-_.])/.test(name)).map((name) => join(home, name))];
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    // The home cannot be listed, or does not exist: nothing can be found in it.
    if (systemErrorCode(error) === undefined) throw error;
    return [];
  }
}

function filesOf({ home, variables }: Surveyed): string[] {
  const data = variables['XDG_DATA_HOME'] || join(home, '.local', 'share');
  return [
    join(data, 'opencode', 'auth.json'),
    join(home, '.pi', 'agent', 'auth.json'),
    join(home, '.codex-switcher', 'accounts.json'),
    join(home, '.cc-switch', 'config.json'),
    join(home, '.opencode', 'openai-codex-accounts.json'),
  ];
}
