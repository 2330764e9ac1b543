import { join } from 'node:path';
import { readNow } from '../storage/regular-file.js';

/** The configuration of the whole machine; most machines have none. */
export const systemDirectory = '/etc/codex';

/**
 * The configuration files of the official client, the strongest last: the machine's, the person's, and the one by which
 * an administrator overrides both (all three measured on 0.169.0).
 */
export function configFiles(home: string, system = systemDirectory): string[] {
  return [join(system, 'config.toml'), join(home, 'config.toml'), join(system, 'managed_config.toml')];
}

/** A key in quotes may be written with escapes. */
const storeKey = /cli_auth_credentials_store|\\[uUx]/;
const restrictingKey = /forced_login_method|forced_chatgpt_workspace_id|\\[uUx]/;

/**
 * Whether a file may choose another credential store than the default; `false` is certain. Works without a TOML parser,
 * because every command asks.
 */
export function mayChooseStore(home: string, system = systemDirectory): boolean {
  return configFiles(home, system).some((path) => mentionsStore(contentOf(path)));
}

/** Whether a file may restrict logins, asked at every `run`. A file that is no TOML may, where it has such a key. */
export function mayRestrictLogins(home: string, system = systemDirectory): boolean {
  return configFiles(home, system).some((path) => restrictingKey.test(contentOf(path)));
}

export function mentionsStore(toml: string): boolean {
  return storeKey.test(toml);
}

function contentOf(path: string): string {
  try {
    return readNow(path).toString('utf8');
  } catch {
    // Absent, or closed to us: then the client, which runs as the same person, cannot read it either.
    return '';
  }
}
