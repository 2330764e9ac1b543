import { isClientName } from '../codex/client-program.js';
import { readCodexConfig } from '../codex/config.js';
import { systemDirectory } from '../codex/config-files.js';
import { codexHomeAt } from '../codex/home.js';
import { AppError } from '../errors.js';
import type { Runnable } from './runnable.js';

const useFile = ['-c', 'cli_auth_credentials_store="file"'];

/**
 * A keyring has one entry for each home, and no links between them, so that in a private home the login is always in a file.
 * Where the configuration, which is shared, says otherwise, the client has to be told; anything else that may start one
 * cannot be. Throws `not-allowed` then.
 */
export function withFileStore(runnable: Runnable, shares: string): Runnable {
  if (codexHomeAt(shares).otherStore === undefined) return runnable;
  const { path } = readCodexConfig(shares).credentialStore;
  const isManaged = path.startsWith(systemDirectory) && path.endsWith('managed_config.toml');
  if (isClientName(runnable.name) && !isManaged) return { ...runnable, arguments: [...useFile, ...runnable.arguments] };
  const message = isManaged
    ? `${path} makes the official client keep its login in the keyring, which holds one for each home`
    : `the official client keeps its login in the keyring, and ${runnable.name} would start it without knowing that this one is in a file`;
  throw new AppError('not-allowed', message, {
    hint: isManaged
      ? 'ask whoever manages this machine'
      : `run the client itself, or set cli_auth_credentials_store = "file" in ${path}, then sign in or switch again`,
    details: { path },
  });
}
