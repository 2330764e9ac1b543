import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { printable } from '../../core/printable.js';
import type { Renewal } from '../../core/renewal/renewal.js';
import { isNetworkFailure, isObstruction, isWithoutPlace } from '../../core/session/failure.js';
import {
  isResting,
  type JobResult,
  planRenewal,
  type RenewPlan,
  type RenewWishes,
  renew as renewTargets,
} from '../../core/session/renew-all.js';
import type { AskedFile, RenewTargets } from '../../core/session/renewal-targets.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { warnIfFlaggedInUse } from '../switching/set-aside.js';
import { accountRef, accountRefShape, shownEmail } from '../views/account-ref.js';
import { FailureView, failureText, obstructionLines } from '../views/probe-failure.js';

const outcomeShape = {
  /** `would-renew` only with --print-only. */
  outcome: z.enum(['renewed', 'skipped', 'failed', 'would-renew']),
  /** Of what was renewed: by a request of its own, or with a newer copy that was there already. */
  how: z.exactOptional(z.enum(['refreshed', 'adopted'])),
  /** Of what was skipped. */
  reason: z.exactOptional(z.enum(['not-due', 'disabled', 'left-to-client'])),
  message: z.exactOptional(z.string()),
  /** When the access token ends. */
  expiresAt: z.exactOptional(z.iso.datetime()),
  problem: z.exactOptional(FailureView),
};

const RenewedAccount = z.object({ ...accountRefShape, ...outcomeShape });
type RenewedAccount = z.infer<typeof RenewedAccount>;

const RenewedFile = z.object({
  /** As it was named. */
  name: z.string(),
  path: z.string(),
  email: z.exactOptional(z.string()),
  accountId: z.exactOptional(z.string()),
  ...outcomeShape,
});
type RenewedFile = z.infer<typeof RenewedFile>;

/** A request as it would be sent, with `[secret]` in place of the token. */
const PlannedRequest = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  /** What would get the answer: accounts by id, files by name. */
  renews: z.array(z.string()),
});
type PlannedRequest = z.infer<typeof PlannedRequest>;

function renewedFile(context: Context, asked: AskedFile, renewal: Renewal | undefined): RenewedFile {
  const { name, path, file } = asked;
  const { email, accountId } = file?.login.identity ?? {};
  const shown = shownEmail(email, context.options.mask === true);
  return { name, path, ...definedOnly({ email: shown, accountId }), ...outcomeOf(renewal) };
}

type Outcome = Pick<RenewedFile, 'outcome' | 'how' | 'reason' | 'message' | 'expiresAt' | 'problem'>;

function outcomeOf(renewal: Renewal | undefined): Outcome {
  if (renewal === undefined) return { outcome: 'would-renew' };
  if (renewal.kind === 'failed') return { outcome: 'failed', problem: renewal.problem };
  const { expiresAt } = renewal;
  const end = definedOnly({ expiresAt: toIso(expiresAt) });
  if (renewal.kind === 'renewed') return { outcome: 'renewed', how: renewal.how, ...end };
  return { outcome: 'skipped', reason: renewal.reason, ...definedOnly({ message: renewal.message }), ...end };
}

function fileLine(file: RenewedFile, theme: Theme): string {
  const whose = file.email === undefined ? '' : ` (${printable(file.email)})`;
  return lineOf(`${printable(file.name)}${whose}`, file, theme);
}

function lineOf(title: string, { outcome, how, reason, message, expiresAt, problem }: Outcome, theme: Theme): string {
  const { color, symbols, now } = theme;
  const until = expiresAt === undefined ? '' : ` until ${formatWhen(Date.parse(expiresAt), now)}`;
  switch (outcome) {
    case 'renewed': {
      const source = how === 'adopted' ? 'a newer copy was there already' : 'renewed';
      return `${color.green(symbols.ok)} ${title}: ${source}, valid${until}\n`;
    }
    case 'skipped': {
      const why = { 'not-due': `not due, valid${until}`, disabled: 'disabled', 'left-to-client': message ?? '' };
      return `${color.dim(symbols.unknown)} ${title}: ${printable(why[reason ?? 'not-due'])}\n`;
    }
    case 'failed': {
      if (problem !== undefined && isObstruction(problem))
        return `${color.yellow(symbols.warning)} ${title}: not reached\n`;
      const why = problem === undefined ? '' : printable(failureText(problem, ` ${symbols.arrow} `));
      return `${color.red(symbols.error)} ${title}: ${why}\n`;
    }
    case 'would-renew':
      return `${color.yellow(symbols.warning)} ${title}: would be renewed\n`;
  }
}

/** A request as text, with the names of the accounts that it renews. */
function requestText(
  { method, url, headers, body, renews }: PlannedRequest,
  accounts: readonly RenewedAccount[],
  { color }: Theme,
): string {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const names = renews.map((name) => {
    const account = accounts.find(({ id }) => id === name);
    return account === undefined ? printable(name) : titleOf(account);
  });
  const about = color.dim(`# for ${names.join(', ')}`);
  return [about, `${method} ${url}`, ...head, '', body, ''].join('\n');
}

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

interface RenewOptions extends RenewWishes {
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
    return requests.map(({ method, url, headers, body = '' }) => ({
      method,
      url,
      headers: { ...headers },
      body,
      renews,
    }));
  });
  const result = resultOf(context, targets, [...idle, ...previews.map((each) => each.result)]);
  return { ...result, printOnly: true, requests };
}

type Renewals = Pick<JobResult, 'accounts' | 'files'>;

function resultOf(context: Context, targets: RenewTargets, results: readonly Renewals[]): RenewResult {
  const byId = new Map(results.flatMap((each) => [...each.accounts]));
  const byPath = new Map(results.flatMap((each) => [...each.files]));
  const accounts = targets.accounts.map((asked) => ({
    ...accountRef(asked.account, asked.index, context.options.mask === true),
    ...outcomeOf(byId.get(asked.account.id)),
  }));
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
    ...accounts.map((account) => lineOf(`${account.index}  ${titleOf(account)}`, account, theme)),
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
