import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/core/secret.js';
import { keyFromPhrase, phraseOf } from '../../../src/core/sharing/recovery-phrase.js';
import { newShareKey, shareKeyOf } from '../../../src/core/sharing/share-key.js';

describe('a recovery phrase', () => {
  test('is the key again, and no two keys have one', async () => {
    const key = newShareKey();
    const phrase = await phraseOf(key);
    expect(phrase.reveal().split(' ')).toHaveLength(24);
    expect((await keyFromPhrase(phrase)).bytes()).toEqual(key.bytes());
    expect((await phraseOf(newShareKey())).reveal()).not.toBe(phrase.reveal());
  });

  test('is the one that other programs make of the same bytes', async () => {
    const phrase = await phraseOf(shareKeyOf(new Uint8Array(32)));
    expect(phrase.reveal()).toBe(`${'abandon '.repeat(23)}art`);
  });

  test('may be typed as it was written down: numbered, in lines, with capitals', async () => {
    const key = newShareKey();
    const words = (await phraseOf(key)).reveal().split(' ');
    const written = words.map((word, position) => `${position + 1}. ${word.toUpperCase()}`).join('\n');
    expect((await keyFromPhrase(new Secret(written))).id).toBe(key.id);
  });

  const sample = `${'abandon '.repeat(23)}art`;
  const wrong: [string, string, RegExp][] = [
    [
      'a word that is in no list',
      sample.replace('abandon abandon', 'abandon canarius'),
      /its word 2 is not in the list/,
    ],
    ['a word too few', sample.replace('abandon ', ''), /it has 23 words instead of 24/],
    ['nothing', '  ', /it has 0 words/],
    ['two words that changed places', `art ${'abandon '.repeat(23)}`, /its last word does not fit/],
  ];
  test.each(wrong)('with %s is refused, and none of it is repeated', async (_what, text, why) => {
    const error = await keyFromPhrase(new Secret(text)).catch((caught: Error) => caught);
    expect(error).toMatchObject({ code: 'usage', message: expect.stringMatching(why) });
    expect(String(error)).not.toMatch(/abandon|canarius|\bart\b/);
  });
});
