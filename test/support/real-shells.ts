import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Shells that run here; a test of one that is missing skips, and its name says so. */
export const shellPrograms = { sh: '/bin/sh', bash: '/bin/bash', zsh: '/bin/zsh', fish: '/usr/bin/fish' } as const;

export type RealShell = keyof typeof shellPrograms;

export function isMissing(shell: RealShell): boolean {
  return !existsSync(shellPrograms[shell]);
}

export interface ShellResult {
  /** Null when it was killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one line as somebody would type it in a new shell: `-ic` for a terminal, `-lc` for a login. The shell has a
 * session of its own, because an interactive one takes the terminal of the tests for itself; it is killed with all its
 * children after 30 s.
 */
export function typeInShell(
  shell: RealShell,
  line: string,
  { env, flags = '-ic' }: { readonly env: Readonly<Record<string, string>>; readonly flags?: '-ic' | '-lc' },
): Promise<ShellResult> {
  const options = { env, cwd: env['HOME'], detached: true } as const;
  const child = spawn(shellPrograms[shell], [flags, line], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  const killer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), 30_000);
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (exitCode) => {
      clearTimeout(killer);
      resolve({ exitCode, ...output });
    });
  });
}
