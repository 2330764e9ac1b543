import type { ReportResult } from '../../src/cli/commands/report.js';
import { type Effect, initialModel, type Model, type ShownAccount } from '../../src/cli/dashboard/model.js';
import { type Event, type Step, update } from '../../src/cli/dashboard/update.js';
import { noon } from './sample-pool.js';

const minute = 60_000;
const iso = (at: number) => new Date(at).toISOString();

/** An account as `report` shows it; the windows are those of a minute before {@link noon}. */
export function shownAccount(index: number, changes: Partial<ShownAccount> = {}): ShownAccount {
  const window = (id: string, durationSeconds: number, usedPercent: number) => ({
    id,
    durationSeconds,
    usedPercent,
    remainingPercent: 100 - usedPercent,
    resetsAt: iso(noon + durationSeconds * 500),
  });
  return {
    index,
    id: `acc_${index}`,
    email: `person${index}@example.com`,
    workspace: 'Studio',
    plan: 'team',
    enabled: true,
    active: index === 1,
    health: { score: 100, state: 'healthy' },
    state: 'ready',
    quota: {
      source: 'cache',
      observedAt: iso(noon - minute),
      usableNowPercent: 40,
      certainty: 'known',
      windows: [window('5h', 18_000, 60), window('7d', 604_800, 20)],
    },
    ...changes,
  };
}

const globalScope: ReportResult['scope'] = {
  kind: 'global',
  path: '/somewhere/pool',
  readFrom: '/somewhere/pool',
  place: { kind: 'global' },
};

function noneOf(flagged: readonly unknown[]): NonNullable<ReportResult['none']> {
  return flagged.length > 0
    ? { reason: 'set-aside', message: 'every account here is set aside', hint: 'codex-auth verify-flagged' }
    : { reason: 'nobody', message: 'there are no accounts yet', hint: 'codex-auth login' };
}

export function reportOf(accounts: readonly ShownAccount[], changes: Partial<ReportResult> = {}): ReportResult {
  return {
    generatedAt: iso(noon),
    scope: globalScope,
    ...(accounts[0] === undefined ? {} : { activeId: accounts[0].id }),
    accounts: [...accounts],
    ...(accounts.length > 0 ? {} : { none: noneOf(changes.flagged ?? []) }),
    flagged: [],
    forecast: {
      scope: globalScope,
      accounts: accounts.map(({ id, index, active, email }) => ({
        id,
        index,
        ...(email === undefined ? {} : { email }),
        active,
        availability: 'ready',
        state: 'ready',
        riskScore: 0,
        riskLevel: 'low',
        score: 1,
        reasons: ['40% left of its 5h window'],
      })),
    },
    settings: [{ name: 'quotaTtlMs', value: 5 * minute, source: 'default' }],
    ...changes,
  };
}

export function modelOf(accounts: readonly ShownAccount[], changes: Partial<Model> = {}): Model {
  return { ...initialModel, report: reportOf(accounts), ...changes };
}

/** What comes of one event after the other: the last model, and every effect on the way. */
export function following(model: Model, ...events: readonly Event[]): Step {
  return events.reduce<Step>(
    ({ model: before, effects }, event) => {
      const step = update(before, event);
      return { model: step.model, effects: [...effects, ...step.effects] };
    },
    { model, effects: [] },
  );
}

export function pressed(model: Model, ...keys: readonly string[]): Step {
  return following(model, ...keys.map((key) => ({ kind: 'key' as const, key })));
}

/** The commands that were begun. */
export function actionsOf(effects: readonly Effect[]) {
  return effects.flatMap((effect) => (effect.kind === 'act' ? [effect.action] : []));
}
