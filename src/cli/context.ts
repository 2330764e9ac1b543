import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { type CodexHome, codexHomeAt } from '../core/codex/home.js';
import { type Environment, homeOf, readEnvironment } from '../core/environment.js';
import { AppError } from '../core/errors.js';
import type { HttpClient } from '../core/http/client.js';
import { locateScope, type Scope, scopeForReading, scopeForWriting } from '../core/project/scope.js';
import { type ResolvedSetting, resolveSettings, type Settings, settingsOf } from '../core/settings.js';
import { codexHome, type RootPaths, rootDirectory, rootPaths } from '../core/storage/paths.js';
import type { Root } from '../core/storage/root.js';
import { readSettingsFile } from '../core/storage/settings-file.js';
import type { Browser } from './browser.js';
import { createIo, type Io } from './io.js';
import type { Machine } from './machine.js';
import type { GlobalOptions } from './options.js';
import type { Prompter } from './prompter.js';
import { openProvider, type ProviderAccess } from './provider-access.js';

/** The capabilities of a command. Cheap ones are values; costly ones are made when first asked for. */
export interface Context {
  readonly io: Io;
  readonly clock: Clock;
  readonly environment: Environment;
  readonly machine: Machine;
  readonly options: GlobalOptions;
  readonly home: CodexHome;
  readonly root: Root;
  readonly signal: AbortSignal;
  /** Names this run in the refresh journal. */
  readonly runId: string;
  /** What the person should know besides the result: stderr as text, `warnings` as JSON. */
  warn(message: string): void;
  readonly warnings: readonly string[];
  resolvedSettings(): readonly ResolvedSetting[];
  settings(): Settings;
  /** For reading, a broken repository means the global scope and a warning; for writing it is an error. */
  readingScope(): Scope;
  writingScope(): Scope;
  /** An override of its address is announced once. */
  provider(): ProviderAccess;
  http(): Promise<HttpClient>;
  prompter(): Promise<Prompter>;
  browser(): Promise<Browser>;
  /**
   * Runs something that Ctrl-C must not cut off, such as a request that spends a refresh token: the run waits for it
   * before it ends, so that an answer is never thrown away.
   */
  uninterrupted<T>(task: () => Promise<T>): Promise<T>;
  /** Waits for what must not be cut off and closes connections. */
  close(): Promise<void>;
}

export function createContext(machine: Machine, options: GlobalOptions): Context {
  const environment = readEnvironment(machine.variables);
  const home = requireHome(environment);
  const locations = { ...environment, home };
  const paths = rootPaths(rootDirectory(locations));
  const io = createIo(machine.streams, environment, {
    color: options.color,
    // A program that reads JSON cannot answer.
    input: options.input && options.json !== true,
    mask: options.mask === true,
  });
  const warnings: string[] = [];
  const running = new Set<Promise<unknown>>();

  const resolvedSettings = once(() => {
    const file = options.config ?? paths.settings;
    return resolveSettings(readSettingsFile(file).values, environment.raw);
  });
  const settings = once(() => settingsOf(resolvedSettings()));
  const chosenScope = once(() => locateScope(options, settings(), { cwd: machine.cwd, home }));
  const http = once(() => openHttp(options, environment));

  const runId = once(() => randomUUID());
  const provider = once(() => {
    const access = openProvider(environment, machine, options);
    for (const variable of access.provider.overrides) {
      warn(`${variable} is set: requests go to ${environment.raw[variable]}, not to the official provider`);
    }
    return access;
  });

  function warn(message: string): void {
    if (warnings.includes(message)) return;
    warnings.push(message);
    if (options.json !== true) io.note(`warning: ${message}\n`);
  }

  return {
    io,
    clock: machine.clock,
    environment,
    machine,
    options,
    home: codexHomeAt(codexHome(locations)),
    root: rootOf(machine, paths),
    signal: machine.signal,
    get runId() {
      return runId();
    },
    warn,
    warnings,
    resolvedSettings,
    settings,
    readingScope() {
      const { scope, warning } = scopeForReading(chosenScope());
      if (warning !== undefined) warn(warning);
      return scope;
    },
    writingScope: () => scopeForWriting(chosenScope()),
    provider,
    http,
    prompter: async () => (await import('./prompter.js')).createPrompter(io, machine.signal),
    browser: async () => (await import('./browser.js')).createBrowser(environment),
    async uninterrupted(task) {
      const promise = task();
      running.add(promise);
      return promise.finally(() => running.delete(promise));
    },
    async close() {
      await Promise.allSettled(running);
      if (http.wasCalled()) await (await http()).close();
    },
  };
}

function rootOf(machine: Machine, paths: RootPaths): Root {
  const { clock, processes, effectiveUserId } = machine;
  return { paths, clock, processes, ...(effectiveUserId === undefined ? {} : { effectiveUserId }) };
}

/** The network stack is loaded by the first command that needs it. */
async function openHttp(options: GlobalOptions, environment: Environment): Promise<HttpClient> {
  const { createHttpClient } = await import('../core/http/undici-client.js');
  const { chooseProxy } = await import('../core/http/proxy.js');
  const choice = options.proxy === undefined ? {} : { option: options.proxy };
  return createHttpClient({ proxyFor: (url) => chooseProxy(url, { ...choice, environment: environment.raw }) });
}

function requireHome(environment: Environment): string {
  const home = homeOf(environment);
  if (home !== undefined) return home;
  throw new AppError('usage', 'HOME is not set, so there is no telling where your accounts are', {
    hint: 'set HOME, or CODEX_HOME and CODEX_MULTI_AUTH_DIR',
  });
}

interface Once<T> {
  (): T;
  wasCalled(): boolean;
}

function once<T>(make: () => T): Once<T> {
  let made: { readonly value: T } | undefined;
  const get = () => {
    made ??= { value: make() };
    return made.value;
  };
  return Object.assign(get, { wasCalled: () => made !== undefined });
}
