import * as z from 'zod/mini';
import { requireHome } from '../../core/environment.js';
import { AppError } from '../../core/errors.js';
import { readService, serviceId } from '../../core/service/installed.js';
import { managerOf, type ServiceManager, type Step } from '../../core/service/manager.js';
import type { ServiceFacts } from '../../core/service/service-files.js';
import { lastingTarget } from '../../core/shell/shim.js';
import type { Context } from '../program/context.js';
import { runBeside, type SideProgram, whyFailed } from './side-program.js';

export const managers = z.enum(['systemd', 'launchd', 'task-scheduler']);

export const howToLinger = 'It ends when you are logged out; to let it go on: loginctl enable-linger';

/** Where the service of this root is, and what starts it. */
export interface ServicePlace {
  readonly manager: ServiceManager;
  readonly id: string;
  readonly file: string;
}

/** Throws `not-allowed` for root, who has no services of a person, and where no service manager is known. */
export function servicePlace({ environment, machine, root }: Context): ServicePlace {
  if (machine.effectiveUserId === superuserId) {
    throw new AppError('not-allowed', 'a service of root would keep the logins of nobody', {
      hint: 'run it as yourself, without sudo; in a container codex-auth guard runs in the foreground',
    });
  }
  const manager = managerOf({
    platform: machine.platform,
    home: requireHome(environment),
    variables: environment.raw,
    userId: machine.effectiveUserId ?? 0,
    paths: root.paths,
  });
  if (manager === undefined) {
    throw new AppError('not-allowed', `no service manager is known on ${machine.platform}`, {
      hint: 'have codex-auth guard started by whatever starts programs here',
    });
  }
  const id = serviceId(root.paths.root);
  return { manager, id, file: manager.fileOf(id) };
}

const superuserId = 0;

/** The program under the names that outlive its updates, and what it needs of the environment of this moment. */
export function serviceFacts({ environment, machine, root, home }: Context, id: string): ServiceFacts {
  const { node, script } = lastingTarget(machine.program, environment.raw);
  const places = {
    ...(environment.codexHome === undefined ? {} : { CODEX_HOME: home.directory }),
    ...(environment.rootDir === undefined ? {} : { CODEX_MULTI_AUTH_DIR: root.paths.root }),
  };
  const taken = Object.entries(environment.raw).filter(([name]) => isTaken(name));
  const variables = { ...Object.fromEntries(taken), ...places };
  for (const text of [root.paths.root, node, script, ...Object.values(variables)]) assertOneLine(text);
  return { id, root: root.paths.root, node, script, variables };
}

/**
 * Whether a variable is taken over into the service: our own settings and the proxies are. Who a command runs as, and
 * by which name it was called, is about this moment only.
 */
function isTaken(name: string): boolean {
  if (name === 'CODEX_AUTH_ACCOUNT' || name === 'CODEX_AUTH_INVOKED_AS') return false;
  return /^(CODEX_AUTH_\w+|CODEX_CA_CERTIFICATE|(https?|all|no)_proxy)$/i.test(name);
}

function assertOneLine(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in it.
  if (!/[\u0000-\u001f\u007f]/.test(text)) return;
  throw new AppError('usage', `${text} cannot be part of a service, because of a character in it`, {
    hint: 'choose another name for it, or run codex-auth guard yourself',
  });
}

/** The file of the service of this root, where there is one of ours. */
export function installedService(context: Context): string | undefined {
  try {
    const { manager, id, file } = servicePlace(context);
    const service = readService(manager, id);
    return service === undefined || service === 'foreign' ? undefined : file;
  } catch (error) {
    // `servicePlace` has thrown: for this person, or on this system, there can be no service.
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** How long the service manager may take: what it starts and stops takes some seconds to end. */
const deadlineMs = 60_000;

/** Tells the service manager. Throws `not-allowed` with its own words where a step that must not fail did. */
export async function takeSteps(context: Context, steps: readonly Step[]): Promise<void> {
  for (const { argv, mayFail } of steps) {
    const program = programOf(context, argv);
    const problem = whyFailed(await runBeside(context, program), program);
    if (problem === undefined || mayFail === true) continue;
    throw new AppError('not-allowed', `"${argv.join(' ')}" did not work: ${problem}`, {
      hint: 'nothing was changed; codex-auth guard does the same in the foreground',
      details: { argv },
    });
  }
}

/** What a command answers; undefined where it fails. */
export async function answerOf(context: Context, argv: readonly string[]): Promise<string | undefined> {
  const end = await runBeside(context, programOf(context, argv));
  return end.kind === 'ended' && end.status === 0 ? end.stdout.trim() : undefined;
}

function programOf({ environment }: Context, argv: readonly string[]): SideProgram {
  return { argv, variables: environment.raw, deadlineMs };
}

/** Under systemd a person's services end with their last session, unless they linger; absent where nobody can tell. */
export async function lingers(
  context: Context,
  { kind }: Pick<ServiceManager, 'kind'>,
): Promise<{ readonly lingers?: boolean }> {
  const { effectiveUserId } = context.machine;
  if (kind !== 'systemd' || effectiveUserId === undefined) return {};
  const argv = ['loginctl', 'show-user', String(effectiveUserId), '--property=Linger', '--value'];
  const answer = await answerOf(context, argv);
  return answer === 'yes' || answer === 'no' ? { lingers: answer === 'yes' } : {};
}
