import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { toIso } from '../../core/instant.js';
import { printable } from '../../core/printable.js';
import type { ShareInspection } from '../../core/sharing/inspect.js';
import type { ShareState } from '../../core/sharing/share-file.js';
import type { Context } from '../program/context.js';
import { AccountRef } from '../views/account-ref.js';
import type { Names } from './named-accounts.js';

/** A machine of the shared pool. */
export const MachineView = z.object({ id: z.string(), name: z.string() });
export type MachineView = z.infer<typeof MachineView>;

/** Fits into a column of a table. */
const longestName = 40;

/** What the other machines call this one; its host name where the person gave none. Throws `usage` for what is no name. */
export function machineName({ machine }: Context, given: string | undefined): string {
  const name = (given ?? machine.processes.self.host).trim();
  if (given === undefined) return printable(name).slice(0, longestName) || 'a machine';
  if (name !== '' && name.length <= longestName && printable(name) === name) return name;
  throw new AppError('usage', `a machine cannot be called ${JSON.stringify(given)}`, {
    hint: `name it with 1 to ${longestName} letters: --name laptop`,
  });
}

/** A login of the shared pool, as this machine knows it. */
export const SharedLogin = z.object({
  /** Absent where its account is not on this machine. */
  account: z.exactOptional(AccountRef),
  /** `keeper`: refreshed here; `copy`: an access token only; `releasing`: on its way to another keeper. */
  role: z.enum(['keeper', 'copy', 'releasing']),
  /** The machine that has the refresh token; absent while it is there to be taken. */
  keptBy: z.exactOptional(
    z.object({
      ...MachineView.shape,
      /** By the clock of this machine. */
      seenAt: z.exactOptional(z.iso.datetime()),
    }),
  ),
});
export type SharedLogin = z.infer<typeof SharedLogin>;

export function sharedLogins(state: ShareState, names: Names): SharedLogin[] {
  const { rows } = state;
  const live = rows.filter(({ state }) => state === 'live');
  return live.map(({ accountId, role, keeper }) =>
    definedOnly({ account: names(accountId), role, keptBy: keeperView(keeper, state) }),
  );
}

function keeperView(id: string | null, { machine, machines, clockAheadMs = 0 }: ShareState) {
  if (id === null) return undefined;
  if (id === machine.id) return { id, name: machine.name };
  const known = machines[id];
  if (known === undefined) return { id, name: id };
  return { id, name: known.name, seenAt: toIso(known.seenAt + clockAheadMs) };
}

/** What asking the database has told; what is absent is not known. */
export const ShareLive = z.object({
  /** The first thing that is wrong. */
  problem: z.exactOptional(z.object({ code: z.string(), message: z.string(), hint: z.exactOptional(z.string()) })),
  /** `tls`: verified; `loopback`: nothing leaves this machine. */
  transport: z.exactOptional(z.enum(['tls', 'loopback'])),
  /** Of the server. */
  version: z.exactOptional(z.string()),
  schema: z.exactOptional(z.number()),
  keyMatches: z.exactOptional(z.boolean()),
  /** Whether the role has the rights that an exchange needs. */
  mayWrite: z.exactOptional(z.boolean()),
  /** Ours minus that of the server, milliseconds. */
  clockAheadMs: z.exactOptional(z.number()),
  machines: z.array(
    z.object({
      ...MachineView.shape,
      /** By the clock of this machine. */
      seenAt: z.iso.datetime(),
      isThis: z.boolean(),
      keeps: z.number(),
    }),
  ),
});
export type ShareLive = z.infer<typeof ShareLive>;

export function shareLive(inspection: ShareInspection): ShareLive {
  const { problem, transport, version, schema, keyMatches, mayWrite, clockAheadMs, machines } = inspection;
  const told = problem && definedOnly({ code: problem.code, message: problem.message, hint: problem.hint });
  return {
    ...definedOnly({ problem: told, transport, version, schema, keyMatches, mayWrite, clockAheadMs }),
    machines: machines.map(({ id, name, seenAt, isThis, keeps }) => ({
      ...{ id, name, isThis, keeps },
      seenAt: toIso(seenAt + (clockAheadMs ?? 0)),
    })),
  };
}
