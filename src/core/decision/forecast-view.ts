import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { type QuotaSource, QuotaViewSchema, toQuotaView } from '../quota/snapshot.js';
import type { AccountDecision, Decision } from './decide.js';
import type { AccountFacts, DecisionRequest } from './facts.js';
import { describeReason, describeRecommendation } from './reasons.js';

/** One account of a decision as JSON (DESIGN §10.3); unknown is absent, times are ISO-8601 UTC. */
export const AccountForecastSchema = z.object({
  id: z.string(),
  index: z.number(),
  email: z.exactOptional(z.string()),
  availability: z.enum(['ready', 'delayed', 'unavailable']),
  availableAt: z.exactOptional(z.iso.datetime()),
  state: z.enum(['ready', 'delayed', 'exhausted', 'sign-in-needed', 'disabled', 'unknown']),
  riskScore: z.number(),
  riskLevel: z.enum(['low', 'medium', 'high']),
  score: z.number(),
  reasons: z.array(z.object({ code: z.string(), message: z.string() })),
  quota: z.exactOptional(QuotaViewSchema),
});
export type AccountForecast = z.infer<typeof AccountForecastSchema>;

/** The data of `forecast`. */
export const ForecastViewSchema = z.object({
  model: z.exactOptional(z.string()),
  recommendation: z.exactOptional(
    z.object({
      id: z.string(),
      index: z.number(),
      email: z.exactOptional(z.string()),
      reason: z.string(),
      reasonCode: z.string(),
    }),
  ),
  /** Only without a recommendation: the account that is back first. */
  nextAvailable: z.exactOptional(z.object({ id: z.string(), availableAt: z.iso.datetime() })),
  accounts: z.array(AccountForecastSchema),
});
export type ForecastView = z.infer<typeof ForecastViewSchema>;

/** The decision in JSON, with the quota it was made from; `sourceOf` says whether that was just fetched. */
export function toForecastView(
  accounts: readonly AccountFacts[],
  decision: Decision,
  request: DecisionRequest,
  sourceOf: (id: string) => QuotaSource,
): ForecastView {
  const factsById = new Map(accounts.map((facts) => [facts.id, facts]));
  const { nextAvailable } = decision;
  return definedOnly({
    model: request.model,
    recommendation: recommendationView(decision, factsById),
    nextAvailable: nextAvailable && { id: nextAvailable.id, availableAt: iso(nextAvailable.availableAt) },
    accounts: decision.accounts.map((each) => accountView(each, factsById.get(each.id), request, sourceOf(each.id))),
  });
}

function recommendationView(
  { accounts, recommendation }: Decision,
  factsById: ReadonlyMap<string, AccountFacts>,
): ForecastView['recommendation'] {
  const account = accounts.find(({ id }) => id === recommendation?.id);
  if (recommendation === undefined || account === undefined) return undefined;
  const { id, index } = account;
  const { reason } = recommendation;
  const email = factsById.get(id)?.email;
  return definedOnly({ id, index, email, reason: describeRecommendation(reason, iso), reasonCode: reason.code });
}

function accountView(
  decided: AccountDecision,
  facts: AccountFacts | undefined,
  { now, model }: DecisionRequest,
  source: QuotaSource,
): AccountForecast {
  const { id, index, availability, availableAt, state, riskScore, riskLevel, score, reasons } = decided;
  return definedOnly({
    id,
    index,
    email: facts?.email,
    availability,
    availableAt: availableAt === undefined ? undefined : iso(availableAt),
    state,
    riskScore,
    riskLevel,
    score,
    reasons: reasons.map((reason) => ({ code: reason.code as string, message: describeReason(reason, iso) })),
    quota: facts?.quota && toQuotaView(facts.quota, now, source, definedOnly({ model })),
  });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
