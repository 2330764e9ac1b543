import { unprintable } from '../printable.js';

const longestQuote = 300;
/** More than this is not looked at: an answer may be a megabyte of one sentence. */
const longestRead = 4_000;

/** Known beginnings of tokens, JWTs and keys; whatever follows belongs to them. */
const tokenPrefix = /\b(?:eyJ|rt_|rt\.|at_|sk-|ac_|at-(?=\S{12}))[A-Za-z0-9_\-.+/=~%]{6,}/g;

/** Opaque tokens have no mark; a long run that no word or error code looks like is taken for one. */
const longRun = /[A-Za-z0-9_\-.+/=~%]{20,}/g;

/**
 * Text from the provider, made fit for a terminal, a log and `--json` (P18): one line, at most 300 characters, without
 * control characters and without anything that looks like a token. Removing too much is the lesser harm.
 */
export function quoteProviderText(text: string): string {
  const line = text
    .slice(0, longestRead)
    .replace(/[\r\n\t]+/g, ' ')
    .replace(unprintable, '')
    .replace(tokenPrefix, '[removed]')
    .replace(longRun, (run) => (/[A-Z0-9]/.test(run) ? '[removed]' : run))
    .trim();
  const characters = [...line];
  return characters.length <= longestQuote ? line : `${characters.slice(0, longestQuote - 1).join('')}…`;
}

/** An error code of the provider, or undefined when it is no plain lower-case word (and might be anything). */
export function readProviderCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z][a-z_]{1,63}$/.test(value) ? value : undefined;
}
