import * as z from 'zod/mini';
import { Secret } from '../secret.js';
import { readVersion, replaceFile } from '../storage/atomic-file.js';
import { corrupt, newerVersion, parseJson } from '../storage/json-file.js';
import type { Root } from '../storage/root.js';
import { Notes } from './notes.js';

const ShareRow = z.object({
  id: z.string(),
  /** The record in a pool of this root. */
  accountId: z.exactOptional(z.string()),
  /**
   * The part of this machine. A `keeper` has the refresh token and refreshes the login; a `copy` gets its access tokens
   * from the pool; while `releasing` the machine gives the refresh token away, and no longer spends it.
   */
  role: z.enum(['keeper', 'copy', 'releasing']),
  state: z.enum(['live', 'removed', 'withdrawn']),
  keeper: z.nullable(z.string()),
  fence: z.number(),
  generation: z.number(),
  /** A hash of the tokens that were last pushed or taken over, to see whether they have changed here since. */
  print: z.exactOptional(z.string()),
  /**
   * The login as this machine gave it away, sealed, until the next keeper has pushed something: a database that was
   * restored from an older backup gets it from here.
   */
  given: z.exactOptional(
    z.object({ to: z.nullable(z.string()), sealed_login: z.string(), sealed_refresh: z.string() }),
  ),
  notesGeneration: z.number(),
  notes: Notes,
});
export type ShareRow = z.infer<typeof ShareRow>;

const thisVersion = 1;
const ShareFile = z.object({
  version: z.number(),
  url: z.string(),
  poolId: z.string(),
  keyId: z.string(),
  machine: z.object({
    id: z.string(),
    name: z.string(),
    /** The turn that the database has, as far as this machine knows. */
    turn: z.string(),
    /** The turn that the database may have instead, because an answer was lost. */
    nextTurn: z.exactOptional(z.string()),
  }),
  /** The last revision of the pool that this machine knows. */
  revision: z.number(),
  /** By the clock of this machine, milliseconds since the epoch. */
  lastExchangeAt: z.exactOptional(z.number()),
  /** How far the clock of this machine is ahead of the server's, milliseconds. */
  clockAheadMs: z.exactOptional(z.number()),
  /** A hash of what the person was last told to be older in the database than here; absent where nothing is. */
  toldOlder: z.exactOptional(z.string()),
  /** The machines of the pool at the last exchange, by id. */
  machines: z.record(z.string(), z.object({ name: z.string(), seenAt: z.number() })),
  rows: z.array(ShareRow),
});

/** What this root knows of the pool that it takes part in; the address holds a password. */
export type ShareState = Omit<z.infer<typeof ShareFile>, 'version' | 'url'> & { readonly url: Secret };

const wayOut = 'restore the file from a backup, or: codex-auth share leave --forget, then share join <url>';

/** Undefined where nothing is shared. Throws for a file that cannot be used. */
export function readShare({ paths }: Pick<Root, 'paths'>): ShareState | undefined {
  const path = paths.share;
  const version = readVersion(path);
  if (version.kind === 'absent') return undefined;
  const file = ShareFile.safeParse(parseJson(path, version.content, wayOut));
  if (!file.success) throw corrupt(path, 'it does not say what is shared', wayOut);
  const { version: stated, url, ...state } = file.data;
  if (stated <= thisVersion) return { ...state, url: new Secret(url) };
  throw newerVersion(path, stated);
}

/** Needs the lock of the share. */
export function writeShare(root: Root, { url, ...state }: ShareState): void {
  const content = `${JSON.stringify({ version: thisVersion, ...state, url: url.reveal() }, null, 1)}\n`;
  replaceFile({ path: root.paths.share, content }, root.processes);
}

export function rowOf(state: Pick<ShareState, 'rows'>, id: string): ShareRow | undefined {
  return state.rows.find((row) => row.id === id);
}

/** The state with these rows, each in place of the one of the same id or added. */
export function withRows(state: ShareState, changed: readonly ShareRow[]): ShareState {
  const byId = new Map(changed.map((row) => [row.id, row]));
  const known = new Set(state.rows.map(({ id }) => id));
  const rows = state.rows.map((row) => byId.get(row.id) ?? row);
  return { ...state, rows: [...rows, ...[...byId.values()].filter(({ id }) => !known.has(id))] };
}
