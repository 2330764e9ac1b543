import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Usual } from '../../src/cli/program/as-usual.js';
import type { Launch, Machine } from '../../src/cli/program/machine.js';
import { runReady } from '../../src/cli/program/run-ready.js';
import type { Output } from '../../src/cli/terminal/io.js';
import { AppError } from '../../src/core/errors.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import { runCli } from '../support/cli.js';
import { alice, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
let own: RefreshHome;
let launched: Launch[];
let said: string;
beforeEach(async () => {
  [launched, said] = [[], ''];
  const directory = temporaryDirectory();
  const codexHome = join(directory, 'own');
  mkdirSync(codexHome);
  own = new RefreshHome(directory, provider, { codexHome });
  await own.addAccount('acc_alice', alice);
  await theUsualWay(['run', alice.email, '--', 'true']);
  launched = [];
});

const launch = async (program: Launch) => {
  launched.push(program);
  return 7;
};
const theUsualWay = (words: readonly string[]) => runCli(own.home, words, { launch });

/** A process that gives up as the real one does. */
function usually(): Usual {
  let isUsual = true;
  return {
    isAsUsual: () => isUsual,
    giveUp() {
      isUsual = false;
      throw new Error('not as usual');
    },
  };
}

const messages: Output = { write: (text) => (said += String(text)) };

function ready(words: readonly string[], { usual = usually(), launch: start = launch } = {}) {
  const machine = {
    variables: own.home.variables,
    streams: { messages, answers: messages } as Machine['streams'],
    ...{ cwd: own.home.cwd, clock: own.home.clock, processes: systemProcesses },
    ...{ platform: process.platform, architecture: process.arch, version: '0.0.0-test' },
    ...{ program: { node: process.execPath, script: '' }, signal: new AbortController().signal },
    ...{ unfinished: new Set<Promise<unknown>>(), neverAsks: true as const, launch: start },
  };
  return runReady(words, machine, usual);
}

describe('the short way of run', () => {
  it.each([
    ['run', alice.email, '--', 'sh', '-c', 'true', '--json', '--'],
    ['auth', 'run', '1', '--', 'sh'],
    ['run', '--here', '--', 'sh', 'run'],
  ])('starts what the usual way starts, for %s %s %s', async (...words) => {
    await theUsualWay(['switch', alice.email, '--here']);
    expect(await ready(words)).toBe(7);
    await theUsualWay(words);
    const [short, usual] = launched;
    expect(short).toEqual(usual);
    expect([launched.length, said]).toEqual([2, '']);
  });

  it.each([
    ['an account that is not there', ['run', 'nobody', '--', 'true'], () => undefined],
    ['a command that is not there', ['run', '1', '--', 'no-such-program'], () => undefined],
    ['a shared pool', ['run', '1', '--', 'true'], () => writeFileSync(own.root.paths.share, '{}')],
    ['something to warn of', ['run', '1', '--', 'true'], () => writeFileSync(own.root.paths.accountState, 'damage')],
  ])('starts and says nothing for %s', async (_, words, prepare) => {
    prepare();
    expect([await ready(words), launched, said]).toEqual([undefined, [], '']);
  });

  it('starts nothing where a schema was asked, whoever has caught what that threw', async () => {
    const usual = { ...usually(), isAsUsual: () => false };
    expect([await ready(['run', '1', '--', 'true'], { usual }), launched]).toEqual([undefined, []]);
  });

  it.each([
    ['of ours', new AppError('not-executable', 'it cannot be started'), 126],
    ['of nobody knows what', new TypeError('after it has started'), 1],
  ])('tells an error %s from starting itself, and so starts nothing twice', async (_, error, exitCode) => {
    const fail = async (program: Launch) => {
      launched.push(program);
      throw error;
    };
    expect(await ready(['run', '1', '--', 'true'], { launch: fail })).toBe(exitCode);
    expect([launched.length, said.split('error:').length]).toEqual([1, 2]);
  });
});
