import { expect, it } from 'vitest';
import { isLimitOf, isSameModel, modelsNamedIn } from '../../../src/core/quota/model-names.js';

it.each([
  ['gpt-5.5-codex', 'GPT 5.5 Codex', true],
  ['gpt-5.5-codex', 'gpt55codex', true],
  ['gpt-5.5-codex', 'gpt-5.4-codex', false],
  ['gpt-6', 'gpt-6-preview', true],
  ['gpt-6', 'gpt-6 latest', true],
  ['gpt-6', 'gpt-6_beta', true],
  ['gpt-6', 'gpt-6-Alpha', true],
  ['gpt-6', 'gpt-6-exp', true],
  ['gpt-6', 'gpt-6-experimental', true],
  ['gpt-6', 'gpt-6-rc', true],
  ['gpt-6', 'gpt-6-rc12', true],
  ['gpt-6', 'gpt-6-2026-11-21', true],
  ['gpt-6', 'gpt-6-20261121', true],
  ['gpt-6', ' gpt-6-preview ', true],
  ['gpt-6', 'GPT-6 (Preview)', true],
  ['gpt-6', 'gpt-6 [beta]', true],
  ['gpt-6', 'gpt-6: preview', true],
  ['gpt-6', 'gpt-6-preview-2026-11-21', true],
  ['gpt-6', 'gpt-6-2026-11-21 (experimental)', true],
  ['gpt-6', 'gpt-6.preview', true],
  ['preview', 'gpt-6-preview', false],
  ['gpt-6', 'gpt-6-preview-mini', false],
  ['gpt-6', 'gpt-6-21', false],
  ['gpt-6', 'gpt-6preview', false],
  ['préview', 'PRÉVIEW', true],
  ['préview', 'prview', false],
  ['---', '---', true],
  ['---', '...', false],
])('%s and %s are one model: %s', (a, b, expected) => {
  expect(isSameModel(a, b)).toBe(expected);
  expect(isSameModel(b, a)).toBe(expected);
});

it.each<[string | undefined, boolean]>([
  ['Spark', true],
  ['codex-spark', true],
  ['gpt-6-spark', true],
  ['gpt-6', false],
  [undefined, false],
])('a limit is of the model %s: %s', (model, expected) => {
  const limit = { limitName: 'Spark', meteredFeature: 'codex_spark', modelSlug: 'gpt-6-spark', windows: [] };
  expect(isLimitOf(limit, model)).toBe(expected);
});

it('a limit without a slug has its two names', () => {
  const limit = { limitName: 'Spark', meteredFeature: 'codex_spark', windows: [] };
  expect(isLimitOf(limit, 'undefined')).toBe(false);
  expect(isLimitOf(limit, 'codex_spark')).toBe(true);
});

it('the models of an answer are shown by one name each, and understood by all', () => {
  const answer = {
    observedAt: 0,
    windows: [],
    modelUsage: [{ slug: 'gpt-6' }],
    additional: [
      { limitName: 'Spark', meteredFeature: 'codex_spark', modelSlug: 'gpt-6-spark', windows: [] },
      { limitName: 'Other', meteredFeature: 'codex_other', windows: [] },
    ],
  };
  expect(modelsNamedIn(answer)).toEqual({
    shown: ['gpt-6', 'gpt-6-spark', 'Other'],
    understood: ['gpt-6', 'gpt-6-spark', 'Spark', 'codex_spark', 'Other', 'codex_other'],
  });
  expect(modelsNamedIn({ observedAt: 0, windows: [], additional: [] })).toEqual({ shown: [], understood: [] });
});
