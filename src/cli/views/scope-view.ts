import { basename } from 'node:path';
import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { printable } from '../../core/printable.js';
import { keyOf } from '../../core/roster/roster.js';
import type { ShownRoster } from '../../core/roster/shown-roster.js';
import { KnownPlace, knownPlace, placeView } from '../../core/session/places.js';
import { capitalized } from '../render/facts.js';
import type { Theme } from '../render/theme.js';

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
  /** In a home that `run` has made: the person's own home, with which it shares everything but the login. */
  sharesHome: z.exactOptional(z.string()),
});
export type ScopeView = z.infer<typeof ScopeView>;

export function scopeView(roster: ShownRoster): ScopeView {
  const { scope, path, readFrom, records, sharesHome } = roster;
  const key = keyOf(scope);
  const root = scope.kind === 'project' ? scope.root : undefined;
  const place = key === records.key ? definedOnly({ ...placeView(key), root }) : knownPlace(records);
  return definedOnly({ kind: scope.kind, key, root, path, readFrom, place, sharesHome });
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
