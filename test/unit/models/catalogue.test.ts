import { expect, test } from 'vitest';
import { parseModels } from '../../../src/core/models/catalogue.js';

test('the models a person may choose, best first and each once', () => {
  const body = {
    models: [
      { slug: 'third', priority: 9, visibility: 'list' },
      { slug: 'hidden', priority: 1, visibility: 'hide' },
      { slug: 'first', priority: 1, visibility: 'list' },
      { slug: 'second', priority: 2 },
      { slug: 'first', priority: 5 },
      { slug: 'last' },
      { display_name: 'nameless' },
      'nonsense',
      { slug: 7 },
    ],
  };
  expect(parseModels(body)).toEqual(['first', 'second', 'third', 'last']);
});

test.each([[{ models: [] }], [{ models: 'none' }], [{}], [null], ['<html>']])('none in %j', (body) => {
  expect(parseModels(body)).toEqual([]);
});
