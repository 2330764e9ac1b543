import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import * as z from 'zod/mini';
import { systemErrorCode } from '../../errors.js';

const list = z.union([z.string(), z.array(z.string())]);
const Config = z.object({
  cli_auth_credentials_store: z.catch(z.optional(z.string()), undefined),
  forced_chatgpt_workspace_id: z.catch(z.optional(list), undefined),
  forced_login_method: z.catch(z.optional(z.string()), undefined),
});

/** The keys of the official client's `config.toml` that decide over logins (CODEX.md §2, §3). */
export interface CodexConfig {
  readonly path: string;
  readonly credentialStore: string;
  readonly forcedWorkspaces: readonly string[];
  readonly forcedLoginMethod: string | undefined;
  readonly problem?: string;
}

const fileStore = 'file';

export function readCodexConfig(home: string): CodexConfig {
  const path = join(home, 'config.toml');
  const nothing = { path, credentialStore: fileStore, forcedWorkspaces: [], forcedLoginMethod: undefined };
  try {
    const config = Config.parse(parse(readFileSync(path, 'utf8')));
    const forced = config.forced_chatgpt_workspace_id ?? [];
    return {
      path,
      credentialStore: config.cli_auth_credentials_store ?? fileStore,
      forcedWorkspaces: typeof forced === 'string' ? [forced] : forced,
      forcedLoginMethod: config.forced_login_method,
    };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return nothing;
    return { ...nothing, problem: 'it cannot be read as TOML' };
  }
}
