import { runningClients } from '../codex/clients.js';
import type { HttpRequest } from '../http/client.js';
import { ownerOf } from '../renewal/login-groups.js';
import type { RenewalPolicy } from '../renewal/policy.js';
import { type Preview, previewLoose, previewPooled } from '../renewal/preview.js';
import { failedBy, type Renewal } from '../renewal/renewal.js';
import { type JobResult, type RenewalJob, untried } from './renew-all.js';
import type { Session } from './session.js';

export interface PreviewedJob {
  readonly job: RenewalJob;
  /** What would stay as it is, and why; what would be renewed is in neither map. */
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

/** One request for each refresh token: another account of the same login gets its access token without one. */
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
