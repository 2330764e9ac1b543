import { basename } from 'node:path';
import * as z from 'zod/mini';
import { definedOnly } from '../core/defined-only.js';
import { keyOf } from '../core/logins/roster.js';
import type { ShownRoster, ShownScope } from '../core/logins/shown-roster.js';
import { printable } from '../core/printable.js';
import { projectKey } from '../core/project/key.js';
import { capitalized } from './render/sentence.js';
import { shellWord } from './render/shell-word.js';
import type { Theme } from './render/theme.js';

/** The pool something lives in; `key` names a project's. */
export const PlaceView = z.object({ kind: z.enum(['global', 'project']), key: z.exactOptional(z.string()) });
export type PlaceView = z.infer<typeof PlaceView>;

const KnownPlace = z.object({
  ...PlaceView.shape,
  /** The directory of a project, as far as it is known. */
  root: z.exactOptional(z.string()),
});
type KnownPlace = z.infer<typeof KnownPlace>;

/** A pool beside the one that is shown. */
export const OtherPlace = z.object({ ...KnownPlace.shape, accounts: z.number() });
export type OtherPlace = z.infer<typeof OtherPlace>;

/** Which pool a command is about. */
export const ScopeView = z.object({
  kind: z.enum(['global', 'project']),
  key: z.exactOptional(z.string()),
  root: z.exactOptional(z.string()),
  path: z.string(),
  /** The pool whose accounts these are: another one while the scope has none of its own. */
  readFrom: z.string(),
  /** What `readFrom` belongs to. */
  place: KnownPlace,
  /** In a home that `run` has made: the person's own, with which it shares everything but the login. */
  sharesHome: z.exactOptional(z.string()),
});
export type ScopeView = z.infer<typeof ScopeView>;

export function placeView(scopeKey: string | undefined): PlaceView {
  return scopeKey === undefined ? { kind: 'global' } : { kind: 'project', key: scopeKey };
}

export function describePlace({ key }: PlaceView): string {
  return key === undefined ? 'the global pool' : `the pool of project ${key}`;
}

export function scopeView(roster: ShownRoster): ScopeView {
  const { scope, path, readFrom, records, sharesHome } = roster;
  const key = keyOf(scope);
  const root = scope.kind === 'project' ? scope.root : undefined;
  const place = key === records.key ? definedOnly({ ...placeView(key), root }) : knownPlace(records);
  return definedOnly({ kind: scope.kind, key, root, path, readFrom, place, sharesHome });
}

/** The pools that have accounts and are not shown. */
export function otherPlaces({ others }: Pick<ShownRoster, 'others'>): OtherPlace[] {
  return others
    .filter(({ pool }) => pool.accounts.length > 0)
    .map((each) => ({ ...knownPlace(each), accounts: each.pool.accounts.length }));
}

function knownPlace({ key, pool }: ShownScope): KnownPlace {
  // Another tool may have copied the file of one project to another.
  const isTrue = pool.projectRoot !== undefined && projectKey(pool.projectRoot) === key;
  return definedOnly({ ...placeView(key), root: isTrue ? pool.projectRoot : undefined });
}

/** The command that lists what is in another place. */
export function listCommandFor({ key, root }: KnownPlace): string {
  if (key === undefined) return 'codex-auth list --global';
  return `codex-auth list --project ${root === undefined ? '<dir>' : shellWord(root)}`;
}

/** Of the places that are not shown, so many are named. */
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

/** `global accounts`, `accounts of project api` */
export function whoseAccounts({ key, root }: KnownPlace): string {
  return printable(
    key === undefined ? 'global accounts' : `accounts of project ${root === undefined ? key : basename(root)}`,
  );
}

/** Whether somebody could ask whose accounts they see: not outside of every project, with the global ones. */
export function hasPlaces({ kind, place }: ScopeView): boolean {
  return kind === 'project' || place.kind === 'project';
}

/** The lines above a table: whose accounts these are, and whether it is a home that `run` has made. */
export function placeLine(scope: ScopeView, { color }: Theme): string {
  const inRun =
    scope.sharesHome === undefined ? '' : 'In a home that run has made: who is in use here is in use here only\n';
  const place = hasPlaces(scope) ? `${capitalized(whoseAccounts(scope.place))}\n` : '';
  return inRun + place === '' ? '' : color.dim(inRun + place);
}
