import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import open from 'open';
import type { Environment } from '../../core/environment.js';

export interface Browser {
  /** Resolves to false when no browser could be started; the URL is on the screen anyway. */
  show(url: string): Promise<boolean>;
}

/**
 * Whether a browser could open here at all: a container and a server have no screen. Where `BROWSER` is set, one can.
 */
export function hasScreen(environment: Environment, platform: NodeJS.Platform): boolean {
  if (platform === 'darwin' || platform === 'win32') return true;
  const { browser, display, waylandDisplay, wslDistribution } = environment;
  return [browser, display, waylandDisplay, wslDistribution].some((value) => value !== undefined);
}

/** The person's `BROWSER`, else the system's way of opening a URL. */
export function createBrowser(environment: Environment): Browser {
  const command = environment.browser;
  return {
    async show(url) {
      if (command === undefined) return showWithSystem(url);
      for (const words of commandsOf(command)) if (await showWith(words, url)) return true;
      return false;
    },
  };
}

async function showWithSystem(url: string): Promise<boolean> {
  try {
    const child = await open(url);
    return await hasStarted(child);
  } catch {
    // No opener installed, as on a server: the person copies the URL.
    return false;
  }
}

/** `BROWSER` may hold several commands, to be tried in order, unless the whole of it is the path of one program. */
function commandsOf(value: string): string[][] {
  if (existsSync(value)) return [[value]];
  const commands = value.split(delimiter).map((command) => command.split(/\s+/).filter((word) => word !== ''));
  return commands.filter((words) => words.length > 0);
}

/** `%s` stands for the URL; without it the URL comes last. */
function showWith([program = '', ...args]: readonly string[], url: string): Promise<boolean> {
  const hasPlace = args.includes('%s');
  const argv = hasPlace ? args.map((arg) => (arg === '%s' ? url : arg)) : [...args, url];
  const child = spawn(program, argv, { stdio: 'ignore', detached: true });
  child.unref();
  return hasStarted(child);
}

function hasStarted(child: ReturnType<typeof spawn>): Promise<boolean> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    if (child.pid !== undefined) resolve(true);
    else child.once('spawn', () => resolve(true));
  });
}
