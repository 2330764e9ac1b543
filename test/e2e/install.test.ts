import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { project } from '../support/docs/markdown-files.js';
import { type OtherNode, otherNodes } from '../support/other-nodes.js';
import { cleanEnvironment, packProject } from '../support/packed.js';
import { builtProject } from '../support/program-process.js';

const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const own: OtherNode = { version: process.versions.node, path: process.execPath };
const nodes = [own, ...otherNodes()].map((node) => ({
  node,
  name: 'path' in node ? `Node ${node.version}` : `Node ${node.version} (skipped: ${node.missing})`,
}));

/** npm as a script, which any Node can run. */
const npm = realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim());

let directory: string;
let archive: string;
beforeAll(() => {
  directory = mkdtempSync(join(realpathSync(tmpdir()), 'codex-auth-install-'));
  archive = packProject(directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Installs globally below a prefix of its own, with `node` as the first Node on PATH. */
function install(node: string, name: string, what: string) {
  const prefix = join(directory, name);
  const bin = join(prefix, 'node');
  mkdirSync(bin, { recursive: true });
  symlinkSync(node, join(bin, 'node'));
  const env = { ...cleanEnvironment(directory), PATH: [join(prefix, 'bin'), bin, '/usr/bin', '/bin'].join(delimiter) };
  const argv = [npm, 'install', '--global', '--offline', '--no-audit', '--no-fund', '--prefix', prefix, what];
  const installed = spawnSync(node, argv, { env, cwd: directory, encoding: 'utf8' });
  const run = (...words: string[]) =>
    spawnSync(join(prefix, 'bin', 'codex-auth'), words, { env, cwd: directory, encoding: 'utf8' });
  return { prefix, installed, run };
}

describe.each(nodes)('$name', ({ node }) => {
  const path = 'path' in node ? node.path : '';

  it.skipIf(path === '').each([
    ['a checkout', () => builtProject()],
    ['an archive', () => archive],
  ])('installs %s, which runs, with its pages and its manual', (what, from) => {
    const { prefix, installed, run } = install(path, `${node.version}-${what.replace(' ', '-')}`, from());
    expect({ status: installed.status, stderr: installed.stderr }).toMatchObject({ status: 0 });
    expect(run('--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
    expect(run('list').stdout).toContain('There are no accounts yet');
    expect(run('help', 'lock-busy').stdout).toMatch(/^lock-busy\n\nAnother process/);
    expect(existsSync(join(prefix, 'share', 'man', 'man1', 'codex-auth.1'))).toBe(true);
  });
});

describe('where another program has the name', () => {
  it('setup names it and the package it is from', () => {
    const { prefix, run } = install(process.execPath, 'namesake', archive);
    const other = join(prefix, 'other', 'node_modules', '@somebody', 'codex-auth');
    const bin = join(prefix, 'other', 'bin');
    for (const each of [other, bin]) mkdirSync(each, { recursive: true });
    writeFileSync(join(other, 'cli.js'), '#!/bin/sh\n', { mode: 0o755 });
    symlinkSync(join(other, 'cli.js'), join(bin, 'codex-auth'));
    const env = { PATH: `${bin}:${prefix}/bin:${prefix}/node:/usr/bin:/bin`, HOME: directory, SHELL: '/bin/bash' };
    const argv = ['setup', '--dry-run'];
    const { stderr } = spawnSync(join(prefix, 'bin', 'codex-auth'), argv, { env, encoding: 'utf8' });
    expect(stderr).toContain(
      `warning: "codex-auth" is another program, ${bin}/codex-auth; type "codex auth" for this one`,
    );
    expect(stderr).toContain('npm uninstall --global @somebody/codex-auth');
    expect(run('setup', '--dry-run', '--shell', 'bash').stderr).not.toContain('another program');
  });
});
