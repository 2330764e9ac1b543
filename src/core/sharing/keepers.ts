import { isJsonObject } from '../json-object.js';
import { parseJsonText } from '../json-text.js';
import { readVersion } from '../storage/atomic-file.js';
import type { RootPaths } from '../storage/paths.js';
import { readText } from '../storage/tolerant.js';

/**
 * For each account that another machine keeps, by record id, the name of that machine. For commands that only show:
 * where `share.json` cannot be read no keeper is named, and the commands of `share` report why.
 */
export function keepersElsewhere(paths: RootPaths): ReadonlyMap<string, string> {
  const state = readState(paths.share);
  const rows = Array.isArray(state['rows']) ? state['rows'].filter(isJsonObject) : [];
  const named = rows.flatMap(({ role, state: stated, accountId, keeper }): [string, string][] => {
    const [id, machine] = [readText(accountId), readText(keeper)];
    if (role !== 'copy' || stated !== 'live' || id === undefined || machine === undefined) return [];
    return [[id, nameOf(state, machine)]];
  });
  return new Map(named);
}

function nameOf({ machines }: Readonly<Record<string, unknown>>, id: string): string {
  const machine = isJsonObject(machines) ? machines[id] : undefined;
  return (isJsonObject(machine) ? readText(machine['name']) : undefined) ?? 'another machine';
}

function readState(path: string): Readonly<Record<string, unknown>> {
  try {
    const version = readVersion(path);
    const json = version.kind === 'absent' ? undefined : parseJsonText(version.content);
    return isJsonObject(json) ? json : {};
  } catch {
    // It cannot be read, or is no JSON. The commands that work with the pool report that.
    return {};
  }
}
