import { describe, expect, test } from 'vitest';
import { exitCodeByError } from '../../src/cli/program/exit-codes.js';
import { troubleshootingOf } from '../../src/cli/program/output.js';
import { createTestHome, runCli } from '../support/cli.js';
import { anchorsOf, markdownFiles } from '../support/docs/markdown-files.js';

const help = (...words: string[]) => runCli(createTestHome(), ['help', ...words]);

const page = markdownFiles().find(({ path }) => path === 'docs/troubleshooting.md') ?? { path: '', text: '' };
const sections = anchorsOf({ ...page, text: page.text.replace(/^##? .*$/gm, '') });

describe('codex-auth help <topic>', () => {
  test.each(sections)('%s is a section of the troubleshooting page, without its Markdown', async (name) => {
    const { exitCode, stdout, stderr } = await help(name);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n').length).toBeGreaterThan(2);
    expect(stdout).not.toMatch(/^#|\]\(|^```/m);
  });

  test('is there for every error whose hint names one', () => {
    const targets = Object.keys(exitCodeByError).flatMap((code) => troubleshootingOf(code) ?? []);
    expect(targets.filter((target) => !sections.includes(target.replace('codex-auth help ', '')))).toEqual([]);
  });

  test('takes the words of a heading, and a part that fits one only', async () => {
    const whole = (await help('lock-busy')).stdout;
    expect(whole).toMatch(/^lock-busy\n\nAnother process holds the files/);
    expect((await help('lock', 'busy')).stdout).toBe(whole);
    expect((await help('missing', 'field')).stdout).toMatch(/^missing field id_token\n/);
    expect((await help('the', 'old', 'account', 'after', 'a', 'switch')).stdout).toMatch(/^the old account/);
  });

  test('lists what a part fits that fits several, and all of them', async () => {
    expect((await help('refresh_token')).stdout).toContain('codex-auth help refresh_token_reused\n');
    expect((await help('topics')).stdout.trimEnd().split('\n')).toHaveLength(sections.length);
  });

  test('is broken at the width of the terminal', async () => {
    const { stdout } = await runCli(createTestHome(), ['help', 'lock-busy'], {
      terminal: { columns: 50 },
      variables: { COLUMNS: '', TERM: 'xterm', NO_COLOR: '1' },
    });
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(50);
  });

  test('leaves the names of commands to their help', async () => {
    expect((await help('switch')).stdout).toMatch(/^Usage: codex-auth switch/);
    expect((await help('config', 'set')).stdout).toMatch(/^Usage: codex-auth config set/);
  });
});
