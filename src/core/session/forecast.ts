import { keepForetellings } from '../health/state-store.js';
import type { QuotaHistory } from '../history/observation.js';
import { readHistory } from '../history/quota-history.js';
import { newForetellings, PaceReading } from './pace-reading.js';
import { decideByKnown, probeAndDecide, type ShownDecision } from './probe-and-decide.js';
import { orWarn, type ProbingOptions } from './quota-probing.js';
import { openRoster, requireAccounts } from './selection.js';
import type { Session } from './session.js';

export interface ForecastWishes extends ProbingOptions {
  readonly model?: string;
}

export interface Forecast extends ShownDecision {
  readonly history: QuotaHistory;
  /** What the history says about the accounts of the decision. */
  readonly reading: PaceReading;
}

/** Which account to use and how long each will last. The forecasts are kept, so that they can be judged later. */
export async function forecast(session: Session, wishes: ForecastWishes): Promise<Forecast> {
  const { probed, decision } = await decide(session, wishes);
  const history = readHistory(session.root);
  const reading = new PaceReading(history, decision.decided, session.clock.now());
  // Where this run has asked nobody, nothing is new, and nothing has to be written.
  if (probed.probes.size > 0) {
    await orWarn(session, () => keepForetellings(session.root, newForetellings(reading, history), session.signal));
  }
  return { probed, decision, history, reading };
}

async function decide(session: Session, wishes: ForecastWishes): Promise<ShownDecision> {
  const { model } = wishes;
  if (wishes.cached === true) return decideByKnown(session, { model });
  const roster = openRoster(session, session.readingScope());
  requireAccounts(roster);
  return probeAndDecide(session, roster, wishes, { model });
}
