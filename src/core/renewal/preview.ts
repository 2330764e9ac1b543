import type { Account, TokenSet } from '../accounts/account.js';
import type { LineageCopy } from '../accounts/lineage.js';
import type { HttpRequest } from '../http/client.js';
import { clientInCharge } from '../logins/client-in-charge.js';
import { outcomeError } from '../logins/describe-outcome.js';
import { knownSpent } from '../logins/lineage-log.js';
import { newest } from '../logins/newest.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { areTokensOf } from '../logins/rotation.js';
import { formRefresh } from '../oauth/token-endpoint.js';
import { clientIdOf } from '../provider/foreign-issuer.js';
import { Secret } from '../secret.js';
import { assertLoose, newestOfFiles, whyLeadDue } from './loose-copies.js';
import { type DueReason, mustReplace, type RenewalPolicy, whyDue } from './policy.js';
import { reasonOf } from './renew-loose.js';
import type { AccountTarget } from './renew-pooled.js';
import { accountOfFile, type FileTarget, whyForeign, withoutForeign } from './token-file.js';

export type PreviewDeps = Pick<
  RefreshDeps,
  'root' | 'home' | 'provider' | 'callOptions' | 'runningClients' | 'settings'
>;

/** What renewing a login would send, as far as it can be known without asking or writing anything (P5). */
export type Preview =
  | { readonly kind: 'request'; readonly request: HttpRequest }
  /** A newer copy is there already, or its login's request is another account's. */
  | { readonly kind: 'nothing-to-send' }
  | { readonly kind: 'left-to-client'; readonly pid: number };

const nothing: Preview = { kind: 'nothing-to-send' };

/** For one account and the due files of its login. The account has the newest tokens of `auth.json` and the journal. */
export async function previewPooled(
  deps: PreviewDeps,
  { account, why }: AccountTarget,
  files: readonly FileTarget[],
  policy: RenewalPolicy,
): Promise<Preview> {
  const { ours } = withoutForeign(files, deps.provider);
  const own = ours.filter(({ file }) => areTokensOf(account, file.login.tokens));
  const isSpent = knownSpent(deps.root);
  const inFiles = own.map(({ file }): LineageCopy => ({ source: 'import', tokens: file.login.tokens }));
  const { tokens } = newest([{ source: 'pool', tokens: account.tokens }, ...inFiles], { isSpent });
  const copies = [{ why, tokens: account.tokens }, ...own.map((each) => ({ ...each, tokens: each.file.login.tokens }))];
  const replaced = copies.find((copy) => copy.why && mustReplace(copy.why) && isSameAccess(copy.tokens, tokens))?.why;
  const reason = replaced ?? whyDue(tokens, { ...policy, force: false }, deps.root.clock.now());
  if (reason === undefined) return nothing;
  const pid = await clientInCharge(deps, { ...account, tokens });
  return pid === undefined ? requestOf(deps, account, reason) : { kind: 'left-to-client', pid };
}

function isSameAccess({ accessToken }: TokenSet, other: TokenSet): boolean {
  return accessToken?.equals(other.accessToken) === true;
}

/** For token files of one login that is in no pool. Throws what the renewal would fail with before sending anything. */
export async function previewLoose(
  deps: PreviewDeps,
  targets: readonly FileTarget[],
  policy: RenewalPolicy,
): Promise<Preview> {
  const { root, home, provider } = deps;
  const { ours } = withoutForeign(targets, provider);
  const [first] = targets;
  const obstacle = ours.length === 0 && first !== undefined ? whyForeign(first, provider) : undefined;
  if (obstacle !== undefined) {
    throw outcomeError(obstacle);
  }
  const files = ours.map(({ file }) => file);
  await assertLoose(root, home, files);
  const lead = newestOfFiles(root, files);
  const reason = whyLeadDue(lead, files, policy, root.clock.now());
  return reason === undefined ? nothing : requestOf(deps, accountOfFile(lead.file), reason);
}

/** Formed by what would form it, around a token that is none. */
function requestOf({ provider, callOptions }: PreviewDeps, account: Account, why: DueReason): Preview {
  const clientId = clientIdOf(account, provider);
  const grant = { refreshToken: new Secret('[secret]'), reason: reasonOf(why) };
  return { kind: 'request', request: formRefresh({ ...provider, clientId }, grant, callOptions) };
}
