import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { foreignIssuerOfFile } from '../provider/foreign-issuer.js';
import type { Provider } from '../provider/provider.js';
import { dueOnly, type FileRenewals, type FileTarget } from './file-target.js';
import { ofOutcome } from './renewal.js';
import { accountOfFile, type TokenFile } from './token-file.js';

/**
 * Why a file is left alone whose tokens another provider issued than the configured one: they are sent to nobody else
 * (P20), and are nobody's newest copy.
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
