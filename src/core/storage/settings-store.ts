import type { SettingName, SettingValue } from '../settings.js';
import { assertOurs } from './adoption.js';
import { makePrivateDirectory, readVersion } from './atomic-file.js';
import { withLock } from './file-lock.js';
import { replaceJson } from './json-file.js';
import type { Root } from './root.js';
import { readSettingsFile } from './settings-file.js';

const settingsWaitMs = 10_000;

/** Sets or, without a value, unsets one setting in a file; everything else in it stays. Returns whether it changed. */
export async function updateSettingsFile(
  root: Root,
  path: string,
  name: SettingName,
  value: SettingValue | undefined,
  signal?: AbortSignal,
): Promise<boolean> {
  assertOurs(root);
  makePrivateDirectory(root.paths.root);
  const { clock, processes, paths, onWaiting } = root;
  const options = { directory: paths.locks, clock, processes, onWaiting, waitMs: settingsWaitMs, signal };
  return withLock('store', options, (lock) => {
    const version = readVersion(path);
    const { raw, values } = readSettingsFile(path);
    if (isSame(values[name], value)) return false;
    const { [name]: _, ...others } = values;
    const pluginConfig = value === undefined ? others : { ...values, [name]: value };
    replaceJson(root, lock, path, version, { version: 1, ...raw, pluginConfig });
    return true;
  });
}

function isSame(a: unknown, b: SettingValue | undefined): boolean {
  return a === b || (typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
}
