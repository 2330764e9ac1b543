import type { RenewalPolicy } from '../renewal/policy.js';
import { assertOurs } from '../storage/adoption.js';
import { sweepLeftovers } from '../storage/leftovers.js';
import { settleRefusedClients } from './refused-clients.js';
import { isDue, type JobResult, planJobs, type RenewalJob, renewJobs, untried } from './renew-all.js';
import { findTargets, type RenewTargets } from './renewal-targets.js';
import type { Session } from './session.js';

export interface RenewWishes {
  /** Accounts, token files and directories of them; none means every enabled account. */
  readonly targets: readonly string[];
  /** What ends within this many milliseconds is due, instead of the setting's days. */
  readonly beforeMs?: number;
  /** Also what is not due. */
  readonly force?: boolean;
}

export interface RenewPlan {
  readonly targets: RenewTargets;
  readonly policy: RenewalPolicy;
  readonly due: readonly RenewalJob[];
  /** What is not due, as it stays. */
  readonly idle: readonly JobResult[];
}

const dayMs = 86_400_000;

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
