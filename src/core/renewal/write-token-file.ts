import type { TokenSet } from '../accounts/account.js';
import { AppError } from '../errors.js';
import type { Secret } from '../secret.js';
import { isSameVersion, readVersion, replaceFile } from '../storage/atomic-file.js';
import { keepAside } from '../storage/kept.js';
import type { Root } from '../storage/root.js';
import { patchFlatTokenFile } from '../token-files/flat-token-file.js';
import { readTokenFile, type TokenFile } from './token-file.js';

export interface FileWrite {
  readonly file: TokenFile;
  readonly tokens: Partial<TokenSet>;
  /** Whether a refresh token is of no use to anybody any more; any other that has to make way is kept. */
  readonly isSpent: (token: Secret) => boolean;
}

const attempts = 3;

/**
 * Puts newer tokens into a token file and leaves everything else in it as it stands: atomically, 0600, through a
 * symlink, and only over what was read (P9). Where somebody changed something else in it meanwhile, that is kept; where
 * they changed the login, it is theirs. Throws `storage-conflict` or `storage-write-failed` with the file untouched.
 */
export function writeTokenFile(root: Root, { file, tokens, isSpent }: FileWrite): void {
  let current = file;
  for (let attempt = 1; ; attempt += 1) {
    const { path, version, login } = current;
    const held = login.tokens.refreshToken;
    const isLost = !held.equals(tokens.refreshToken) && !isSpent(held);
    if (attempt === 1 && isLost) keepAside(root, 'replaced-token-file', version.bytes);
    try {
      const guard = () => assertUnchanged(current);
      // Before anything is made: a directory that has gone is not ours to bring back.
      guard();
      replaceFile({ path, content: patchFlatTokenFile(version.content, tokens), guard }, root.processes);
      return;
    } catch (error) {
      const isConflict = error instanceof AppError && error.code === 'storage-conflict';
      if (!isConflict || attempt === attempts) throw error;
      const now = readTokenFile(file);
      if (!now.login.tokens.refreshToken.equals(held)) throw error;
      current = now;
    }
  }
}

function assertUnchanged({ name, path, version }: TokenFile): void {
  if (isSameVersion(readVersion(path), version)) return;
  throw new AppError('storage-conflict', 'another program changed it at the same moment', {
    hint: `codex-auth renew ${name}`,
    details: { path },
  });
}
