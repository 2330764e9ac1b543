import type { Account, TokenSet } from '../accounts/account.js';
import type { LineageCopy } from '../accounts/lineage.js';
import { runningClients } from '../codex/clients.js';
import type { HttpRequest } from '../http/client.js';
import { knownSpent } from '../lineage/lineage-log.js';
import { newest } from '../lineage/newest.js';
import { areTokensOf } from '../lineage/rotation.js';
import { outcomeError } from '../logins/describe-outcome.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { formRefresh } from '../oauth/token-endpoint.js';
import { clientIdOf } from '../provider/foreign-issuer.js';
import { ownerOf } from '../renewal/login-groups.js';
import { assertLoose, newestOfFiles, whyLeadDue } from '../renewal/loose-copies.js';
import { type DueReason, mustReplace, type RenewalPolicy, whyDue } from '../renewal/policy.js';
import { reasonOf } from '../renewal/renew-loose.js';
import type { AccountTarget } from '../renewal/renew-pooled.js';
import { failedBy, type Renewal } from '../renewal/renewal.js';
import { accountOfFile, type FileTarget, whyForeign, withoutForeign } from '../renewal/token-file.js';
import { Secret } from '../secret.js';
import { clientInCharge } from '../spending/client-in-charge.js';
import { type JobResult, type RenewalJob, untried } from './renew-all.js';
import type { Session } from './session.js';

export interface PreviewedJob {
  readonly job: RenewalJob;
  /** What would stay as it is, and why. Accounts and files that would be renewed are in neither map. */
  readonly result: Pick<JobResult, 'accounts' | 'files'>;
  readonly requests: readonly HttpRequest[];
}

/** What renewing would send, with a placeholder for the token; sends and writes nothing (P5). */
export async function previewJob(session: Session, job: RenewalJob, policy: RenewalPolicy): Promise<PreviewedJob> {
  try {
    const previews = await previewsOf(session, job, policy);
    const client = previews.find((each) => each.kind === 'left-to-client');
    const left: Renewal | undefined = client && {
      kind: 'skipped',
      reason: 'left-to-client',
      message: `the official client (pid ${client.pid}) is using it and refreshes it by itself`,
    };
    const requests = previews.flatMap((each) => (each.kind === 'request' ? [each.request] : []));
    return { job, result: untouched(job, left), requests };
  } catch (error) {
    return { job, result: untried(job, failedBy(error)), requests: [] };
  }
}

/** One request for each refresh token: accounts that share it get their tokens from one request. */
async function previewsOf(session: Session, job: RenewalJob, policy: RenewalPolicy): Promise<Preview[]> {
  const { root, home } = session;
  const deps = { root, home, ...session.provider(), settings: session.settings(), runningClients };
  if (job.accounts.length === 0) return [await previewLoose(deps, job.files, policy)];
  const records = job.accounts.map(({ account }) => account);
  const previews: Preview[] = [];
  const spent: typeof records = [];
  for (const target of job.accounts) {
    const { account } = target;
    const own = job.files.filter(({ file }) => ownerOf(file, records)?.id === account.id);
    const isWanted = [target, ...own].some(({ why }) => why !== undefined);
    const isShared = spent.some(({ tokens }) => tokens.refreshToken?.equals(account.tokens.refreshToken) === true);
    if (!isWanted || isShared) continue;
    const preview = await previewPooled(deps, target, own, policy);
    if (preview.kind === 'request') spent.push(account);
    previews.push(preview);
  }
  return previews;
}

function untouched(job: RenewalJob, left: Renewal | undefined): PreviewedJob['result'] {
  const { accounts, files } = untried(job, left);
  if (left !== undefined) return { accounts, files };
  for (const { account, why } of job.accounts) if (why !== undefined) accounts.delete(account.id);
  for (const { file, why } of job.files) if (why !== undefined) files.delete(file.path);
  return { accounts, files };
}

type PreviewDeps = Pick<RefreshDeps, 'root' | 'home' | 'provider' | 'callOptions' | 'runningClients' | 'settings'>;

/** What renewing a login would send, as far as it can be known without asking or writing anything (P5). */
type Preview =
  | { readonly kind: 'request'; readonly request: HttpRequest }
  /** A newer copy is there already. */
  | { readonly kind: 'nothing-to-send' }
  | { readonly kind: 'left-to-client'; readonly pid: number };

const nothing: Preview = { kind: 'nothing-to-send' };

/** For one account, with the newest tokens of `auth.json` and the journal, and the due files of its login. */
async function previewPooled(
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

/** What renewing token files of a login in no pool would send. Throws where the renewal would fail before sending. */
async function previewLoose(
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

/** The request as a renewal would make it, with a placeholder for the token. */
function requestOf({ provider, callOptions }: PreviewDeps, account: Account, why: DueReason): Preview {
  const clientId = clientIdOf(account, provider);
  const grant = { refreshToken: new Secret('[secret]'), reason: reasonOf(why) };
  return { kind: 'request', request: formRefresh({ ...provider, clientId }, grant, callOptions) };
}
