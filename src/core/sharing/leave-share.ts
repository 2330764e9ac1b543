import { rmSync } from 'node:fs';
import { AppError } from '../errors.js';
import { exchangeInto } from './exchange.js';
import { ReportDraft } from './exchange-report.js';
import { anybody } from './hand-over.js';
import { playRound } from './round.js';
import { settleLogin } from './settle-login.js';
import { readShare } from './share-file.js';
import { withdrawAll } from './share-logins.js';
import { defaultDeadlineMs, type ShareDeps, type ShareSession, withShare, withShareLock } from './share-session.js';
import { writeList } from './write-round.js';
import { wishLogins } from './write-statements.js';

export interface Leaving {
  /** What this machine keeps is left to whoever takes it, instead of staying with this machine alone. */
  readonly give: boolean;
  readonly deadlineMs?: number;
}

/** Takes part no more. What is only a copy here lives until its access token ends. Throws where the pool cannot be reached. */
export async function leaveShare(deps: ShareDeps, { give, deadlineMs = defaultDeadlineMs }: Leaving): Promise<void> {
  const report = new ReportDraft();
  // What was being given away when somebody was killed is in no hand here: it goes where it should.
  await exchangeInto(deps, report, { deadlineMs });
  if (give) await giveAll(deps, report, deadlineMs);
  await withShare(deps, deadlineMs, async (session) => {
    await playRound(session, report);
    if (!give) await withdrawAll(session);
    await session.database.query('DELETE FROM codex_auth.share_machine WHERE id = $1', [session.state().machine.id]);
  });
  await forgetShare(deps);
}

/** The same without the database, for one that is gone: nothing is changed in it. */
export async function forgetShare(deps: Pick<ShareDeps, 'root' | 'signal'>): Promise<void> {
  await withShareLock(deps, defaultDeadlineMs, () => {
    rmSync(deps.root.paths.share, { force: true });
    return Promise.resolve();
  });
}

/** Handed over to nobody, in the same steps as to another machine. Throws where one cannot leave. */
async function giveAll(deps: ShareDeps, report: ReportDraft, deadlineMs: number): Promise<void> {
  const { plan } = await withShare(deps, deadlineMs, (session) => playRound(session, report));
  const mine = plan.rows.filter(({ known }) => known?.role === 'keeper' && known.state === 'live');
  await withShare(deps, deadlineMs, (session) =>
    offer(
      session,
      mine.map(({ row }) => row.id),
    ),
  );
  for (const planned of mine) await settleLogin(deps, planned, report, deadlineMs);
  if (readShare(deps.root)?.rows.every(({ role, state }) => role === 'copy' || state !== 'live')) return;
  const [first] = report.finish(undefined).notices.filter(({ kind }) => kind === 'not-handed-over');
  throw new AppError('not-allowed', first?.message ?? 'a login that is kept here could not be given away now', {
    hint: 'codex-auth share leave, without --give',
  });
}

async function offer(session: ShareSession, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const wishes = ids.map((id) => ({ id, wanted_by: anybody }));
  await writeList(session, wishLogins, wishes);
}
