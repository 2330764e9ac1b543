import * as z from 'zod/mini';
import type { Theme } from '../render/theme.js';

const managers = z.enum(['systemd', 'launchd', 'task-scheduler']);

export interface ServiceOptions {
  readonly yes?: true;
  readonly dryRun?: true;
}

export const ServiceChange = z.object({
  action: z.enum(['install', 'uninstall']),
  manager: managers,
  /** What the service manager calls the service of this root. */
  name: z.string(),
  /** Nothing where all is as it should be. */
  files: z.array(
    z.object({
      path: z.string(),
      change: z.enum(['create', 'change', 'remove']),
      text: z.exactOptional(z.string()),
    }),
  ),
  /** What the service manager is told, each a program with its arguments. */
  commands: z.array(z.array(z.string())),
  dryRun: z.boolean(),
  /** Where a file is now that somebody had changed by hand. */
  kept: z.exactOptional(z.string()),
  /** Whether it goes on when the person is logged out; absent where nobody can tell. */
  lingers: z.exactOptional(z.boolean()),
});
export type ServiceChange = z.infer<typeof ServiceChange>;

export const ServiceStatus = z.object({
  action: z.literal('status'),
  manager: managers,
  name: z.string(),
  file: z.string(),
  installed: z.boolean(),
  /** Something else has the name of its file. */
  isForeign: z.exactOptional(z.literal(true)),
  /** Its file was changed by hand. */
  isChanged: z.exactOptional(z.literal(true)),
  /** Of its program, the part that is not there any more. */
  gone: z.exactOptional(z.string()),
  /** The program that it runs, where that is not this one. */
  otherProgram: z.exactOptional(z.string()),
  /** The service manager knows it and has started it. */
  started: z.boolean(),
  /** Whatever guards this root now, as a service or not. */
  guard: z.exactOptional(z.object({ pid: z.number() })),
  lingers: z.exactOptional(z.boolean()),
  /** Services of roots that are not where they were. */
  stale: z.array(z.object({ path: z.string(), root: z.string() })),
});
export type ServiceStatus = z.infer<typeof ServiceStatus>;

export const ServiceLogs = z.object({
  action: z.literal('logs'),
  file: z.string(),
  /** The newest last. */
  lines: z.array(z.string()),
});
export type ServiceLogs = z.infer<typeof ServiceLogs>;

const howToLinger = 'It ends when you are logged out; to let it go on: loginctl enable-linger';

export function renderChange(result: ServiceChange, { color, symbols }: Theme): string {
  const { action, files, commands, dryRun, name, kept, lingers } = result;
  const ok = color.green(symbols.ok);
  if (dryRun) return dryRunText(result);
  if (action === 'uninstall' && files.length === 0) return `${ok} No service is installed\n`;
  const verbs = { create: 'Wrote', change: 'Changed', remove: 'Removed' } as const;
  const lines = [
    ...files.map(({ path, change }) => `${ok} ${verbs[change]} ${path}`),
    ...(action === 'install' ? [`${ok} ${name} runs${files.length === 0 ? ', as before' : ''}`] : []),
    ...(kept === undefined ? [] : [`  what was changed in it by hand is kept: ${kept}`]),
    ...(lingers === false ? [color.dim(howToLinger)] : []),
  ];
  return commands.length === 0 ? '' : lines.map((line) => `${line}\n`).join('');
}

function dryRunText({ files, commands }: ServiceChange): string {
  if (files.length + commands.length === 0) return 'There is nothing to do\n';
  const shown = files.flatMap(({ path, change, text = '' }) => [
    `${change} ${path}`,
    ...text
      .trimEnd()
      .split(/\r?\n/)
      .filter((line, index, all) => all.length > 1 || line !== '' || index > 0)
      .map((line) => `  ${line}`),
  ]);
  const told = commands.map((argv) => `run ${argv.join(' ')}`);
  return `It would\n${[...shown, ...told].map((line) => `  ${line}\n`).join('')}`;
}

export function renderStatus(status: ServiceStatus, { color, symbols }: Theme): string {
  const [ok, bad] = [color.green(symbols.ok), color.red(symbols.error)];
  const again = 'codex-auth guard --install';
  const { installed, isForeign, isChanged, gone, otherProgram, started, guard, lingers, stale, file, name } = status;
  const lines = [
    installed ? `${ok} Installed: ${file}` : `${bad} Not installed: ${again}`,
    ...(isForeign === true ? [`${bad} ${file} was not made by this program; remove it yourself`] : []),
    ...(isChanged === true ? [color.yellow(`  it was changed by hand; ${again} writes it anew and keeps that`)] : []),
    ...(gone === undefined ? [] : [`${bad} Its program is gone: ${gone}; ${again}`]),
    ...(otherProgram === undefined ? [] : [color.yellow(`  it runs another program: ${otherProgram}; ${again}`)]),
    ...(installed ? [started ? `${ok} ${name} is started` : `${bad} ${name} is not started: ${again}`] : []),
    guard === undefined ? `${bad} Nothing guards this root now` : `${ok} Guarded by pid ${guard.pid}`,
    ...(lingers === false ? [color.dim(howToLinger)] : []),
    ...stale.map(({ path, root }) =>
      color.yellow(`  ${path} is for ${root}, which is gone; codex-auth guard --uninstall`),
    ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

export function renderLogs({ file, lines }: ServiceLogs): string {
  return lines.length === 0 ? `Nothing yet in ${file}\n` : lines.map((line) => `${line}\n`).join('');
}

export const GuardRounds = z.object({
  /** How often it has looked: at once, whenever something was due, and when files had changed. */
  rounds: z.number(),
  /** Access tokens that were about to expire and have been replaced. */
  refreshed: z.number(),
  /** Newer tokens of somebody else that were taken over. */
  adopted: z.number(),
  /** Left to the official client, which was running. */
  leftToClient: z.number(),
  failed: z.number(),
  /** Of those that failed: because of the network or the provider. */
  unreachable: z.number(),
  /** It was told to end, which is how it ends. */
  stopped: z.exactOptional(z.literal(true)),
  /** Its program was updated while it ran as a service, which starts it again. */
  updated: z.exactOptional(z.literal(true)),
});
export type GuardRounds = z.infer<typeof GuardRounds>;

function countsText({ rounds, refreshed, adopted, leftToClient, failed }: GuardRounds): string {
  const parts = [
    `${refreshed} refreshed`,
    `${adopted} taken over`,
    `${leftToClient} left to the client`,
    `${failed} failed`,
  ];
  return `${rounds} round${rounds === 1 ? '' : 's'}: ${parts.join(', ')}`;
}

export function renderRounds(result: GuardRounds, { color, symbols }: Theme): string {
  const mark = result.failed > 0 ? color.red(symbols.error) : color.green(symbols.ok);
  return `${mark} ${result.stopped === true ? 'stopped after ' : ''}${countsText(result)}\n`;
}
