import { AppError } from '../errors.js';
import { readVersion } from './atomic-file.js';
import { parseJson } from './scope-files.js';
import { record } from './tolerant.js';

/** The person's choices as stored: `{version: 1, pluginConfig: {…}}`; keys that are not ours are kept. */
export interface SettingsFile {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Throws `storage-corrupt` or `storage-unreadable` naming the file; an absent file has no values. */
export function readSettingsFile(path: string): SettingsFile {
  const version = readVersion(path);
  if (version.kind === 'absent') return { raw: {}, values: {} };
  const raw = record.safeParse(parseJson(path, version.content));
  if (!raw.success) throw notSettings(path);
  const values = record.safeParse(raw.data['pluginConfig'] ?? {});
  if (!values.success) throw notSettings(path);
  return { raw: raw.data, values: values.data };
}

function notSettings(path: string): AppError {
  return new AppError('storage-corrupt', `${path} is damaged: it holds no settings`, {
    hint: 'correct it, or move it away to use the defaults',
    details: { path },
  });
}
