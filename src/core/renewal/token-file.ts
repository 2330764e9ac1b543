import type { Account } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { foreignIssuerOfFile } from '../provider/foreign-issuer.js';
import type { Provider } from '../provider/provider.js';
import { type PresentVersion, readVersion } from '../storage/atomic-file.js';
import {
  type FlatLogin,
  type FlatRefusal,
  flatRefusals,
  parseFlatTokenFile,
  type RenewableFlatLogin,
} from '../token-files/flat-token-file.js';
import { parseLogins } from '../transfer/parse-logins.js';
import type { DueReason } from './policy.js';
import { failedBy, notDue, ofOutcome, type Renewal } from './renewal.js';

/** A flat token file as it stood when it was read. */
export interface TokenFile {
  /** As the person called it. */
  readonly name: string;
  /** The path of the file itself, behind any symlink. */
  readonly path: string;
  readonly version: PresentVersion;
  readonly login: RenewableFlatLogin;
}

/**
 * Throws `storage-unreadable` when it cannot be read, and `usage` or `storage-corrupt` when it is no token file. The
 * message says “it” for the file: the caller that shows the message names the file.
 */
export function readTokenFile({ name, path }: Pick<TokenFile, 'name' | 'path'>): TokenFile {
  const version = readVersion(path);
  if (version.kind === 'absent') throw new AppError('storage-unreadable', 'it is not there any more');
  const file = version.isText ? parseFlatTokenFile(version.content) : ({ kind: 'refused', reason: 'no-json' } as const);
  if (file.kind === 'refused') throw refusal(name, version.content, file.reason);
  if (!isRenewable(file.login)) throw refusal(name, version.content, 'no-refresh-token');
  return { name, path, version, login: file.login };
}

function isRenewable(login: FlatLogin): login is RenewableFlatLogin {
  return login.tokens.refreshToken !== undefined;
}

/** The formats that a token file could be mistaken for have a command of their own. */
function refusal(name: string, content: string, reason: FlatRefusal): AppError {
  const format = reason === 'other-content' ? parseLogins(content).logins[0]?.place.format : undefined;
  if (format === 'codex') {
    return new AppError('usage', 'it is a login file of the official client, which renew leaves alone', {
      hint: `codex-auth import ${name}, then codex-auth renew`,
    });
  }
  if (format === 'pool') {
    return new AppError('usage', 'it is a pool of accounts', {
      hint: `codex-auth import ${name}, then codex-auth renew`,
    });
  }
  return new AppError('storage-corrupt', `it ${flatRefusals[reason]}`);
}

/** What stands for the account of a token file that is in no pool, in locks and in the journal. */
const looseId = 'token-file';

/** The login of a file as an account, for the rules that are about accounts. It is never stored. */
export function accountOfFile({ login }: TokenFile): Account {
  return { id: looseId, enabled: true, raw: {}, ...definedOnly(login.identity), tokens: login.tokens };
}

/** A token file, and why it is to be renewed; without a reason it only gets what its login gets anyway. */
export interface FileTarget {
  readonly file: TokenFile;
  readonly why: DueReason | undefined;
}

/** By the path of the file. */
export type FileRenewals = Map<string, Renewal>;

/** `renewal` for every file that is due; the others stay as they are. */
export function dueOnly(targets: readonly FileTarget[], renewal?: Renewal): FileRenewals {
  return new Map(
    targets.map(({ file, why }) => {
      const own = why === undefined ? undefined : renewal;
      return [file.path, own ?? notDue(file.login.tokens)];
    }),
  );
}

/** Reads the files again under the lock, where no other process of ours can change them. */
export function readAgain(targets: readonly FileTarget[]): {
  readonly present: FileTarget[];
  readonly unreadable: FileRenewals;
} {
  const present: FileTarget[] = [];
  const unreadable: FileRenewals = new Map();
  for (const { file, why } of targets) {
    try {
      present.push({ file: readTokenFile(file), why });
    } catch (error) {
      unreadable.set(file.path, failedBy(error));
    }
  }
  return { present, unreadable };
}

/**
 * Why a file is left alone whose tokens another provider issued than the configured one: they are sent to nobody else
 * (P20), and never count as the newest copy of a login.
 */
export function whyForeign({ file }: { readonly file: TokenFile }, provider: Provider): RefreshOutcome | undefined {
  const account = accountOfFile(file);
  const issuer = foreignIssuerOfFile(account, provider);
  return issuer === undefined ? undefined : { kind: 'issuer-mismatch', account, issuer };
}

/** The files that may be renewed, and what becomes of the others. */
export function withoutForeign(
  targets: readonly FileTarget[],
  provider: Provider,
): { readonly ours: FileTarget[]; readonly foreign: FileRenewals } {
  const ours: FileTarget[] = [];
  const foreign: FileRenewals = new Map();
  for (const target of targets) {
    const outcome = whyForeign(target, provider);
    if (outcome === undefined) ours.push(target);
    else for (const [path, renewal] of dueOnly([target], ofOutcome(outcome))) foreign.set(path, renewal);
  }
  return { ours, foreign };
}
