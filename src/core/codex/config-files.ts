import { join } from 'node:path';
import { readNow } from '../storage/regular-file.js';

/** What the whole machine is told; absent on most. */
export const systemDirectory = '/etc/codex';

/**
 * The configuration files of the official client, the strongest last: the machine's, the person's, and the one by which
 * an administrator overrides both (all three measured on 0.169.0).
 */
export function configFiles(home: string, system = systemDirectory): string[] {
  return [join(system, 'config.toml'), join(home, 'config.toml'), join(system, 'managed_config.toml')];
}

export interface StoreChoice {
  /** `file`, `keyring`, `auto` or `ephemeral`. */
  readonly mode: string;
  /** The file that says so. */
  readonly path: string;
  /** Whether a login in the keyring is an encrypted file instead; absent: as usual on the platform. */
  readonly encryptsSecrets?: boolean;
}

/**
 * The credential store that the configuration chooses; undefined where it says nothing. Every command asks this, most of
 * them for nothing, so that it does without a TOML parser: it looks for one key above all tables. `config.ts` reads the
 * whole.
 */
export function chosenStore(home: string, system = systemDirectory): StoreChoice | undefined {
  let choice: Omit<StoreChoice, 'encryptsSecrets'> | undefined;
  let encryptsSecrets: boolean | undefined;
  for (const path of configFiles(home, system)) {
    const text = contentOf(path);
    const mode = text.includes(storeKey) ? statedMode(text) : undefined;
    if (mode !== undefined) choice = { mode, path };
    const encrypts = /^\s*(?:features\s*\.\s*)?secret_auth_storage\s*=\s*(true|false)\b/m.exec(text)?.[1];
    if (encrypts !== undefined) encryptsSecrets = encrypts === 'true';
  }
  return choice && (encryptsSecrets === undefined ? choice : { ...choice, encryptsSecrets });
}

const storeKey = 'cli_auth_credentials_store';
const statement = new RegExp(`^[ \\t]*["']?${storeKey}["']?[ \\t]*=[ \\t]*["'](\\w+)["']`, 'm');

function statedMode(text: string): string | undefined {
  const withoutLongStrings = text.replace(/"""[\s\S]*?"""|'''[\s\S]*?'''/g, '""');
  const [top = ''] = withoutLongStrings.split(/^[ \t]*\[/m);
  return statement.exec(top)?.[1];
}

function contentOf(path: string): string {
  try {
    return readNow(path).toString('utf8');
  } catch {
    // Absent, or not for our eyes: then the client, which runs as the same person, does not read it either.
    return '';
  }
}
