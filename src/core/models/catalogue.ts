import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Account } from '../accounts/account.js';
import { type AuthorizedAnswer, type BackendAccess, callAsAccount } from '../asking/authorized-call.js';
import { AppError } from '../errors.js';
import { isSameModel, modelsNamedIn } from '../quota/model-names.js';
import type { QuotaSnapshot } from '../quota/usage.js';
import { readVersion } from '../storage/atomic-file.js';
import { readNumber, readText } from '../storage/tolerant.js';

/** The client whose models are asked for: the newest one whose requests are known (official-client.md#backend). */
const clientVersion = '0.171.0';

/** The models that this client shows without a list from the provider, in its order. */
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

/** Where the official client keeps the list that the provider gave it. */
const cacheFile = 'models_cache.json';

/** Throws `usage` for a model that is named nowhere: no limit could be the one of that model. */
export function requireKnownModel(model: string, snapshots: readonly QuotaSnapshot[], codexHome: string): void {
  const named = snapshots.map(modelsNamedIn);
  const listed = [...new Set([...clientModels(codexHome), ...wellKnownModels])];
  const understood = [...named.flatMap((each) => each.understood), ...listed];
  if (understood.some((name) => isSameModel(name, model))) return;
  const known = [...new Set([...named.flatMap(({ shown }) => shown), ...listed])];
  throw new AppError('usage', `no model is called ${JSON.stringify(model)}; known are ${known.join(', ')}`, {
    hint: `codex-auth forecast --model ${known[0]}`,
    details: { model, known },
  });
}

/** The models in the client's list; none where the client has not run yet: the list is only a help. */
function clientModels(codexHome: string): string[] {
  try {
    const version = readVersion(join(codexHome, cacheFile));
    return version.kind === 'absent' ? [] : parseModels(JSON.parse(version.content));
  } catch (error) {
    if (error instanceof AppError || error instanceof SyntaxError) return [];
    throw error;
  }
}
