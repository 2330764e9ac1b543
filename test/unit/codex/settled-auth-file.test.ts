import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { isDamaged, readSettledAuthFile } from '../../../src/core/codex/auth-file-state.js';
import { codexHomeAt } from '../../../src/core/codex/home.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { tokenFor } from '../../support/unsigned-tokens.js';

const tokens = { id_token: tokenFor({ email: 'me@example.com' }), access_token: 'a', refresh_token: 'r' };
const whole = JSON.stringify({ auth_mode: 'chatgpt', tokens });

/** Reads a file that holds each of `contents` for one look, and the last one from then on. */
async function readWhile(contents: readonly string[]) {
  const directory = temporaryDirectory();
  const file = join(directory, 'auth.json');
  const [first = '', ...others] = contents;
  writeFileSync(file, first);
  let pauses = 0;
  const sleep = async () => {
    pauses += 1;
    const next = others.shift();
    if (next !== undefined) writeFileSync(file, next);
  };
  const state = await readSettledAuthFile(codexHomeAt(directory), { ...systemClock, sleep });
  return { state, pauses };
}

test('a file that makes sense is not waited for', async () => {
  const { state, pauses } = await readWhile([whole]);
  expect([state.content?.kind, pauses]).toEqual(['login', 0]);
});

test('a file that is being rewritten in place is read when it is whole', async () => {
  const { state, pauses } = await readWhile(['', whole.slice(0, 40), whole]);
  expect([state.content?.kind, pauses]).toEqual(['login', 2]);
});

test('a file that stays damaged is called that after a while', async () => {
  const { state, pauses } = await readWhile([whole.slice(0, 40)]);
  expect([isDamaged(state), pauses]).toEqual([true, 5]);
});

test('a file that stays empty holds nothing, which is said after a while', async () => {
  const { state, pauses } = await readWhile(['']);
  expect([state.content, pauses]).toEqual([undefined, 5]);
});

test('an API key is no damage', async () => {
  const { state, pauses } = await readWhile(['{"OPENAI_API_KEY":"sk-1"}']);
  expect([isDamaged(state), pauses]).toEqual([false, 0]);
});
