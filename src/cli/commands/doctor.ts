import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import type { Repaired } from '../../core/diagnostics/apply.js';
import type { CheckRow } from '../../core/diagnostics/finding.js';
import { describeRepair, type Repair } from '../../core/diagnostics/repair.js';
import { type DiagnosisWishes, diagnose } from '../../core/session/diagnosis.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';

const Row = z.object({
  id: z.string(),
  title: z.string(),
  status: z.enum(['ok', 'warn', 'error', 'skipped']),
  message: z.string(),
  fixable: z.boolean(),
  /** What the person can do, where `--fix` cannot. */
  commands: z.array(z.string()),
});
type Row = z.infer<typeof Row>;

const DoctorResult = z.object({
  /** As it is now; after `--fix`, as it is after the repairs. */
  checks: z.array(Row),
  /** With `--fix`: as it was before. */
  before: z.exactOptional(z.array(Row)),
  /** What `--fix` would do. */
  plan: z.array(z.string()),
  /** With `--fix`: what became of the plan. */
  repairs: z.exactOptional(
    z.array(
      z.object({
        repair: z.string(),
        done: z.boolean(),
        keptFile: z.exactOptional(z.string()),
        problem: z.exactOptional(z.string()),
      }),
    ),
  ),
  summary: z.object({ ok: z.number(), warn: z.number(), error: z.number(), skipped: z.number() }),
});
type DoctorResult = z.infer<typeof DoctorResult>;

export interface DoctorOptions extends DiagnosisWishes {
  /** Show also what is fine. */
  readonly verbose?: boolean;
}

async function doctor(context: Context, options: DoctorOptions): Promise<DoctorResult> {
  const diagnosis = await diagnose(context, options);
  const { rows, plan } = diagnosis;
  if (diagnosis.repairs === undefined) return resultOf(rows, plan);
  const { before, repaired } = diagnosis.repairs;
  return { ...resultOf(rows, plan), before: before.map(rowView), repairs: repaired.map(repairView) };
}

function resultOf(rows: readonly CheckRow[], plan: readonly Repair[]): DoctorResult {
  const count = (status: Row['status']) => rows.filter((row) => row.status === status).length;
  return {
    checks: rows.map(rowView),
    plan: plan.map(describeRepair),
    summary: { ok: count('ok'), warn: count('warn'), error: count('error'), skipped: count('skipped') },
  };
}

function rowView({ id, title, status, message, fixable, problems }: CheckRow): Row {
  const commands = problems.flatMap(({ command }) => command ?? []);
  return { id, title, status, message, fixable, commands: [...new Set(commands)] };
}

function repairView(repaired: Repaired): NonNullable<DoctorResult['repairs']>[number] {
  const repair = describeRepair(repaired.repair);
  if (repaired.kind === 'failed') return { repair, done: false, problem: repaired.message };
  return definedOnly({ repair, done: true, keptFile: repaired.keptFile });
}

/** What is wrong comes first; what is fine is only counted, unless more is asked for. */
const severity: readonly Row['status'][] = ['error', 'warn', 'skipped', 'ok'];

function renderDoctor(result: DoctorResult, theme: Theme, { verbose = false }: DoctorOptions = {}): string {
  const { color, symbols } = theme;
  const ranked = severity.flatMap((status) => result.checks.filter((row) => row.status === status));
  const shown = verbose ? ranked : ranked.filter(({ status }) => status === 'error' || status === 'warn');
  const width = Math.max(0, ...shown.map(({ title }) => title.length));
  const more = shown.length < ranked.length ? color.dim('; all of it: codex-auth doctor --verbose') : '';
  const done = (result.repairs ?? []).map(({ repair, done: isDone, keptFile, problem }) => {
    const mark = isDone ? color.green(symbols.ok) : color.red(symbols.error);
    const kept = keptFile === undefined ? '' : ` ${symbols.separator} kept ${keptFile}`;
    return `${mark} ${repair}${problem === undefined ? kept : `: ${problem}`}\n`;
  });
  const plan = result.plan.map((repair) => `  ${symbols.arrow} ${repair}\n`);
  return [
    ...(done.length === 0 ? [] : [`${color.bold('Repaired')}\n`, ...done, '\n']),
    ...shown.flatMap((row) => rowLines(row, width, theme)),
    ...(plan.length === 0 ? [] : [`\n${color.bold('codex-auth doctor --fix')} would\n`, ...plan]),
    `${shown.length + plan.length + done.length === 0 ? '' : '\n'}${summaryText(result, theme)}${more}\n`,
  ].join('');
}

function rowLines(
  { title, status, message: found, commands }: Row,
  titleWidth: number,
  { color, symbols, now }: Theme,
): string[] {
  // What the checks found is for the JSON as well, whose times are in UTC.
  const message = found.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (time) => formatWhen(Date.parse(time), now));
  const mark = {
    ok: color.green(symbols.ok),
    warn: color.yellow(symbols.warning),
    error: color.red(symbols.error),
    skipped: color.dim(symbols.unknown),
  }[status];
  return [
    `${mark} ${title.padEnd(titleWidth)}  ${status === 'ok' ? color.dim(message) : message}\n`,
    ...commands.map((command) => `    ${symbols.arrow} ${command}\n`),
  ];
}

function summaryText({ summary }: DoctorResult, { color }: Theme): string {
  const parts = [
    summary.error > 0 && color.red(`${summary.error} wrong`),
    summary.warn > 0 && color.yellow(`${summary.warn} to look at`),
    `${summary.ok} fine`,
    summary.skipped > 0 && `${summary.skipped} skipped`,
  ];
  return parts.filter(Boolean).join(', ');
}

export const doctorCommand: Command<DoctorOptions, DoctorResult> = {
  name: 'doctor',
  schema: DoctorResult,
  looksAnywhere: true,
  run: doctor,
  render: renderDoctor,
  exitCode: ({ summary }) => (summary.error > 0 ? 1 : 0),
  // doctor uses only 0, 1, 2 and 130.
  failureExitCode: (code) => (code === 2 || code === 130 ? code : 1),
};
