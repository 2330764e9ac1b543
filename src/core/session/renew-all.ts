import type { Account } from '../accounts/account.js';
import { dayMs } from '../duration.js';
import { refuseInvalidProxy } from '../http/proxy-description.js';
import { readBesideRecords, withNewestTokens } from '../lineage/beside-records.js';
import { fingerprint } from '../lineage/journal.js';
import { knownSpent } from '../lineage/lineage-log.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import { groupLogins } from '../renewal/login-groups.js';
import { type DueReason, type RenewalPolicy, whyDue, whyFileDue } from '../renewal/policy.js';
import type { AccountTarget } from '../renewal/renew-pooled.js';
import { failedBy, notDue, type Renewal } from '../renewal/renewal.js';
import { accountOfFile, dueOnly, type FileTarget, type TokenFile } from '../renewal/token-file.js';
import { assertOurs } from '../storage/adoption.js';
import { sweepLeftovers } from '../storage/leftovers.js';
import { askAll, type Blocker } from './ask-all.js';
import { refreshDeps } from './backend-access.js';
import { settleRefusedClients } from './refused-clients.js';
import { type AskedFile, findTargets, type RenewTargets } from './renewal-targets.js';
import type { Session } from './session.js';

/** Accounts and token files that are renewed together, because they have one login. */
export interface RenewalJob {
  /** For messages, and to tell jobs apart. */
  readonly account: Account;
  readonly accounts: readonly AccountTarget[];
  readonly files: readonly FileTarget[];
}

/** What became of a job: accounts by id, files by path. */
export interface JobResult {
  readonly accounts: Map<string, Renewal>;
  readonly files: Map<string, Renewal>;
  readonly outcomes: readonly RefreshOutcome[];
}

function planJobs(session: Session, { accounts, files }: RenewTargets, policy: RenewalPolicy): RenewalJob[] {
  const { root, home, clock } = session;
  const stored = recordsOf(readAllScopes(root.paths));
  const beside = readBesideRecords(root, home, stored);
  const records = stored.map((each) => withNewestTokens(each, beside));
  const asked = accounts.map(({ account }) => account);
  const groups = groupLogins(
    asked,
    files.flatMap(({ file }) => file ?? []),
    records,
  );
  const now = clock.now();
  const isSpent = knownSpent(root);
  const isAnswered = (print: string) => beside.journal.some(({ header, answer }) => answer && header.spent === print);
  const resting = new Set(files.filter(isResting).map(({ path }) => path));

  function whyDueFile({ path, login: own }: TokenFile): DueReason | undefined {
    const { refreshToken } = own.tokens;
    if (isSpent(refreshToken) || isAnswered(fingerprint(refreshToken.reveal()))) return 'outdated';
    return resting.has(path) ? undefined : whyFileDue(own, policy, now);
  }

  return groups.flatMap((group) => {
    const targets = group.files.map((file) => ({ file, why: whyDueFile(file) }));
    const owners = group.accounts.map((account) => ({
      account,
      why: asked.some(({ id }) => id === account.id) ? whyDue(account.tokens, policy, now) : undefined,
    }));
    const account = group.accounts[0] ?? (group.files[0] && accountOfFile(group.files[0]));
    return account === undefined ? [] : [{ account, accounts: owners, files: targets }];
  });
}

/** A file that says it is disabled is left alone, unless it was named itself. */
export function isResting({ file, isNamed }: AskedFile): boolean {
  return file?.login.isDisabled === true && !isNamed;
}

function isDue({ accounts, files }: RenewalJob): boolean {
  return [...accounts, ...files].some(({ why }) => why !== undefined);
}

/** The result where nothing was tried: `failure` for what was due, "not due" for the rest. */
export function untried({ accounts, files }: RenewalJob, failure?: Renewal): JobResult {
  const result = ({ account, why }: AccountTarget) =>
    (why === undefined ? undefined : failure) ?? notDue(account.tokens);
  return {
    accounts: new Map(accounts.map((each) => [each.account.id, result(each)])),
    files: dueOnly(files, failure),
    outcomes: [],
  };
}

/** Renews several logins at once. */
async function renewJobs(session: Session, jobs: readonly RenewalJob[], policy: RenewalPolicy): Promise<JobResult[]> {
  const { renewLoose } = await import('../renewal/renew-loose.js');
  const { renewPooled } = await import('../renewal/renew-pooled.js');
  const deps = await refreshDeps(session);
  // An unusable setting is a mistake in the command line, not what became of an account.
  refuseInvalidProxy(await session.proxyFor(deps.provider.issuer));
  return askAll<RenewalJob, JobResult>(session, jobs, {
    title: 'Renewing',
    async ask(job) {
      if (job.accounts.length > 0) return renewPooled(deps, job, policy);
      return { accounts: new Map(), files: await renewLoose(deps, job.files, policy), outcomes: [] };
    },
    failed: (job, { error }) => untried(job, failedBy(error)),
    isSilence: ({ accounts, files }) => [...accounts.values(), ...files.values()].every(isSilent),
    inTheWay: ({ accounts, files }) => [...accounts.values(), ...files.values()].flatMap(blockerOf)[0],
  });
}

const blockerCodes = ['region', 'challenge', 'intercepted'] as const;
const silentCodes = ['offline', 'timeout', 'unknown-outcome', ...blockerCodes];

function blockerOf(renewal: Renewal): Blocker[] {
  if (renewal.kind !== 'failed') return [];
  const code = blockerCodes.find((each) => each === renewal.problem.code);
  return code === undefined ? [] : [{ ...renewal.problem, code }];
}

function isSilent(renewal: Renewal): boolean {
  return renewal.kind === 'failed' && silentCodes.includes(renewal.problem.code);
}

export interface RenewWishes {
  /** Accounts, token files and directories of them; none means every enabled account. */
  readonly targets: readonly string[];
  /** A login that ends within this many milliseconds is due; by default the setting `renewBeforeDays` decides. */
  readonly beforeMs?: number;
  /** Renew also what is not due. */
  readonly force?: boolean;
}

export interface RenewPlan {
  readonly targets: RenewTargets;
  readonly policy: RenewalPolicy;
  readonly due: readonly RenewalJob[];
  /** The results of the jobs in which nothing is due. */
  readonly idle: readonly JobResult[];
}

/** What would be renewed; `isReading` leaves everything on disk as it is. */
export async function planRenewal(
  session: Session,
  { targets: names, beforeMs, force }: RenewWishes,
  isReading: boolean,
): Promise<RenewPlan> {
  const policy = { beforeMs: beforeMs ?? session.settings().renewBeforeDays * dayMs, force: force === true };
  const targets = await findTargets(session, names, isReading);
  const jobs = planJobs(session, targets, policy);
  const idle = jobs.filter((job) => !isDue(job)).map((job) => untried(job));
  return { targets, policy, due: jobs.filter(isDue), idle };
}

export interface Renewed {
  readonly targets: RenewTargets;
  readonly results: readonly JobResult[];
}

/** Refreshes what ends soon: accounts, and the token files of other tools in place. Throws where no target was found. */
export async function renew(session: Session, wishes: RenewWishes): Promise<Renewed> {
  const { root, home } = session;
  assertOurs(root);
  sweepLeftovers(root, home.authFile);
  const { targets, policy, due, idle } = await planRenewal(session, wishes, false);
  const results = due.length === 0 ? [] : await renewJobs(session, due, policy);
  await settleRefusedClients(
    session,
    results.flatMap((each) => each.outcomes),
  );
  return { targets, results: [...idle, ...results] };
}
