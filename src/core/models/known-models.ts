import { join } from 'node:path';
import { AppError } from '../errors.js';
import { isSameModel, modelsNamedIn } from '../quota/model-names.js';
import type { QuotaSnapshot } from '../quota/usage.js';
import { readVersion } from '../storage/atomic-file.js';
import { parseModels, wellKnownModels } from './catalogue.js';

/** Where the official client keeps the list that the provider gave it. */
const cacheFile = 'models_cache.json';

/** Throws `usage` where nobody has ever named this model: its limits would be those of no model. */
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

/** None where the client has not run yet: the list is only a help. */
function clientModels(codexHome: string): string[] {
  try {
    const version = readVersion(join(codexHome, cacheFile));
    return version.kind === 'absent' ? [] : parseModels(JSON.parse(version.content));
  } catch (error) {
    if (error instanceof AppError || error instanceof SyntaxError) return [];
    throw error;
  }
}
