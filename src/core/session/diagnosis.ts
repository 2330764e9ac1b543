import { applyRepairs, type RepairDeps, type Repaired } from '../diagnostics/apply.js';
import { checks } from '../diagnostics/catalogue.js';
import { type CheckRow, rowOf } from '../diagnostics/finding.js';
import { planRepairs, type Repair } from '../diagnostics/repair.js';
import { gatherWorld, type Surroundings } from '../diagnostics/world/gather.js';
import { homeOf } from '../environment.js';
import { AppError } from '../errors.js';
import { findHomes } from '../homes/known-homes.js';
import { withStore } from '../logins/with-store.js';
import { loginPorts } from '../oauth/loopback-port.js';
import { printable } from '../printable.js';
import { resolveProvider } from '../provider/provider.js';
import { assertOurs } from '../storage/adoption.js';
import { refreshDeps } from './backend-access.js';
import { setupPlace } from './places.js';
import { expectLongRead } from './selection.js';
import { type Session, whileWaiting } from './session.js';
import { shareDeps } from './share-access.js';

export interface DiagnosisWishes {
  /** Repair what can be repaired. Without it nothing is changed, apart from `forgetHome`. */
  readonly fix?: boolean;
  /** With `fix`: only say what it would do. */
  readonly dryRun?: boolean;
  /** Leave out what needs the network. */
  readonly offline?: boolean;
  /** The id of a home that is gone for good. */
  readonly forgetHome?: string;
}

export interface Diagnosis {
  /** What was found; where repairs were made, what is found after them. */
  readonly rows: readonly CheckRow[];
  /** What is still to be repaired. */
  readonly plan: readonly Repair[];
  /** Where repairs were made: what was found before, and what became of each. */
  readonly repairs?: { readonly before: readonly CheckRow[]; readonly repaired: readonly Repaired[] };
}

/**
 * Looks at everything the logins depend on, and repairs it with `fix`. Throws `usage` where `forgetHome` names no home
 * that cannot be read, and with `fix` the session's `misplacement`, or a `storage-` error for a root of another user.
 */
export async function diagnose(session: Session, wishes: DiagnosisWishes): Promise<Diagnosis> {
  if (wishes.fix === true && session.misplacement !== undefined) throw session.misplacement;
  if (wishes.forgetHome !== undefined) await forgetHome(session, wishes.forgetHome);
  const surroundings = await surroundingsOf(session, wishes);
  expectLongRead(session, undefined);
  const { rows: before, settings } = await whileWaiting(session, 'Looking at everything', inspect(surroundings));
  const plan = planRepairs(before.flatMap(repairsOf));
  if (wishes.fix !== true || wishes.dryRun === true || plan.length === 0) return { rows: before, plan };
  assertOurs(session.root);
  const { settingsFile } = surroundings;
  const deps = { ...(await refreshDeps(session, { settings })), settings, settingsFile };
  const repairing = repairUntilSettled(deps, plan, surroundings);
  const { rows, repaired } = await whileWaiting(session, 'Repairing', repairing);
  return { rows, plan: planRepairs(rows.flatMap(repairsOf)), repairs: { before, repaired } };
}

async function forgetHome({ root, signal, home }: Session, wanted: string): Promise<void> {
  const { unreachable } = findHomes(root, home);
  const ids = unreachable.map(({ id }) => id);
  if (!ids.includes(wanted)) {
    const hint = ids.length === 0 ? 'codex-auth doctor' : `codex-auth doctor --forget-home ${ids[0]}`;
    throw new AppError('usage', `no home that cannot be read now is called ${printable(wanted)}`, { hint });
  }
  await withStore(root, { signal }, (store) => store.changeHomes((homes) => homes.filter(({ id }) => id !== wanted)));
}

/** A file that could not be read hides what is wrong in it, so one repair can make another one possible. */
const maxRounds = 3;

async function repairUntilSettled(deps: RepairDeps, plan: readonly Repair[], surroundings: Surroundings) {
  const repaired: Repaired[] = [];
  let due = plan;
  for (let round = 1; ; round += 1) {
    repaired.push(...(await applyRepairs(deps, due)));
    const { rows } = await inspect(surroundings);
    const tried = repaired.map(({ repair }) => JSON.stringify(repair));
    due = planRepairs(rows.flatMap(repairsOf)).filter((repair) => !tried.includes(JSON.stringify(repair)));
    if (due.length === 0 || round === maxRounds || deps.signal.aborted) return { rows, repaired };
  }
}

async function surroundingsOf(session: Session, { offline }: DiagnosisWishes): Promise<Surroundings> {
  const { root, home, environment, platform, signal, http: openHttp, proxyFor, version } = session;
  const base = {
    root,
    home,
    cwd: session.cwd(),
    misplacement: session.misplacement,
    personHome: homeOf(environment) ?? '/',
    settingsFile: session.settingsFile,
    environment: environment.raw,
    platform,
    loginPorts: loginPorts(environment).filter((port) => port > 0),
    shells: setupPlace(session),
    version,
    signal,
    provider: resolveProvider(environment),
    proxyFor,
  };
  if (offline === true) return base;
  // This warns where requests do not go to the official provider.
  const { callOptions } = session.provider();
  const askShare = async () => {
    const { inspectShare } = await import('../sharing/inspect.js');
    return inspectShare(shareDeps(session), callOptions.deadlineMs);
  };
  return { ...base, network: { openHttp, userAgent: callOptions.userAgent, askShare } };
}

async function inspect(surroundings: Surroundings) {
  const world = await gatherWorld(surroundings);
  return { rows: checks.map((check) => rowOf(check, world)), settings: world.settings };
}

function repairsOf({ problems }: CheckRow): Repair[] {
  return problems.flatMap(({ repair }) => (repair === undefined ? [] : [repair]));
}
