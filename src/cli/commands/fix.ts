import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { describeAccountRepair } from '../../core/diagnostics/account-repairs/repair.js';
import { type FixedRepair, fixAccounts } from '../../core/session/account-fixing.js';
import { isNetworkFailure, isObstruction } from '../../core/session/failure.js';
import { PlaceView, placeView } from '../../core/session/places.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { nameOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { warnIfFlaggedInUse } from '../switching/set-aside.js';
import { shownEmail } from '../views/account-ref.js';
import { FailureView, failureText, obstructionLines } from '../views/probe-failure.js';

const RepairView = z.object({
  kind: z.string(),
  /** Absent for what concerns no single account. */
  id: z.exactOptional(z.string()),
  email: z.exactOptional(z.string()),
  label: z.exactOptional(z.string()),
  workspace: z.exactOptional(z.string()),
  scope: z.exactOptional(PlaceView),
  what: z.string(),
  /** `not-needed`: another process has seen to it meanwhile. `failed`: `problem` says why. */
  outcome: z.enum(['planned', 'done', 'not-needed', 'failed']),
  problem: z.exactOptional(FailureView),
  /** Where a record went that held another login than the one that stays. */
  keptFiles: z.exactOptional(z.array(z.string())),
});
type RepairView = z.infer<typeof RepairView>;

const FixResult = z.object({
  dryRun: z.boolean(),
  /** How many accounts were looked at. */
  accounts: z.number(),
  repairs: z.array(RepairView),
  summary: z.object({ planned: z.number(), done: z.number(), notNeeded: z.number(), failed: z.number() }),
  /** What a second look found, after everything was applied. */
  remaining: z.array(z.string()),
});
type FixResult = z.infer<typeof FixResult>;

export interface FixOptions {
  readonly dryRun?: boolean;
}

async function fix(context: Context, options: FixOptions): Promise<FixResult> {
  const dryRun = options.dryRun === true;
  const { accounts, repairs, remaining } = await fixAccounts(context, dryRun);
  if (repairs.some(({ outcome }) => outcome !== 'planned')) warnIfFlaggedInUse(context, context.readingScope());
  const views = repairs.map((each) => viewOf(context, each));
  const count = (outcome: RepairView['outcome']) => views.filter((each) => each.outcome === outcome).length;
  return {
    dryRun,
    accounts,
    repairs: views,
    summary: {
      planned: count('planned'),
      done: count('done'),
      notNeeded: count('not-needed'),
      failed: count('failed'),
    },
    remaining: remaining.map(describeAccountRepair),
  };
}

function viewOf(context: Context, { repair, account, outcome, problem, keptFiles = [] }: FixedRepair): RepairView {
  const isAboutAccount = repair.kind !== 'forget-conversations';
  return definedOnly({
    kind: repair.kind,
    id: isAboutAccount ? repair.accountId : undefined,
    email: shownEmail(account?.email, context.options.mask === true),
    label: account?.label,
    workspace: account?.workspaceName,
    scope: isAboutAccount ? placeView(repair.scopeKey) : undefined,
    what: describeAccountRepair(repair),
    outcome,
    problem,
    keptFiles: keptFiles.length === 0 ? undefined : [...keptFiles],
  });
}

function renderFix(result: FixResult, theme: Theme): string {
  const { color, symbols } = theme;
  if (result.repairs.length === 0) {
    const looked = `${result.accounts} account${result.accounts === 1 ? '' : 's'} looked at`;
    return `${color.green(symbols.ok)} Nothing to repair; ${looked}.\n`;
  }
  const lines = result.repairs.flatMap((repair) => linesOf(repair, theme));
  const inTheWay = obstructionLines(failuresOf(result), theme).join('');
  return `${lines.map((line) => `${line}\n`).join('')}${inTheWay}${summaryOf(result)}\n`;
}

function failuresOf({ repairs }: FixResult): FailureView[] {
  return repairs.flatMap(({ outcome, problem }) => (outcome === 'failed' && problem !== undefined ? [problem] : []));
}

function linesOf(
  { id, outcome, what, problem, keptFiles = [], ...named }: RepairView,
  { color, symbols }: Theme,
): string[] {
  const mark = {
    planned: color.yellow(symbols.arrow),
    done: color.green(symbols.ok),
    'not-needed': color.dim(symbols.unknown),
    failed: color.red(symbols.error),
  }[outcome];
  const who = id === undefined ? '' : `${nameOf({ id, ...named })}: `;
  const note = outcome === 'not-needed' ? ' (no longer needed)' : '';
  return [
    `${mark} ${who}${what}${note}`,
    ...(problem === undefined || isObstruction(problem) ? [] : [`    ${failureText(problem, ` ${symbols.arrow} `)}`]),
    ...keptFiles.map((path) => `    a copy of the other login is kept in ${path}`),
  ];
}

function summaryOf({ dryRun, summary, remaining }: FixResult): string {
  const { planned, done, notNeeded, failed } = summary;
  if (dryRun) return `${planned} repair${planned === 1 ? '' : 's'} planned; nothing was changed: codex-auth fix`;
  const parts = [
    `${done} done`,
    notNeeded > 0 && `${notNeeded} no longer needed`,
    failed > 0 && `${failed} failed`,
    remaining.length > 0 && `still to do: ${remaining.length}`,
  ];
  return parts.filter(Boolean).join(', ');
}

export const fixCommand: Command<FixOptions, FixResult> = {
  name: 'fix',
  schema: FixResult,
  run: fix,
  render: renderFix,
  exitCode(result) {
    const { summary, remaining } = result;
    const failures = failuresOf(result);
    if (summary.done === 0 && failures.length > 0 && failures.every(isNetworkFailure)) return 5;
    return summary.failed > 0 || remaining.length > 0 ? 1 : 0;
  },
};
