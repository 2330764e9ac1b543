import { describe, expect, it } from 'vitest';
import { exitCodeByError } from '../../src/cli/program/exit-codes.js';
import { failureDocument, failureOf, failureText, troubleshootingOf } from '../../src/cli/program/output.js';
import { plainStyle } from '../../src/cli/terminal/io.js';
import { checks } from '../../src/core/diagnostics/catalogue.js';
import { AppError } from '../../src/core/errors.js';
import { anchorsOf, markdownFiles } from '../support/docs/markdown-files.js';

const plain = { ...plainStyle, hasUnicode: true };
const page = markdownFiles().find(({ path }) => path === 'docs/troubleshooting.md') ?? { path: '', text: '' };
const anchors = anchorsOf(page);

describe('the troubleshooting page', () => {
  it('has the section that an error points to, for every error that points to one', () => {
    const targets = Object.keys(exitCodeByError).flatMap((code) => troubleshootingOf(code) ?? []);
    expect(targets.filter((target) => !anchors.includes(target.replace('codex-auth help ', '')))).toEqual([]);
    expect(new Set(targets).size).toBe(targets.length);
  });

  it('explains every error but those whose hint says everything', () => {
    const others = Object.keys(exitCodeByError).filter((code) => troubleshootingOf(code) === undefined);
    expect(others.sort()).toEqual([
      'ambiguous-selector',
      'command-not-found',
      'confirmation-needed',
      'declined',
      'empty-pool',
      'interrupted',
      'no-such-account',
      'not-executable',
      'usage',
    ]);
    expect(anchors).toEqual(
      expect.arrayContaining(Object.keys(exitCodeByError).filter((code) => !others.includes(code))),
    );
  });

  it.each([
    'refresh_token_reused',
    'refresh_token_expired',
    'refresh_token_invalidated',
    'token_expired',
    'rotation-lost',
    'missing-field-id_token',
    'all-accounts-unhealthy',
    'keyring',
    'forced-workspace',
    'restricted-login',
    'an-api-key-in-authjson',
    'the-old-account-after-a-switch',
    'codex-auth-reaches-the-official-client',
  ])('has a section about %s', (anchor) => expect(anchors).toContain(anchor));

  it('calls the rows of the doctor what the doctor calls them', () => {
    const titles = checks.map(({ title }) => title);
    const quoted = [...page.text.replace(/\s+/g, ' ').matchAll(/(?:under|at|and|as|\() ?"([A-Z][^"]+|codex auth)"/g)];
    const named = quoted.map(([, title = '']) => title);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((title) => !titles.includes(title))).toEqual([]);
  });
});

describe('an error', () => {
  it('says where there is more about it, as text and as JSON', () => {
    const failure = failureOf(new AppError('lock-busy', 'somebody holds it', { hint: 'wait' }));
    expect(failureText(failure, plain)).toBe(
      'error: somebody holds it\n  → wait\n  → more: codex-auth help lock-busy\n',
    );
    expect(JSON.parse(failureDocument('list', failure)).error.docs).toBe('codex-auth help lock-busy');
  });

  it('says nothing more where the hint is all there is', () => {
    const failure = failureOf(new AppError('empty-pool', 'there are no accounts yet', { hint: 'codex-auth login' }));
    expect(failureText(failure, plain)).not.toContain('more:');
    expect(JSON.parse(failureDocument('list', failure)).error).not.toHaveProperty('docs');
  });
});
