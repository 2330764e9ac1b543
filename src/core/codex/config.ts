import { join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { isText } from '../json-values.js';
import { describe } from '../storage/file-errors.js';
import { readNow } from '../storage/regular-file.js';
import { configFiles, mentionsStore, systemDirectory } from './config-files.js';
import { loadTomlLibrary } from './toml-library.js';

/** What one file says; a value of another type says nothing. */
interface Layer {
  readonly credentialStore: string | undefined;
  readonly encryptsSecrets: boolean | undefined;
  readonly forcedWorkspaces: readonly string[] | undefined;
  readonly forcedLoginMethod: string | undefined;
}

function layerIn(file: JsonObject): Layer {
  const { cli_auth_credentials_store: store, forced_login_method: method, features } = file;
  const encrypts = isJsonObject(features) ? features['secret_auth_storage'] : undefined;
  return {
    credentialStore: isText(store) ? store : undefined,
    encryptsSecrets: typeof encrypts === 'boolean' ? encrypts : undefined,
    forcedWorkspaces: listIn(file['forced_chatgpt_workspace_id']),
    forcedLoginMethod: isText(method) ? method : undefined,
  };
}

/**
 * The keys of the official client's configuration that decide over logins (official-client.md#credential-store,
 * official-client.md#restrictions).
 */
export interface CodexConfig {
  /** The person's own file, there or not. */
  readonly path: string;
  readonly credentialStore: Stated<string>;
  /** Whether a login in the keyring is an encrypted file instead; undefined: as usual on the platform. */
  readonly encryptsSecrets: Stated<boolean | undefined>;
  /** Empty: every workspace. */
  readonly forcedWorkspaces: Stated<readonly string[]>;
  readonly forcedLoginMethod: Stated<string | undefined>;
  readonly problem?: ConfigProblem;
}

/** A file that cannot be read; the official client (measured on 0.169.0) refuses to start with it. */
export interface ConfigProblem {
  readonly path: string;
  /** A clause that goes on from the path, such as `is no TOML in line 3`. */
  readonly message: string;
  /** The file restricts logins, and nobody can tell how. */
  readonly hidesRestrictions: boolean;
  /** The file may say where the client keeps its login. */
  readonly hidesStore: boolean;
}

/** A value, and the file that says it; the person's own where none does. */
export interface Stated<T> {
  readonly value: T;
  readonly path: string;
}

export function readCodexConfig(home: string, system = systemDirectory): CodexConfig {
  const path = join(home, 'config.toml');
  const layers: Stated<Layer>[] = [];
  let problem: ConfigProblem | undefined;
  for (const file of configFiles(home, system)) {
    const read = readLayer(file);
    if (read.value !== undefined) layers.unshift({ path: file, value: read.value });
    else if (read.problem !== undefined) problem = together(problem, read.problem);
  }
  function stated<T>(read: (layer: Layer) => T | undefined, preset: T): Stated<T> {
    for (const layer of layers) {
      const value = read(layer.value);
      if (value !== undefined) return { value, path: layer.path };
    }
    return { value: preset, path };
  }
  return {
    path,
    credentialStore: stated((layer) => layer.credentialStore, 'file'),
    encryptsSecrets: stated<boolean | undefined>((layer) => layer.encryptsSecrets, undefined),
    forcedWorkspaces: stated((layer) => layer.forcedWorkspaces, []),
    forcedLoginMethod: stated<string | undefined>((layer) => layer.forcedLoginMethod, undefined),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Names the first file that hides restrictions, or else the last file; the store is hidden if either hides it. */
function together(known: ConfigProblem | undefined, found: ConfigProblem): ConfigProblem {
  const named = known?.hidesRestrictions === true ? known : found;
  return { ...named, hidesStore: known?.hidesStore === true || found.hidesStore };
}

/** Neither a value nor a problem where there is no such file. */
function readLayer(path: string): { readonly value?: Layer; readonly problem?: ConfigProblem } {
  let text = '';
  try {
    text = readNow(path).toString('utf8');
    return { value: layerIn(loadTomlLibrary().parse(text)) };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return {};
    const hidesRestrictions = text.includes('forced_login_method') || text.includes('forced_chatgpt_workspace_id');
    return { problem: { path, message: whyUnread(error), hidesRestrictions, hidesStore: mentionsStore(text) } };
  }
}

/** Never quotes the line itself, which may hold somebody's key. */
function whyUnread(error: unknown): string {
  if (error instanceof loadTomlLibrary().TomlError) return `is no TOML in line ${error.line}`;
  return systemErrorCode(error) === undefined ? 'is no TOML' : `cannot be read: ${describe(error)}`;
}

/** An empty name restricts nothing. */
function listIn(value: unknown): readonly string[] | undefined {
  const names = isText(value) ? [value] : value;
  return Array.isArray(names) && names.every(isText) ? names.filter((name) => name !== '') : undefined;
}
