import { expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { late } from '../../src/process/late-schema.js';

const functions: Readonly<Record<string, unknown>> = { ...z };

/** The functions of zod, made late as the build makes them. */
function lateZod() {
  const find = vi.fn((name: string) => functions[name] as (...parts: unknown[]) => unknown);
  const lateNamed = (name: string) => late(() => find(name));
  const [string, object, array, union, number] = ['string', 'object', 'array', 'union', 'number'].map(lateNamed);
  const [exactOptional, minLength] = ['exactOptional', 'minLength'].map(lateNamed);
  if (!string || !object || !array || !union || !number || !exactOptional || !minLength) throw new Error('none');
  return { find, string, object, array, union, number, exactOptional, minLength };
}

it('makes nothing before it is asked, and then only what it is made of', () => {
  const { find, string, object, exactOptional } = lateZod();
  const name = string();
  const person = object({ name });
  object({ others: exactOptional(string()) });
  expect(find).not.toHaveBeenCalled();

  expect(person.parse({ name: 'Ada', other: 1 })).toEqual({ name: 'Ada' });
  expect(find.mock.calls).toEqual([['object'], ['string']]);
  expect(person.safeParse({ name: 1 })).toMatchObject({ success: false });
  expect(find).toHaveBeenCalledTimes(2);
});

it('finds schemas in objects, in lists and in checks', () => {
  const { string, object, array, union, number, minLength } = lateZod();
  const list = array(object({ each: union([number(), string().check(minLength(2))]) }));
  expect(list.safeParse([{ each: 1 }, { each: 'ab' }])).toMatchObject({ success: true });
  expect(list.safeParse([{ each: 'a' }])).toMatchObject({ success: false });
});

it('gives its shape to another one, unmade', () => {
  const { find, string, object } = lateZod();
  const inner = object({ name: string() });
  const shape = inner.shape as Record<string, unknown>;
  const outer = object({ ...shape, place: string() });
  expect(find).not.toHaveBeenCalled();
  expect(outer.safeParse({ name: 'a', place: 'b' })).toMatchObject({ success: true });
  expect(outer.safeParse({ place: 'b' })).toMatchObject({ success: false });
});
