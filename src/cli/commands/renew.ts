import * as z from 'zod/mini';
import type { Renewal } from '../../core/renewal/renewal.js';
import { isNetworkFailure, isWithoutPlace } from '../../core/session/failure.js';
import {
  isResting,
  type JobResult,
  planRenewal,
  type RenewPlan,
  type RenewWishes,
  renew as renewTargets,
} from '../../core/session/renew-all.js';
import type { RenewTargets } from '../../core/session/renewal-targets.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { obstructionLines } from '../render/shared-failures.js';
import type { Theme } from '../render/theme.js';
import {
  accountLine,
  fileLine,
  PlannedRequest,
  plannedRequest,
  RenewedAccount,
  RenewedFile,
  renewedAccount,
  renewedFile,
  requestText,
} from '../renewal/renew-view.js';
import { warnIfFlaggedInUse } from '../switching/flagged-in-use.js';

const RenewResult = z.object({
  printOnly: z.boolean(),
  accounts: z.array(RenewedAccount),
  /** In the order of the command line; those of a directory by name. */
  files: z.array(RenewedFile),
  /** With --print-only: what would be sent. */
  requests: z.exactOptional(z.array(PlannedRequest)),
  summary: z.object({
    renewed: z.number(),
    skipped: z.number(),
    failed: z.number(),
    /** With --print-only. */
    wouldRenew: z.number(),
  }),
});
type RenewResult = z.infer<typeof RenewResult>;

export interface RenewOptions extends RenewWishes {
  readonly printOnly?: boolean;
}

async function renew(context: Context, options: RenewOptions): Promise<RenewResult> {
  if (options.printOnly === true) return previewed(context, await planRenewal(context, options, true));
  const { targets, results } = await renewTargets(context, options);
  const isRefused = results.some(({ outcomes }) => outcomes.some(({ kind }) => kind === 'refused'));
  if (isRefused) warnIfFlaggedInUse(context, context.readingScope());
  return resultOf(context, targets, results);
}

async function previewed(context: Context, { targets, policy, due, idle }: RenewPlan): Promise<RenewResult> {
  const { previewJob } = await import('../../core/session/renewal-preview.js');
  const previews = await Promise.all(due.map((job) => previewJob(context, job, policy)));
  const nameOf = new Map(targets.files.map(({ path, name }) => [path, name]));
  const requests = previews.flatMap(({ job, requests }) => {
    const renews = [
      ...job.accounts.map(({ account }) => account.id),
      ...job.files.map(({ file }) => nameOf.get(file.path) ?? file.name),
    ];
    return requests.map((request) => plannedRequest(request, renews));
  });
  const result = resultOf(context, targets, [...idle, ...previews.map((each) => each.result)]);
  return { ...result, printOnly: true, requests };
}

type Renewals = Pick<JobResult, 'accounts' | 'files'>;

function resultOf(context: Context, targets: RenewTargets, results: readonly Renewals[]): RenewResult {
  const byId = new Map(results.flatMap((each) => [...each.accounts]));
  const byPath = new Map(results.flatMap((each) => [...each.files]));
  const accounts = targets.accounts.map((asked) => renewedAccount(context, asked, byId.get(asked.account.id)));
  const files = targets.files.map((asked) => {
    const renewal = asked.problem ?? byPath.get(asked.path);
    const isLeft = renewal?.kind === 'skipped' && isResting(asked);
    return renewedFile(context, asked, isLeft ? disabled : renewal);
  });
  const count = (outcome: RenewedFile['outcome']) =>
    [...accounts, ...files].filter((each) => each.outcome === outcome).length;
  const summary = {
    renewed: count('renewed'),
    skipped: count('skipped'),
    failed: count('failed'),
    wouldRenew: count('would-renew'),
  };
  return { printOnly: false, accounts, files, summary };
}

const disabled: Renewal = { kind: 'skipped', reason: 'disabled' };

/** A line for each account and file, the requests that would be sent, and a count. */
function renderRenew({ printOnly, accounts, files, requests = [], summary }: RenewResult, theme: Theme): string {
  const lines = [
    ...accounts.map((account) => accountLine(account, theme)),
    ...files.map((file) => fileLine(file, theme)),
    ...obstructionLines(
      [...accounts, ...files].flatMap(({ problem }) => problem ?? []),
      theme,
    ),
  ].join('');
  const { renewed, skipped, failed, wouldRenew } = summary;
  const first = printOnly ? `${wouldRenew} would be renewed` : `${renewed} renewed`;
  const planned = requests.map((request) => `\n${requestText(request, accounts, theme)}`).join('');
  return `${lines}${first}, ${skipped} skipped, ${failed} failed\n${planned}`;
}

export const renewCommand: Command<RenewOptions, RenewResult> = {
  name: 'renew',
  schema: RenewResult,
  run: renew,
  render: renderRenew,
  exitCode({ accounts, files, summary: { renewed, failed } }) {
    const problems = [...accounts, ...files].flatMap(({ problem }) => problem ?? []);
    if (failed > 0 && renewed === 0 && problems.every(isNetworkFailure)) return 5;
    if (failed > 0 && renewed === 0 && isWithoutPlace(problems)) return 6;
    return failed > 0 ? 1 : 0;
  },
};
