import * as z from 'zod/mini';
import type { Account } from '../accounts/account.js';
import { type AuthorizedAnswer, type BackendAccess, callAsAccount } from '../asking/authorized-call.js';
import { readNumber, readText } from '../storage/tolerant.js';

/** The client whose models are asked for: the newest one whose requests are known (official-client.md#backend). */
const clientVersion = '0.169.0';

/** The models that this client shows when nobody tells it better, in its order. */
export const wellKnownModels: readonly string[] = [
  'gpt-6.1-sol',
  'gpt-6-astra',
  'gpt-6-sol',
  'gpt-6-luna',
  'gpt-5.6-sol',
  'gpt-6.1-terra',
  'gpt-5.6-terra',
  'gpt-5.6-luna',
  'gpt-5.5',
];

/** Which models an account is offered; costs nothing (P16). The answer is for {@link parseModels}. */
export function askForModels(access: BackendAccess, account: Account): Promise<AuthorizedAnswer> {
  return callAsAccount(access, account, `/codex/models?client_version=${clientVersion}`);
}

const List = z.object({ models: z.array(z.catch(z.record(z.string(), z.unknown()), {})) });

/**
 * The slugs a person may choose, best first; none where the list is empty (official-client.md#backend) or makes no
 * sense.
 */
export function parseModels(body: unknown): string[] {
  const list = List.safeParse(body);
  if (!list.success) return [];
  const entries = list.data.models
    .filter(({ visibility }) => visibility === undefined || visibility === 'list')
    .map(({ slug, priority }) => ({ slug: readText(slug), priority: readNumber(priority) ?? Number.MAX_SAFE_INTEGER }))
    .sort((one, other) => one.priority - other.priority);
  return [...new Set(entries.flatMap(({ slug }) => slug ?? []))];
}
