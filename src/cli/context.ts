import type { Clock } from '../core/clock.js';
import { type CodexHome, codexHomeAt } from '../core/codex/home.js';
import { type Environment, homeIfNeeded, readEnvironment } from '../core/environment.js';
import { AppError } from '../core/errors.js';
import type { HttpClient } from '../core/http/client.js';
import { createProxyFor, type ProxyFor } from '../core/http/proxy-for.js';
import { locateScope, type Scope, type ScopeChoice, scopeForReading, scopeForWriting } from '../core/project/scope.js';
import { type ResolvedSetting, resolveSettings, type Settings, settingsOf } from '../core/settings.js';
import { locate, type RootPaths, rootPaths } from '../core/storage/paths.js';
import type { ProjectPlace, Root } from '../core/storage/root.js';
import { readSettings } from '../core/storage/settings-file.js';
import type { Browser } from './browser.js';
import { createIo, type Io } from './io.js';
import type { Machine } from './machine.js';
import { configOption, type GlobalOptions } from './options.js';
import { isAnimated } from './progress.js';
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
  /** The person wants the root where it is, beside other things. */
  adoptRoot(): void;
  /** Why the environment names no place for those two; only where the command asked for a context all the same. */
  readonly misplacement?: AppError;
  readonly signal: AbortSignal;
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
  /** How a request to this address leaves the machine; may ask the system. */
  readonly proxyFor: ProxyFor;
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

/** Throws `usage` where the environment names no place for files, unless the command only looks and `anywhere` says so. */
export function createContext(machine: Machine, options: GlobalOptions, { anywhere = false } = {}): Context {
  const environment = readEnvironment(machine.variables);
  const home = homeIfNeeded(environment);
  const { codexHome, root, problem } = locate({ ...environment, home }, machine.cwd);
  if (problem !== undefined && !anywhere) throw problem;
  const paths = rootPaths(root);
  const io = createIo(machine.streams, environment, {
    color: options.color,
    // A program that reads JSON cannot answer.
    input: options.input && options.json !== true && machine.neverAsks !== true,
    mask: options.mask === true,
    plain: options.plain === true,
  });
  const warnings: string[] = [];
  let mayAdopt = false;
  const running = new Set<Promise<unknown>>();

  const resolvedSettings = once(() =>
    resolveSettings(readSettings(options.config, paths.settings).values, environment.raw, configOption(options)),
  );
  const settings = once(() => settingsOf(resolvedSettings()));
  // The settings are read only where they decide.
  const setting = {
    get perProjectAccounts() {
      return settings().perProjectAccounts;
    },
  };
  const chosenScope = once(() => locateScope(options, setting, { cwd: machine.cwd, home }));
  // A --project that names nothing is a mistake, also for a command that would not look.
  if (options.project !== undefined) chosenScope();
  const proxies = once(() => {
    const { clock, platform } = machine;
    return createProxyFor({ clock, platform, environment: environment.raw, option: options.proxy, warn });
  });
  const http = once(() => openHttp(environment, proxies()));

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
    if (options.json !== true) io.note(`warning: ${message}`);
  }

  function onMerged(legacyKey: string, keptFiles: readonly string[]): void {
    const copies = keptFiles.length === 0 ? '' : `; copies are in ${keptFiles.join(' and ')}`;
    warn(`the accounts of projects/${legacyKey}, which were kept for one checkout, are this project's now${copies}`);
  }

  function projects(): ProjectPlace[] {
    const scope = knownScope(chosenScope);
    return scope?.kind === 'project' ? [{ ...scope, onMerged }] : [];
  }

  return {
    io,
    clock: machine.clock,
    environment,
    machine,
    options,
    home: codexHomeAt(codexHome),
    root: {
      ...rootOf(machine, paths, projects, (owner) => {
        const who = owner === undefined ? '' : ` (pid ${owner.pid})`;
        if (isAnimated(options, environment)) io.status(`Waiting for another codex-auth${who}`);
      }),
      ...(environment.rootDir === undefined ? {} : { mayAdopt: () => mayAdopt }),
    },
    adoptRoot() {
      mayAdopt = true;
    },
    ...(problem === undefined ? {} : { misplacement: problem }),
    signal: machine.signal,
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
    proxyFor: (url) => proxies()(url),
    prompter: async () => (await import('./prompter.js')).createPrompter(io, machine.signal),
    browser: async () => (await import('./browser.js')).createBrowser(environment),
    async uninterrupted(task) {
      // Begun after the signal it might not be waited for: `close` may have looked already what runs.
      machine.signal.throwIfAborted();
      const promise = task();
      // Another context of the same process, as the dashboard has them, does not wait for it.
      const places = [running, machine.unfinished];
      for (const place of places) place.add(promise);
      return promise.finally(() => {
        for (const place of places) place.delete(promise);
      });
    },
    async close() {
      await Promise.allSettled(running);
      // Where it could not be opened, whoever needed it has said so.
      if (http.wasCalled())
        await http().then(
          (client) => client.close(),
          () => undefined,
        );
    },
  };
}

function rootOf(
  machine: Machine,
  paths: RootPaths,
  projects: () => ProjectPlace[],
  onWaiting: NonNullable<Root['onWaiting']>,
): Root {
  const { clock, processes, effectiveUserId } = machine;
  return {
    paths,
    clock,
    processes,
    projects,
    onWaiting,
    ...(effectiveUserId === undefined ? {} : { effectiveUserId }),
  };
}

/** Where it cannot be told, whoever needs it says why; beside other work nothing is done about it. */
function knownScope(choose: () => ScopeChoice): ScopeChoice | undefined {
  try {
    return choose();
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** The network stack is loaded by the first command that needs it. */
async function openHttp(environment: Environment, proxyFor: ProxyFor): Promise<HttpClient> {
  const { openHttpClient } = await import('../core/http/open-client.js');
  return openHttpClient(environment, proxyFor);
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
