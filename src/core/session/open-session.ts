import { codexHomeAt } from '../codex/home.js';
import { type Environment, homeIfNeeded, readEnvironment } from '../environment.js';
import { AppError, orInstead } from '../errors.js';
import type { HttpClient } from '../http/client.js';
import { createProxyFor, type ProxyFor } from '../http/proxy-for.js';
import { sideBySide } from '../logins/refresh-deps.js';
import { locateScope, scopeForReading, scopeForWriting } from '../project/scope.js';
import { resolveProvider, userAgent } from '../provider/provider.js';
import { resolveSettings, settingsOf } from '../settings.js';
import { shellWord } from '../shell/shell-word.js';
import { locate, rootPaths } from '../storage/paths.js';
import type { ProjectPlace, Root } from '../storage/root.js';
import { readSettings } from '../storage/settings-file.js';
import type { Listener, ProviderAccess, Session, SessionHost, SessionWishes } from './session.js';

/**
 * Opens the accounts that the environment and the wishes name; reads no file yet. Throws `usage` where they name no place
 * for files or no project.
 */
export function openSession(host: SessionHost, wishes: SessionWishes, listener: Listener): Session {
  const { clock, platform, version, signal, unfinished, expectLongRead, indexing } = host;
  if (wishes.config === '') {
    throw new AppError('usage', '--config needs a file, but got an empty name', {
      hint: 'name a settings file, or leave --config out',
    });
  }
  const environment = readEnvironment(host.variables);
  const home = homeIfNeeded(environment);
  const { codexHome, root: directory, problem } = locate({ ...environment, home }, host.cwd);
  if (problem !== undefined && wishes.anywhere !== true) throw problem;
  const paths = rootPaths(directory);
  const { warn } = listener;
  let mayAdopt = false;
  const running = new Set<Promise<unknown>>();

  const resolvedSettings = once(() =>
    resolveSettings(readSettings(wishes.config, paths.settings).values, environment.raw, configOption(wishes)),
  );
  const settings = once(() => settingsOf(resolvedSettings()));
  // The settings file is read only where the scope depends on this setting.
  const setting = {
    get perProjectAccounts() {
      return settings().perProjectAccounts;
    },
  };
  const chosenScope = once(() => locateScope(wishes, setting, { cwd: host.cwd, home }));
  // A `--project` that names no project is an error, also for a command that needs no scope.
  if (wishes.project !== undefined) chosenScope();
  const proxies = once(() =>
    createProxyFor({ clock, platform, environment: environment.raw, option: wishes.proxy, warn }),
  );
  const http = once(() => openHttp(environment, proxies()));
  const provider = once(() => {
    const access = openProvider(environment, host, wishes);
    for (const variable of access.provider.overrides) {
      warn(`${variable} is set: requests go to ${environment.raw[variable]}, not to the official provider`);
    }
    return access;
  });

  function onMerged(legacyKey: string, keptFiles: readonly string[]): void {
    const copies = keptFiles.length === 0 ? '' : `; copies are in ${keptFiles.join(' and ')}`;
    warn(`the accounts of projects/${legacyKey}, which were kept for one checkout, are this project's now${copies}`);
  }

  function projects(): ProjectPlace[] {
    // Where the scope cannot be told, no pool is merged. A command that needs the scope reports why.
    const scope = orInstead(chosenScope, () => undefined);
    return scope?.kind === 'project' ? [{ ...scope, onMerged }] : [];
  }

  const { processes, effectiveUserId } = host;
  const root: Root = {
    paths,
    clock,
    processes,
    projects,
    onWaiting(owner) {
      listener.status(`Waiting for another codex-auth${owner === undefined ? '' : ` (pid ${owner.pid})`}`);
    },
    ...(effectiveUserId === undefined ? {} : { effectiveUserId }),
    ...(environment.rootDir === undefined ? {} : { mayAdopt: () => mayAdopt }),
  };

  const shared = once(() => sideBySide(root));

  return {
    ...listener,
    clock,
    environment,
    home: codexHomeAt(codexHome),
    root,
    signal,
    platform,
    version,
    ...(problem === undefined ? {} : { misplacement: problem }),
    cwd: () => host.cwd,
    adoptRoot() {
      mayAdopt = true;
    },
    settingsFile: wishes.config ?? paths.settings,
    resolvedSettings,
    settings,
    isScopeNamed: wishes.global === true || wishes.project !== undefined,
    readingScope() {
      const { scope, warning } = scopeForReading(chosenScope());
      if (warning !== undefined) warn(warning);
      return scope;
    },
    writingScope: () => scopeForWriting(chosenScope()),
    provider,
    http,
    shared,
    proxyFor: (url) => proxies()(url),
    async uninterrupted(task) {
      // A task that begins after the signal might not be waited for: `close` may have looked already what runs.
      signal.throwIfAborted();
      const promise = task();
      // `close` waits for what runs in this session. The process may have several sessions, and waits for `unfinished`.
      const places = [running, unfinished];
      for (const place of places) place.add(promise);
      return promise.finally(() => {
        for (const place of places) place.delete(promise);
      });
    },
    ...(expectLongRead === undefined ? {} : { expectLongRead }),
    ...(indexing === undefined ? {} : { indexing }),
    async close() {
      await Promise.allSettled(running);
      // A client that could not be opened needs no closing; the caller that needed it has reported why.
      if (!http.wasCalled()) return;
      const opened = http();
      // Where the session is used again, the client is opened again.
      http.forget();
      await opened.then(
        (client) => client.close(),
        () => undefined,
      );
    },
  };
}

/** The option that a command in a hint has to repeat to use the same settings file. */
export function configOption({ config }: Pick<SessionWishes, 'config'>): string {
  return config === undefined ? '' : ` --config ${shellWord(config)}`;
}

function openProvider(
  { issuer, backendUrl }: Environment,
  { version, platform, architecture, spendingDeadlineMs }: SessionHost,
  { timeout }: SessionWishes,
): ProviderAccess {
  return {
    provider: resolveProvider({ issuer, backendUrl }),
    callOptions: {
      userAgent: userAgent(version, platform, architecture),
      ...(timeout === undefined ? {} : { deadlineMs: timeout * 1000 }),
      ...(spendingDeadlineMs === undefined ? {} : { spendingDeadlineMs }),
    },
  };
}

/** The network stack is loaded by the first use case that needs it. */
async function openHttp(environment: Environment, proxyFor: ProxyFor): Promise<HttpClient> {
  const { openHttpClient } = await import('../http/undici-client.js');
  return openHttpClient(environment, proxyFor);
}

interface Once<T> {
  (): T;
  wasCalled(): boolean;
  /** The next call makes the value again. */
  forget(): void;
}

/** Makes a value when it is first asked for. One that could not be made is tried again. */
function once<T>(make: () => T): Once<T> {
  let made: { readonly value: T } | undefined;
  const get = () => {
    made ??= { value: make() };
    return made.value;
  };
  const forget = () => {
    made = undefined;
  };
  return Object.assign(get, { wasCalled: () => made !== undefined, forget });
}
