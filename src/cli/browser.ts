import { spawn } from 'node:child_process';
import open from 'open';
import type { Environment } from '../core/environment.js';

export interface Browser {
  /** Resolves to false when no browser could be started; the URL is on the screen anyway. */
  show(url: string): Promise<boolean>;
}

/** The person's `BROWSER`, else the system's way of opening a URL. */
export function createBrowser(environment: Environment): Browser {
  const command = environment.browser;
  return { show: (url) => (command === undefined ? showWithSystem(url) : showWith(command, url)) };
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

/** `BROWSER` may hold several commands separated by colons, with `%s` for the URL. */
function showWith(command: string, url: string): Promise<boolean> {
  const [first = ''] = command.split(':').filter((part) => part !== '');
  const [program = '', ...args] = first.split(/\s+/).filter((part) => part !== '');
  const hasPlace = args.includes('%s');
  const argv = hasPlace ? args.map((arg) => (arg === '%s' ? url : arg)) : [...args, url];
  const child = spawn(program, argv, { stdio: 'ignore', detached: true });
  child.unref();
  return hasStarted(child);
}

function hasStarted(child: ReturnType<typeof spawn>): Promise<boolean> {
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(true));
    child.once('error', () => resolve(false));
    if (child.pid !== undefined) resolve(true);
  });
}
