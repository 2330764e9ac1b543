import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAuthFile } from '../../../src/core/codex/auth-file-state.js';
import { codexHomeAt, runningDaemon } from '../../../src/core/codex/home.js';
import { systemProcesses } from '../../../src/core/storage/process-table.js';
import { writeJson } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';

describe('the background server of the official client', () => {
  const daemonIn = (content: unknown) => {
    const home = codexHomeAt(temporaryDirectory());
    if (content !== undefined) writeJson(join(home.directory, 'app-server-daemon', 'daemon.pid'), content);
    return runningDaemon(home, systemProcesses);
  };

  it.each([
    ['an object', { pid: process.pid }],
    ['a number', process.pid],
  ])('is found by the pid in %s', (_what, content) => {
    expect(daemonIn(content)).toBe(process.pid);
  });

  it.each([
    ['there is no file', undefined],
    ['its process has ended', { pid: 2 ** 22 + 1 }],
    // kill(2) means whole groups of processes by these, our own among them.
    ['the pid is zero', { pid: 0 }],
    ['the pid is negative', { pid: -1 }],
    ['the pid is no number', { pid: `${process.pid}` }],
    ['there is no pid', {}],
    ['the file holds nothing', null],
  ])('is not there when %s', (_what, content) => {
    expect(daemonIn(content)).toBeUndefined();
  });
});

it('an absent or empty auth.json has no content, and one that is a directory is an error', () => {
  const directory = temporaryDirectory();
  expect(readAuthFile(codexHomeAt(directory))).toEqual({ version: { kind: 'absent' } });
  const home = { directory, authFile: directory };
  expect(() => readAuthFile(home)).toThrow(expect.objectContaining({ code: 'storage-unreadable' }));
  writeFileSync(join(directory, 'auth.json'), '');
  expect(readAuthFile(codexHomeAt(directory)).content).toBeUndefined();
});
