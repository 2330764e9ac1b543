import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import * as z from 'zod/mini';
import { systemErrorCode } from '../errors.js';
import { configFiles, systemDirectory } from './config-files.js';

const list = z.union([z.string(), z.array(z.string())]);
const Layer = z.object({
  cli_auth_credentials_store: z.catch(z.optional(z.string()), undefined),
  forced_chatgpt_workspace_id: z.catch(z.optional(list), undefined),
  forced_login_method: z.catch(z.optional(z.string()), undefined),
});
type Layer = z.infer<typeof Layer>;

/** The keys of the official client's configuration that decide over logins (CODEX.md §2, §3). */
export interface CodexConfig {
  /** The person's own file, there or not. */
  readonly path: string;
  readonly credentialStore: Stated<string>;
  /** Empty: every workspace. */
  readonly forcedWorkspaces: Stated<readonly string[]>;
  readonly forcedLoginMethod: Stated<string | undefined>;
  /** A file that cannot be read; the official client refuses to start with it. */
  readonly problem?: { readonly path: string; readonly message: string };
}

/** A value, and the file that says it; the person's own where none does. */
export interface Stated<T> {
  readonly value: T;
  readonly path: string;
}

export function readCodexConfig(home: string, system = systemDirectory): CodexConfig {
  const path = join(home, 'config.toml');
  const layers: Stated<Layer>[] = [];
  let problem: CodexConfig['problem'];
  for (const file of configFiles(home, system)) {
    try {
      layers.unshift({ path: file, value: Layer.parse(parse(readFileSync(file, 'utf8'))) });
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') problem = { path: file, message: 'it cannot be read as TOML' };
    }
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
    credentialStore: stated((layer) => layer.cli_auth_credentials_store, 'file'),
    forcedWorkspaces: stated((layer) => listOf(layer.forced_chatgpt_workspace_id), []),
    forcedLoginMethod: stated<string | undefined>((layer) => layer.forced_login_method, undefined),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** An empty name restricts nothing. */
function listOf(value: string | readonly string[] | undefined): readonly string[] | undefined {
  const names = typeof value === 'string' ? [value] : value;
  return names?.filter((name) => name !== '');
}
