import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

const home = mkdtempSync(join(tmpdir(), 'codex-auth-kill-'));
const under = join(home, 'watched');
const script = join(home, 'script.mjs');
const preload = new URL('../support/kill-at-step.mjs', import.meta.url).href;

afterAll(() => rmSync(home, { recursive: true, force: true }));

beforeEach(() => {
  rmSync(under, { recursive: true, force: true });
  mkdirSync(under);
});

function run(source: string, env: object = {}) {
  writeFileSync(script, source);
  const result = spawnSync(process.execPath, ['--import', preload, script], {
    cwd: under,
    env: { KILL_AT_UNDER: under, KILL_AT_LOG: join(home, 'log.json'), ...env },
    encoding: 'utf8',
  });
  return { signal: result.signal, status: result.status, stderr: result.stderr };
}

const steps = () => (JSON.parse(readFileSync(join(home, 'log.json'), 'utf8')) as { steps: string[] }).steps;

const styles: [string, string][] = [
  [
    'synchronous',
    `import * as fs from 'node:fs'; fs.writeFileSync('a', 'text'); fs.renameSync('a', 'b'); fs.unlinkSync('b');`,
  ],
  [
    'promise',
    `import { rename, unlink, writeFile } from 'node:fs/promises'; await writeFile('a', 'text'); await rename('a', 'b'); await unlink('b');`,
  ],
];

const descriptors: [string, string][] = [
  [
    'a descriptor',
    `import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
     const fd = openSync('a', 'wx'); writeSync(fd, 'text'); fsyncSync(fd); closeSync(fd);`,
  ],
  [
    'a callback',
    `import fs from 'node:fs';
     fs.open('a', 'wx', (_, fd) => fs.write(fd, 'text', () => fs.fsync(fd, () => fs.closeSync(fd))));`,
  ],
  [
    'a file handle',
    `import { open } from 'node:fs/promises';
     const file = await open('a', 'wx'); await file.write(Buffer.from('text')); await file.sync(); await file.close();`,
  ],
];

describe('kill-at-step', () => {
  it.each(styles)('sees every change of the %s functions', (_style, source) => {
    expect(run(source)).toEqual({ signal: null, status: 0, stderr: '' });
    expect(steps()).toEqual(['writeFile a', 'writeFile a (half)', 'rename a', 'unlink b']);
  });

  it.each(descriptors)('sees every change through %s', (_style, source) => {
    expect(run(source)).toEqual({ signal: null, status: 0, stderr: '' });
    expect(steps()).toEqual(['open a', 'write a', 'write a (half)', 'fsync a']);
    expect(readFileSync(join(under, 'a'), 'utf8')).toBe('text');
  });

  it.each(descriptors)('kills before a step, or in the middle of a write through %s', (_style, source) => {
    const contentAfter = (step: number) => {
      rmSync(join(under, 'a'), { force: true });
      expect(run(source, { KILL_AT_STEP: `${step}` }).signal).toBe(step > 4 ? null : 'SIGKILL');
      return existsSync(join(under, 'a')) ? readFileSync(join(under, 'a'), 'utf8') : undefined;
    };
    expect([1, 2, 3, 4, 5].map(contentAfter)).toEqual([undefined, '', 'te', 'text', 'text']);
  });

  it('does not count what is read, or written elsewhere', () => {
    const elsewhere = JSON.stringify(join(home, 'watched-not'));
    run(
      `import * as fs from 'node:fs'; fs.writeFileSync(${elsewhere}, 'x'); fs.readdirSync('.'); fs.openSync('.', 'r');`,
    );
    expect(steps()).toEqual([]);
  });
});
