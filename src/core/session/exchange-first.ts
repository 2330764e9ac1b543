import { existsSync } from 'node:fs';
import type { Custody } from '../logins/refresh-deps.js';
import type { ExchangeReport } from '../sharing/exchange-report.js';
import type { Session } from './session.js';

// Most people have one machine: the modules of the shared pool are loaded only where `share.json` exists.

/** Whether this root takes part in a shared pool. */
export function isShared({ root }: Pick<Session, 'root'>): boolean {
  return existsSync(root.paths.share);
}

/** Who may refresh the logins of this root; undefined where they are shared with no other machine. */
export async function custodyOf(session: Session): Promise<Custody | undefined> {
  if (!isShared(session)) return undefined;
  const [{ shareCustody }, { shareDeps }] = await Promise.all([
    import('../sharing/share-custody.js'),
    import('./share-access.js'),
  ]);
  return shareCustody(shareDeps(session));
}

/** An exchange that is not older than this is new enough for a command that runs once. */
const usualAgeMs = 60_000;
/** A database that does not answer delays a command by no more than this. */
const patienceMs = 4_000;

/**
 * Takes over what other machines know before a command looks at the accounts, where the last exchange is old. Without
 * the database the command goes on with the copies here, and a warning says how old they are. Undefined if nothing was
 * due.
 */
export async function exchangeFirst(session: Session, maxAgeMs = usualAgeMs): Promise<ExchangeReport | undefined> {
  if (!isShared(session)) return undefined;
  const [{ exchangeIfStale }, { shareDeps }] = await Promise.all([
    import('../sharing/exchange.js'),
    import('./share-access.js'),
  ]);
  const deps = shareDeps(session);
  const report = await session.uninterrupted(() => exchangeIfStale(deps, { maxAgeMs, deadlineMs: patienceMs }));
  for (const { message, hint } of report?.notices ?? []) {
    session.warn(hint === undefined ? message : `${message}: ${hint}`);
  }
  if (report?.problem !== undefined) session.warn(`${report.problem.message}; ${await ageOfCopies(session)}`);
  return report;
}

async function ageOfCopies({ root, clock }: Session): Promise<string> {
  const [{ readShare }, { durationText }] = await Promise.all([
    import('../sharing/share-file.js'),
    import('../duration.js'),
  ]);
  const lastExchangeAt = readShare(root)?.lastExchangeAt;
  if (lastExchangeAt === undefined) return 'nothing has come from other machines yet';
  const ageMs = Math.max(0, clock.now() - lastExchangeAt);
  return `the copies on this machine are ${durationText(Math.round(ageMs / 60_000) * 60_000)} old`;
}
