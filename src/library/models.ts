import { askedAccounts } from '../core/session/asked-accounts.js';
import { refreshingAccess } from '../core/session/backend-access.js';
import {
  findCandidates,
  modelsOf as listedModels,
  outcomesOf,
  tryModels,
  withPatience,
} from '../core/session/model-trials.js';
import { settleRefusedClients } from '../core/session/refused-clients.js';
import { openRoster } from '../core/session/selection.js';
import type { Session } from '../core/session/session.js';
import { takeInAny } from '../core/session/take-in.js';
import type { ModelTrial } from './results.js';

export interface ModelsRequest {
  readonly selector?: string;
  readonly models?: readonly string[];
}

/** Tries these models, or those that the provider lists, with each account. */
export async function tryAll(session: Session, { selector, models }: ModelsRequest): Promise<ModelTrial[]> {
  const roster = openRoster(session, session.writingScope());
  const asked = askedAccounts(session, roster, selector);
  const access = await refreshingAccess(session, roster);
  const candidates = await findCandidates(session, access, asked);
  await takeInAny(session, roster);
  const slugs = models ?? listedModels(candidates).models;
  const tried = await tryModels(session, withPatience(session, access), candidates, slugs);
  await settleRefusedClients(session, tried.flatMap(outcomesOf));
  return tried.flatMap(({ account: { id }, trials }) =>
    trials.map(({ model, verdict, latencyMs }) => ({ id, model, verdict: verdict.kind, latencyMs })),
  );
}
