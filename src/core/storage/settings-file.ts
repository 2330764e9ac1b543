import { AppError } from '../errors.js';
import { isJsonObject } from '../json-object.js';
import { readVersion } from './atomic-file.js';
import { parseJson } from './json-file.js';
import { readNumber } from './tolerant.js';

/** The person's choices as stored: `{version: 1, pluginConfig: {…}}`; keys that are not ours are kept. */
export interface SettingsFile {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * The settings in the file that `--config` names, else in the root's own. Throws `usage` for a named file that does not
 * exist, because its settings were meant to count; otherwise throws as {@link readSettingsFile}.
 */
export function readSettings(named: string | undefined, standard: string): SettingsFile {
  if (named === undefined || readVersion(named).kind === 'present') return readSettingsFile(named ?? standard);
  throw new AppError('usage', `--config names ${named}, which does not exist`, {
    hint: `codex-auth config set <name> <value> --config ${named}  (makes it)`,
    details: { path: named },
  });
}

/** Throws `storage-corrupt` or `storage-unreadable` naming the file; an absent file has no values. */
export function readSettingsFile(path: string): SettingsFile {
  const file = readVersion(path);
  if (file.kind === 'absent') return { raw: {}, values: {} };
  const raw = parseJson(path, file.content, correctIt);
  if (!isJsonObject(raw)) throw notSettings(path);
  const version = readNumber(raw['version']) ?? 1;
  if (version > 1) throw newerSettings(path, version);
  const values = raw['pluginConfig'] ?? {};
  if (!isJsonObject(values)) throw notSettings(path);
  return { raw, values };
}

const correctIt = 'correct it, or move it away to use the defaults';

function notSettings(path: string): AppError {
  return new AppError('storage-corrupt', `${path} is damaged: it holds no settings`, {
    hint: correctIt,
    details: { path },
  });
}

function newerSettings(path: string, version: number): AppError {
  return new AppError('storage-newer-version', `${path} has version ${version}, newer than this program`, {
    hint: 'update codex-auth; the file is untouched',
    details: { path, version },
  });
}
