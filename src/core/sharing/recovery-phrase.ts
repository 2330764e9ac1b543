import { AppError } from '../errors.js';
import { Secret } from '../secret.js';
import { type ShareKey, shareKeyOf } from './share-key.js';

/** How many words the 32 bytes of a key take, its checksum among them. */
export const phraseWords = 24;

/** Loads the long list of words, which only making or typing a key needs. */
async function loadWords() {
  const [{ entropyToMnemonic, mnemonicToEntropy }, { wordlist }] = await Promise.all([
    import('@scure/bip39'),
    import('@scure/bip39/wordlists/english.js'),
  ]);
  return { entropyToMnemonic, mnemonicToEntropy, wordlist };
}

/** The key as 24 English words of BIP 39, which can be written down and read out. */
export async function phraseOf(key: ShareKey): Promise<Secret> {
  const { entropyToMnemonic, wordlist } = await loadWords();
  return new Secret(entropyToMnemonic(key.bytes(), wordlist));
}

/**
 * The key that a phrase stands for, however its words are numbered, broken into lines or capitalized. Throws `usage`, which
 * names places and never words: most of a phrase is as good as all of it.
 */
export async function keyFromPhrase(phrase: Secret): Promise<ShareKey> {
  const words =
    phrase
      .reveal()
      .toLowerCase()
      .match(/[a-z]+/g) ?? [];
  const { mnemonicToEntropy, wordlist } = await loadWords();
  const position = words.findIndex((word) => !wordlist.includes(word));
  if (position >= 0) throw wrongPhrase(`its word ${position + 1} is not in the list of words`);
  if (words.length !== phraseWords) throw wrongPhrase(`it has ${words.length} words instead of ${phraseWords}`);
  try {
    return shareKeyOf(mnemonicToEntropy(words.join(' '), wordlist));
  } catch {
    // The library's own message says no more than ours, and could quote what was typed.
    throw wrongPhrase('its last word does not fit the others, so that one of them is wrong or in a wrong place');
  }
}

function wrongPhrase(reason: string): AppError {
  return new AppError('usage', `this is no recovery phrase: ${reason}`, {
    hint: 'codex-auth share phrase  (on a machine that has the key, shows it again)',
  });
}
