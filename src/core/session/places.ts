import { isAbsolute, resolve } from 'node:path';
import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { homeOf } from '../environment.js';
import { projectKey } from '../project/identity.js';
import type { ShownRoster, ShownScope } from '../roster/shown-roster.js';
import type { SetupPlace } from '../shell/setup-plan.js';
import { shellWord } from '../shell/shell-word.js';
import { rootPaths } from '../storage/paths.js';
import type { Session } from './session.js';

/** The pool that an account lives in; `key` names that of a project. */
export const PlaceView = z.object({ kind: z.enum(['global', 'project']), key: z.exactOptional(z.string()) });
export type PlaceView = z.infer<typeof PlaceView>;

export const KnownPlace = z.object({
  ...PlaceView.shape,
  /** The directory of a project, as far as it is known. */
  root: z.exactOptional(z.string()),
});
export type KnownPlace = z.infer<typeof KnownPlace>;

/** Another pool than the one that is shown. */
export const OtherPlace = z.object({ ...KnownPlace.shape, accounts: z.number() });
export type OtherPlace = z.infer<typeof OtherPlace>;

export function placeView(scopeKey: string | undefined): PlaceView {
  return scopeKey === undefined ? { kind: 'global' } : { kind: 'project', key: scopeKey };
}

export function describePlace({ key }: PlaceView): string {
  return key === undefined ? 'the global pool' : `the pool of project ${key}`;
}

/** The pools that have accounts and are not shown. */
export function otherPlaces({ others }: Pick<ShownRoster, 'others'>): OtherPlace[] {
  return others
    .filter(({ pool }) => pool.accounts.length > 0)
    .map((each) => ({ ...knownPlace(each), accounts: each.pool.accounts.length }));
}

export function knownPlace({ key, pool }: ShownScope): KnownPlace {
  // Another tool may have copied the file of one project to another.
  const isTrue = pool.projectRoot !== undefined && projectKey(pool.projectRoot) === key;
  return definedOnly({ ...placeView(key), root: isTrue ? pool.projectRoot : undefined });
}

/** The command that lists what is in another place. */
export function listCommandFor({ key, root }: KnownPlace): string {
  if (key === undefined) return 'codex-auth list --global';
  return `codex-auth list --project ${root === undefined ? '<dir>' : shellWord(root)}`;
}

/** How many of the other pools are named; the rest is counted. */
export const shownPlaces = 3;

/** `global (3), project api-1f2e3d4c5b6a (1)`, and how many more. */
export function countsIn(places: readonly OtherPlace[]): string {
  const more = places.length - shownPlaces;
  const named = places.slice(0, shownPlaces).map(countIn);
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** `global (3)`, `project api-1f2e3d4c5b6a (1)` */
export function countIn({ key, accounts }: OtherPlace): string {
  return `${key === undefined ? 'global' : `project ${key}`} (${accounts})`;
}

/** Where `setup` puts things. The root is made absolute: a relative one would be another place in every directory. */
export function setupPlace({ root, environment, platform, cwd }: Session): SetupPlace {
  const directory = root.paths.root;
  const paths = isAbsolute(directory) ? root.paths : rootPaths(resolve(cwd(), directory));
  const shells = { home: homeOf(environment) ?? '/', environment: environment.raw, isWindows: platform === 'win32' };
  return { root: { ...root, paths }, shells };
}
