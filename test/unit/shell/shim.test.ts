import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { isShim, isShimText, lastingTarget, shimNames, shimText, targetOf } from '../../../src/core/shell/shim.js';
import { shimMarkName } from '../../../src/core/storage/paths.js';
import { temporaryDirectory } from '../../support/temporary.js';

const templates = fileURLToPath(new URL('../../../bin/codex-auth.js', import.meta.url));

/** The name that a shell looks for on PATH. */
const [name = ''] = shimNames(false);

/** A script that shows what it was called with, one word a line, and what it read. */
const teller = (who: string) => `#!/bin/sh\nprintf '%s\\n' ${who} "$#"\nprintf '<%s>\\n' "$@"\ncat\nexit 7\n`;

function writeProgram(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

/** A shim whose target is a script that runs under `sh`, and an official client behind it. */
function installed() {
  const directory = temporaryDirectory();
  const bin = join(directory, "it's bin");
  const script = writeProgram(join(directory, 'our $program'), teller('ours'));
  const node = writeProgram(join(directory, "no'de"), '#!/bin/sh\nexec /bin/sh "$@"\n');
  // `shimText` reads the templates beside the script that the shim starts. Here the shim starts another script.
  const text = shimText('codex', { node, script: templates }).replace(templates, script);
  const shim = writeProgram(join(bin, 'codex'), text);
  writeFileSync(join(bin, shimMarkName), '');
  const client = writeProgram(join(directory, 'real', 'codex'), teller('client'));
  const path = (...directories: string[]) => [...directories, '/usr/bin', '/bin'].join(':');
  return {
    ...{ directory, bin, shim, script, node, client },
    real: dirname(client),
    run(argv: readonly string[], directories = [bin, dirname(client)], options: { input?: string; cwd?: string } = {}) {
      const env = { PATH: path(...directories), HOME: directory };
      return spawnSync(name, argv, { env, encoding: 'utf8', timeout: 20_000, ...options });
    },
  };
}

/** What a shell must not touch. */
const awkward = ['a b', '', "it's", '"', '*', '$HOME', '`id`', '\\', 'two\nlines', '-n', '--', 'é', ' '];
const told = (argv: readonly string[]) => `${argv.length}\n${argv.map((word) => `<${word}>\n`).join('')}`;

describe('the official client', () => {
  it('gets every word as it was typed, standard input, and its exit code through', () => {
    const { run } = installed();
    const { stdout, stderr, status } = run(awkward, undefined, { input: 'from\nstdin' });
    expect({ stdout, stderr, status }).toEqual({
      stdout: `client\n${told(awkward)}from\nstdin`,
      stderr: '',
      status: 7,
    });
  });

  it.each([
    [['exec', 'auth']],
    [['--', 'auth', 'list']],
    [['-c', 'x=y', 'auth', 'logout']],
    [['--auth']],
    [['Auth']],
    [['authenticate']],
    [[' auth']],
  ])('gets %j, where auth is not the first word', (argv) => {
    expect(installed().run(argv).stdout).toBe(`client\n${told(argv)}`);
  });

  it('runs without any word as well', () => {
    expect(installed().run([]).stdout).toMatch(/^client\n0\n/);
  });

  it('replaces the shim, so that it has its process and every signal reaches it', async () => {
    const { bin, client, real } = installed();
    writeProgram(client, '#!/bin/sh\ntrap "echo caught; exit 9" TERM\necho $$\nwhile :; do sleep 0.05; done\n');
    const child = spawn(name, [], {
      env: { PATH: `${bin}:${real}:/usr/bin:/bin` },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (text === `${child.pid}\n`) child.kill('SIGTERM');
    });
    const killer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    const [code] = await once(child, 'close');
    clearTimeout(killer);
    expect({ output, code }).toEqual({ output: `${child.pid}\ncaught\n`, code: 9 });
  });

  it('sees no variable of the shim', () => {
    const { client, run } = installed();
    writeProgram(client, '#!/bin/sh\nenv\n');
    expect(run([]).stdout).not.toMatch(/codex_auth/i);
  });
});

describe('the official client is found', () => {
  it('where it is now, after a move', () => {
    const { run, bin, client, directory } = installed();
    expect(run(['x']).status).toBe(7);
    mkdirSync(join(directory, 'new place'));
    renameSync(client, join(directory, 'new place', 'codex'));
    expect(run(['x'], [bin, join(directory, 'new place')]).stdout).toBe(`client\n${told(['x'])}`);
  });

  it.each<[string, (at: ReturnType<typeof installed>) => string[]]>([
    ['with the shim on PATH twice', ({ bin, real }) => [bin, bin, real, bin]],
    ['with the shim under a trailing slash', ({ bin, real }) => [`${bin}/`, bin, `${bin}//`, real]],
    ['with a link to the directory of the shim', (at) => [link(at, at.bin, 'linked'), at.bin, at.real]],
    ['with a link to the shim', (at) => [dirname(link(at, at.shim, 'other/codex')), at.bin, at.real]],
    ['with a link to the shim behind it', (at) => [at.bin, dirname(link(at, at.shim, 'other/codex')), at.real]],
    ['with a directory named codex before it', (at) => [at.bin, folder(at, 'odd/codex'), at.real]],
    ['with a file that cannot be run before it', (at) => [at.bin, unusable(at, 'odd/codex'), at.real]],
    ['with directories that do not exist', ({ bin, real }) => ['/nonexistent', bin, '/nonexistent/2', real]],
    ['with the shim of another root before it', (at) => [at.bin, secondShim(at), at.real]],
    ['between two shims', (at) => [at.bin, secondShim(at), at.bin, at.real]],
    ['before the shim, when that is called by its path', ({ bin, real }) => [real, bin]],
  ])('%s', (_, directories) => {
    const at = installed();
    const PATH = [...directories(at), '/usr/bin', '/bin'].join(':');
    const { stdout, stderr } = spawnSync(at.shim, ['x'], { env: { PATH }, encoding: 'utf8', timeout: 15_000 });
    expect(stderr).toBe('');
    expect(stdout).toBe(`client\n${told(['x'])}`);
  });

  it('in the current directory, where PATH has an empty entry, as a shell would', () => {
    const { run, bin, real } = installed();
    expect(run(['x'], [bin, ''], { cwd: real }).stdout).toBe(`client\n${told(['x'])}`);
  });

  const link = ({ directory }: { directory: string }, to: string, name: string) => {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    symlinkSync(to, join(directory, name));
    return join(directory, name);
  };
  const folder = ({ directory }: { directory: string }, name: string) => {
    mkdirSync(join(directory, name), { recursive: true });
    return dirname(join(directory, name));
  };
  const unusable = ({ directory }: { directory: string }, name: string) => {
    chmodSync(writeProgram(join(directory, name), teller('wrong')), 0o644);
    return dirname(join(directory, name));
  };
  const secondShim = ({ directory, shim }: { directory: string; shim: string }) => {
    const path = join(directory, 'root 2', 'bin', 'codex');
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(shim, path);
    writeFileSync(join(dirname(path), shimMarkName), '');
    return dirname(path);
  };
});

test('without an official client it says so, and ends with 127', () => {
  const { run, bin, shim } = installed();
  const { stdout, stderr, status } = run(['exec', 'x'], [bin, `${bin}/`]);
  expect({ stdout, status }).toEqual({ stdout: '', status: 127 });
  expect(stderr).toContain('the official Codex CLI is not on PATH');
  expect(stderr).toContain(shim);
  expect(stderr).toContain('npm install -g @openai/codex');
});

describe('"auth" as the first word', () => {
  it('goes to this program with the rest of the words, and says by which name', () => {
    const { run, script } = installed();
    const { stdout, status } = run(['auth', ...awkward], undefined, { input: 'typed' });
    expect({ stdout, status }).toEqual({ stdout: `ours\n${told(awkward)}typed`, status: 7 });
    writeProgram(script, 'echo "$CODEX_AUTH_INVOKED_AS"');
    expect(run(['auth']).stdout).toBe('codex auth\n');
  });

  it('falls back on codex-auth on PATH where the recorded program or its Node is gone', () => {
    for (const part of ['script', 'node'] as const) {
      const at = installed();
      rmSync(at[part]);
      const other = writeProgram(join(at.directory, 'other', 'codex-auth'), teller('fallback'));
      const { stdout } = at.run(['auth', 'list', ''], [at.bin, at.real, dirname(other)]);
      expect([part, stdout]).toEqual([part, `fallback\n${told(['list', ''])}`]);
    }
  });

  it('never reaches the official client, also where this program is gone', () => {
    const { run, script, node, shim } = installed();
    rmSync(script);
    const { stdout, stderr, status } = run(['auth', 'logout']);
    expect({ stdout, status }).toEqual({ stdout: '', status: 127 });
    for (const part of ['codex-auth is gone', script, node, 'codex-auth setup', `rm '${shim}'`])
      expect(stderr).toContain(part);
  });
});

describe('an installed shim', () => {
  it('tells whom it calls, whatever is in the paths', () => {
    const { shim, node, script } = installed();
    expect(targetOf(shim)).toEqual({ node, script });
    expect(targetOf('/nonexistent')).toBeUndefined();
  });

  it('is told from any other program', () => {
    const { shim, client } = installed();
    expect([shim, client, process.execPath, '/nonexistent'].map(isShim)).toEqual([true, false, false, false]);
    expect(isShimText(readFileSync(shim, 'utf8'))).toBe(true);
  });

  it('names Node by a link that is on PATH, which outlives an update', () => {
    const directory = temporaryDirectory();
    symlinkSync(process.execPath, join(directory, 'node'));
    const target = { node: process.execPath, script: '/x' };
    expect(lastingTarget(target, { PATH: directory }).node).toBe(join(directory, 'node'));
    expect(lastingTarget(target, { PATH: '/nonexistent' }).node).toBe(process.execPath);
  });
});

describe('the scripts for Windows', () => {
  const target = { node: 'C:\\100%\\node.exe', script: templates };
  it.each(['codex.cmd', 'codex.ps1'] as const)('%s is recognised, and has its target in it', (name) => {
    const text = shimText(name, target);
    expect(isShimText(text)).toBe(true);
    expect(text).not.toMatch(/@node@|@script@/);
    expect(text).toContain(name === 'codex.cmd' ? 'codex_auth_node=C:\\100%%\\node.exe"' : "'C:\\100%\\node.exe'");
  });
});

test('a program without its templates says how to get them back', () => {
  expect(() => shimText('codex', { node: 'node', script: '/nonexistent/codex-auth.js' })).toThrow(
    /cannot read the codex/,
  );
});
