import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemErrorCode } from '../../src/core/errors.js';
import type { Provider } from './provider/start.js';

/** The pinned official client, or why the tests that need it are skipped. */
export type RealCodex = { readonly path: string } | { readonly missing: string };

/** The native binary that `npm ci --prefix test/real-client` installs; the JS launcher beside it is not needed. */
export function findRealCodex(): RealCodex {
  const platform = `codex-${process.platform}-${process.arch}`;
  const vendor = fileURLToPath(new URL(`../real-client/node_modules/@openai/${platform}/vendor`, import.meta.url));
  try {
    const [target] = readdirSync(vendor);
    if (target === undefined) return { missing: `${platform} is empty` };
    return { path: join(vendor, target, 'bin', process.platform === 'win32' ? 'codex.exe' : 'codex') };
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    return { missing: `@openai/${platform} is not installed: npm ci --prefix test/real-client` };
  }
}

/** A home for the client and everything it needs to talk to the stand-in only. */
export interface RealCodexHome {
  readonly codexHome: string;
  readonly authFile: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Makes a home below `directory` that reaches the stand-in by plain HTTP, the models on a second origin. The client's
 * TMPDIR is a sibling of CODEX_HOME, because it warns about a home below TMPDIR.
 */
export function realCodexHome(directory: string, provider: Provider): RealCodexHome {
  const [home, codexHome, temporary] = ['person', 'codex-home', 'tmp'].map((name) => join(directory, name));
  if (home === undefined || codexHome === undefined || temporary === undefined) throw new Error('unreachable');
  for (const each of [home, codexHome, temporary]) mkdirSync(each, { recursive: true, mode: 0o700 });
  writeFileSync(join(codexHome, 'config.toml'), configFor(provider));
  return {
    codexHome,
    authFile: join(codexHome, 'auth.json'),
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: home,
      CODEX_HOME: codexHome,
      TMPDIR: temporary,
      TERM: 'dumb',
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${provider.issuer}/oauth/token`,
    },
  };
}

function configFor({ backendUrl, modelBackendUrl }: Provider): string {
  return `cli_auth_credentials_store = "file"
check_for_update_on_startup = false
chatgpt_base_url = "${backendUrl}/"
openai_base_url = "${modelBackendUrl}"

[analytics]
enabled = false

[features]
plugins = false
apps = false
daemon_auto_start = false
`;
}

export interface CodexRun {
  readonly home: RealCodexHome;
  /** Default 30 s; then the client and its children are killed. */
  readonly timeoutMs?: number;
}

export interface CodexResult {
  /** Null when it was killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the client to its end, without a terminal or input. Never pass it a command that opens the TUI or a daemon. */
export async function runCodex(args: readonly string[], { home, timeoutMs = 30_000 }: CodexRun): Promise<CodexResult> {
  const codex = findRealCodex();
  if ('missing' in codex) throw new Error(codex.missing);
  const child = spawn(codex.path, args, {
    cwd: home.env['HOME'],
    env: home.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  const killer = setTimeout(() => killGroup(child.pid), timeoutMs);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    return { exitCode, ...output };
  } finally {
    clearTimeout(killer);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}
