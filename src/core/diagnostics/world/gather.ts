import { existsSync, realpathSync } from 'node:fs';
import { readBindings } from '../../bindings/registry.js';
import { areHeard } from '../../bindings/shim-bindings.js';
import { readCodexConfig } from '../../codex/config.js';
import { clientLockFiles } from '../../codex/credential-lock.js';
import type { CodexHome } from '../../codex/home.js';
import { tornLogin } from '../../codex/in-place-write.js';
import { loginFilePlace } from '../../codex/official-login.js';
import { definedOnly } from '../../defined-only.js';
import type { Variables } from '../../environment.js';
import { AppError, type ErrorCode } from '../../errors.js';
import { readAccountState } from '../../health/account-state.js';
import { findHomes, findHomesForDisplay, reachableHomes } from '../../homes/known-homes.js';
import { withoutLinked } from '../../homes/links.js';
import type { HttpClient } from '../../http/client.js';
import { type ProxyFor, proxiesFor } from '../../http/proxy-for.js';
import { copiesInRoot, recordCopies } from '../../lineage/copies.js';
import { judgeBeside } from '../../lineage/foreign-login.js';
import { readJournal } from '../../lineage/journal.js';
import { readLineage } from '../../lineage/lineage-log.js';
import { readBeside } from '../../lineage/shared-login.js';
import { heldLogins } from '../../logins/residence.js';
import { recordsOf } from '../../pools/scope-records.js';
import { readableScopes, storedFiles } from '../../pools/stored-files.js';
import { resolveProjectStorageIdentityRoot } from '../../project/identity.js';
import type { Provider } from '../../provider/provider.js';
import { readService, serviceId } from '../../service/installed.js';
import { managerOf } from '../../service/manager.js';
import { parseSetting, resolveSettings, settingNames, settingsOf, settingVariable } from '../../settings.js';
import type { ShareInspection } from '../../sharing/inspect.js';
import type { SetupPlace } from '../../shell/setup-plan.js';
import { whyNotOurs } from '../../storage/adoption.js';
import { firstLooks } from '../../storage/file-memory.js';
import { findLeftovers } from '../../storage/leftovers.js';
import { rootPaths } from '../../storage/paths.js';
import { whyNoRoom } from '../../storage/room.js';
import type { Root } from '../../storage/root.js';
import { readSettingsFile } from '../../storage/settings-file.js';
import { clientFacts } from './client-facts.js';
import { networkFacts, portFacts } from './network-facts.js';
import { shareFacts } from './share-facts.js';
import { type FileFacts, factsAbout, heldLocks, ownedFiles } from './storage-facts.js';
import type { LoginPlace, OtherRoot, SettingProblem, World } from './world.js';

export interface Surroundings {
  readonly root: Root;
  readonly home: CodexHome;
  readonly cwd: string;
  /** Why the environment names no place for root and home. */
  readonly misplacement: AppError | undefined;
  readonly personHome: string;
  readonly settingsFile: string;
  readonly environment: Variables;
  readonly platform: NodeJS.Platform;
  readonly loginPorts: readonly number[];
  readonly shells: SetupPlace;
  /** The version of this program. */
  readonly version: string;
  readonly signal: AbortSignal;
  readonly provider: Provider;
  readonly proxyFor: ProxyFor;
  /** Absent with `--offline`. */
  readonly network?: {
    openHttp(): Promise<HttpClient>;
    readonly userAgent: string;
    /** Asks the database of the shared pool that this machine is in. */
    askShare(): Promise<ShareInspection>;
  };
}

/** Looks at everything the checks ask about. Changes nothing. Errors that a check can report are part of the result. */
export async function gatherWorld(surroundings: Surroundings): Promise<World> {
  const { root, home, environment, shells, provider, network } = surroundings;
  const { paths, clock } = root;
  const settings = inspectSettings(surroundings);
  const state = tolerant(() => readAccountState(paths.accountState));
  const journal = tolerant(() => readJournal(paths.journal));
  const roots = otherRoots(surroundings);
  const read = firstLooks();
  const scopes = readableScopes(paths, read);
  const homes = withoutLinked(reachableHomes(findHomesForDisplay(root, home)));
  return {
    now: clock.now(),
    root,
    home,
    rootFacts: factsAbout(paths.root, 'directory'),
    noRoom: whyNoRoom(root) ?? whyNotOurs(root),
    files: storedFiles(paths, read),
    scopes,
    owned: ownedFiles(paths),
    journal: journal.value ?? { entries: [], unreadable: [] },
    journalProblem: journal.problem,
    copies: [...copiesInRoot(root, home, read), ...roots.flatMap(copiesIn)],
    lineage: tolerant(() => readLineage(root)).value ?? { records: [], printOf: () => '' },
    temporaries: findLeftovers(root, home.authFile),
    locks: heldLocks(root),
    state: state.value?.state ?? { accounts: {}, affinity: {}, raw: {} },
    stateProblem: stateProblem(state),
    authFile: authFileOf(root, home, scopes),
    loginPlaces: loginPlaces(root, homes),
    loginFiles: homes.flatMap(({ authFile }) => factsAbout(authFile, 'file') ?? []),
    tornLogin: tolerant(() => tornLogin(root)).value,
    authFileFacts: factsAbout(home.authFile, 'file'),
    homeFacts: factsAbout(home.directory, 'directory'),
    clientLocks: clientLocks(home),
    codexConfig: readCodexConfig(home.directory),
    client: await clientFacts(shells, home, surroundings),
    guardService: tolerant(() => guardService(surroundings)).value,
    project: resolveProjectStorageIdentityRoot(surroundings.cwd, { home: surroundings.personHome }),
    settingProblems: settings.problems,
    settings: settings.values,
    settingsFile: surroundings.settingsFile,
    environment,
    misplacement: surroundings.misplacement,
    homes: homesOf(root, home, scopes),
    bindings: bindingsOf(root),
    otherRoots: roots,
    ports: await portFacts(surroundings.loginPorts),
    provider,
    proxies: await proxiesFor([provider.issuer, provider.backendUrl], surroundings.proxyFor),
    network:
      network === undefined ? 'offline' : await networkFacts(network.openHttp, provider, network.userAgent, clock.now),
    share: await shareFacts(root, network?.askShare),
  };
}

/** The installed service. Where its file cannot be read it counts as missing, and `guard --status` reports why. */
function guardService({ root, personHome, environment, platform }: Surroundings): World['guardService'] {
  const { paths, effectiveUserId: userId = 0 } = root;
  const manager = managerOf({ platform, home: personHome, variables: environment, userId, paths });
  const service = manager && readService(manager, serviceId(paths.root));
  return service === 'foreign' ? undefined : service;
}

function bindingsOf(root: Root): World['bindings'] {
  const { value: list, problem = 'it cannot be read', code } = tolerant(() => readBindings(root));
  if (list === undefined) return { problem: { message: problem, isDamaged: code === 'storage-corrupt' } };
  return { list, areHeard: list.length === 0 || areHeard(root, list) };
}

function homesOf(root: Root, home: CodexHome, scopes: World['scopes']): World['homes'] {
  const found = tolerant(() => findHomes(root, home));
  if (found.value === undefined) {
    return { problem: { message: found.problem ?? 'it cannot be read', isDamaged: found.code === 'storage-corrupt' } };
  }
  const others = { ...found.value, current: home };
  const records = { root, scopes: () => scopes };
  return { held: tolerant(() => heldLogins(others, records)).value ?? [], unreachable: found.value.unreachable };
}

function loginPlaces(root: Root, homes: readonly CodexHome[]): LoginPlace[] {
  return homes.flatMap((home) => {
    const place = tolerant(() => loginFilePlace(root, home)).value;
    return place === undefined ? [] : [{ authFile: home.authFile, place }];
  });
}

function clientLocks(home: CodexHome): FileFacts[] {
  const files = tolerant(() => clientLockFiles({ home: home.directory, authFile: home.authFile })).value ?? [];
  return files.flatMap((path) => factsAbout(path, 'file') ?? []);
}

function stateProblem({ value, problem }: Tolerated<ReturnType<typeof readAccountState>>): World['stateProblem'] {
  if (problem !== undefined) return { message: problem, isClosed: true, isNewer: false };
  const { warning, keepOut } = value ?? {};
  if (warning === undefined) return undefined;
  return { message: warning, isClosed: keepOut !== undefined, isNewer: keepOut === 'newer-version' };
}

function copiesIn({ scopes }: OtherRoot) {
  return recordCopies(scopes).map((copy) => ({ ...copy, place: 'other-root' as const }));
}

function authFileOf(root: Root, home: CodexHome, scopes: World['scopes']): World['authFile'] {
  const read = tolerant(() => readBeside(home, { root, scopes: () => scopes }));
  const { content } = read.value ?? {};
  if (read.value !== undefined && content !== undefined) {
    return { ...read.value, content: judgeBeside(content, recordsOf(scopes)) };
  }
  return read.value ?? definedOnly({ unreadable: read.problem ?? 'it cannot be read', wayOut: read.hint });
}

/** Every setting is judged by itself, so that a bad value does not hide another one. */
function inspectSettings({ settingsFile, environment }: Surroundings) {
  const file = tolerant(() => readSettingsFile(settingsFile));
  const stored = file.value?.values ?? {};
  const problems: SettingProblem[] = [];
  if (file.problem !== undefined) {
    const isClosed = file.code !== 'storage-corrupt';
    problems.push({ name: 'settings', message: file.problem, source: 'file', isClosed });
  }
  const good: Record<string, unknown> = {};
  for (const name of settingNames) {
    const variable = settingVariable(name);
    const fromEnvironment = environment[variable];
    if (fromEnvironment) judgeSetting(problems, name, fromEnvironment, 'environment', variable);
    if (stored[name] === undefined) continue;
    if (judgeSetting(problems, name, stored[name], 'file', name)) good[name] = stored[name];
  }
  return { problems, values: settingsOf(resolveSettings(good, {})) };
}

function judgeSetting(
  problems: SettingProblem[],
  name: (typeof settingNames)[number],
  value: unknown,
  source: SettingProblem['source'],
  calledAs: string,
): boolean {
  const judged = tolerant(() => parseSetting(name, value, { calledAs }));
  if (judged.problem !== undefined) problems.push({ name, message: judged.problem, source });
  return judged.problem === undefined;
}

/** The default root, when another one is in use: a login that is stored in both has two owners. */
function otherRoots({ root, personHome }: Surroundings): OtherRoot[] {
  const own = existsSync(root.paths.root) ? realpathSync(root.paths.root) : root.paths.root;
  const standard = `${personHome}/.codex/multi-auth`;
  if (!existsSync(standard) || realpathSync(standard) === own) return [];
  return [{ path: standard, scopes: readableScopes(rootPaths(standard)) }];
}

interface Tolerated<T> {
  readonly value?: T;
  readonly problem?: string;
  readonly code?: ErrorCode;
  readonly hint?: string | undefined;
}

function tolerant<T>(read: () => T): Tolerated<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof AppError) return { problem: error.message, code: error.code, hint: error.hint };
    throw error;
  }
}
