import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';

/** One workspace as `/wham/accounts/check` lists it (official-client.md#backend). */
export interface Workspace {
  readonly id: string;
  readonly name?: string;
  readonly planType?: string;
  readonly isDeactivated?: boolean;
}

const text = z.catch(z.optional(z.nullable(z.string())), undefined);
const Entry = z.object({
  id: text,
  account_id: text,
  name: text,
  structure: text,
  plan_type: text,
  is_deactivated: z.catch(z.optional(z.boolean()), undefined),
});
const List = z.object({ accounts: z.array(z.unknown()) });
const Named = z.object({ accounts: z.record(z.string(), z.looseObject({ account: z.optional(z.unknown()) })) });

export const workspacesPath = '/wham/accounts/check';

/** The workspaces of a login, or undefined for an answer of another shape; both documented forms are read. */
export function parseWorkspaces(json: unknown): Workspace[] | undefined {
  const list = List.safeParse(json);
  if (list.success) return list.data.accounts.flatMap((entry) => toWorkspace(entry, undefined));
  const named = Named.safeParse(json);
  if (!named.success) return undefined;
  return Object.entries(named.data.accounts).flatMap(([id, entry]) => toWorkspace(entry.account ?? entry, id));
}

function toWorkspace(entry: unknown, key: string | undefined): Workspace[] {
  const parsed = Entry.safeParse(entry);
  if (!parsed.success) return [];
  const { name, structure, plan_type, is_deactivated } = parsed.data;
  const id = parsed.data.id ?? parsed.data.account_id ?? key;
  if (id === undefined) return [];
  return [
    definedOnly({
      id,
      // A personal workspace may have no name of its own.
      name: name?.trim() || (structure === 'personal' ? 'Personal' : undefined),
      planType: plan_type ?? undefined,
      isDeactivated: is_deactivated,
    }),
  ];
}
