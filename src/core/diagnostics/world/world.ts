import type { Binding } from '../../bindings/binding.js';
import type { AuthFileState } from '../../codex/auth-file-state.js';
import type { CodexConfig } from '../../codex/config.js';
import type { CodexHome } from '../../codex/home.js';
import type { Variables } from '../../environment.js';
import type { AppError } from '../../errors.js';
import type { AccountState } from '../../health/account-state.js';
import type { HomeRecord } from '../../homes/registry.js';
import type { HostProxy } from '../../http/proxy-for.js';
import type { LoginCopy } from '../../lineage/copies.js';
import type { Journal } from '../../lineage/journal.js';
import type { Lineage } from '../../lineage/lineage-log.js';
import type { HeldLogin } from '../../logins/residence.js';
import type { ScopeRecords } from '../../pools/scope-records.js';
import type { StoredFile } from '../../pools/stored-files.js';
import type { ProjectResolution } from '../../project/identity.js';
import type { Provider } from '../../provider/provider.js';
import type { InstalledService } from '../../service/installed.js';
import type { Settings } from '../../settings.js';
import type { FilePlace } from '../../storage/file-place.js';
import type { Root } from '../../storage/root.js';
import type { ClientFacts } from './client-facts.js';
import type { NetworkFacts, PortFacts } from './network-facts.js';
import type { ShareFacts } from './share-facts.js';
import type { FileFacts, LockFacts } from './storage-facts.js';

/** Everything the checks look at, gathered once and without changing anything. */
export interface World {
  readonly now: number;
  readonly root: Root;
  readonly home: CodexHome;
  /** Absent when the root does not exist yet. */
  readonly rootFacts: FileFacts | undefined;
  /** Why nothing can be stored in the root. */
  readonly noRoom: AppError | undefined;
  /** Every pool and flagged file, also a damaged or missing one. */
  readonly files: readonly StoredFile[];
  /** The scopes, as far as their files are good. */
  readonly scopes: readonly ScopeRecords[];
  /** Files and directories of ours with their modes. */
  readonly owned: readonly FileFacts[];
  readonly journal: Journal;
  readonly journalProblem: string | undefined;
  /** Every copy of a login in a place that we may read, other roots included. */
  readonly copies: readonly LoginCopy[];
  /** What we have done with tokens, as far as the log goes back. */
  readonly lineage: Lineage;
  readonly temporaries: readonly string[];
  readonly locks: readonly LockFacts[];
  readonly state: AccountState;
  /** What is wrong with `account-state.json`. One of a newer version, or that we cannot read, is left alone. */
  readonly stateProblem:
    | { readonly message: string; readonly isClosed: boolean; readonly isNewer: boolean }
    | undefined;
  readonly authFile: AuthFileState | { readonly unreadable: string; readonly wayOut?: string };
  /** One for every home that can be read. */
  readonly loginPlaces: readonly LoginPlace[];
  /** The `auth.json` of each of them, as far as there is one. */
  readonly loginFiles: readonly FileFacts[];
  /** A credential file that a crash has left half-written. */
  readonly tornLogin: string | undefined;
  readonly authFileFacts: FileFacts | undefined;
  /** The directory of the official client. */
  readonly homeFacts: FileFacts | undefined;
  /** The files that the official client and we lock while `auth.json` changes, as far as they exist. */
  readonly clientLocks: readonly FileFacts[];
  readonly codexConfig: CodexConfig;
  readonly client: ClientFacts;
  /** The service that is to guard this root, where this program has installed one. */
  readonly guardService: InstalledService | undefined;
  readonly project: ProjectResolution;
  readonly settingProblems: readonly SettingProblem[];
  readonly settings: Settings;
  readonly settingsFile: string;
  readonly environment: Variables;
  /** Why the environment names no place for `root` and `home`. No other command uses those two then. */
  readonly misplacement: AppError | undefined;
  /** The official homes that logins of this root were written to, and what they hold. */
  readonly homes:
    | { readonly held: readonly HeldLogin[]; readonly unreachable: readonly HomeRecord[] }
    | { readonly problem: { readonly message: string; readonly isDamaged: boolean } };
  /** Directories that are bound to accounts, and whether the shim has the same list (`areHeard`). */
  readonly bindings:
    | { readonly list: readonly Binding[]; readonly areHeard: boolean }
    | { readonly problem: { readonly message: string; readonly isDamaged: boolean } };
  /** Other roots on this machine that could hold the same logins. */
  readonly otherRoots: readonly OtherRoot[];
  readonly ports: readonly PortFacts[];
  /** The provider that requests go to. */
  readonly provider: Provider;
  readonly proxies: readonly HostProxy[];
  readonly network: NetworkFacts | 'offline';
  readonly share: ShareFacts;
}

/** How a home can be given another login. */
export interface LoginPlace {
  readonly authFile: string;
  readonly place: FilePlace;
}

export interface SettingProblem {
  readonly name: string;
  readonly message: string;
  /** Where the bad value is. */
  readonly source: 'file' | 'environment';
  /** The whole file cannot be used, and is not damaged: it has a newer version, or we cannot read it. */
  readonly isClosed?: boolean;
}

export interface OtherRoot {
  readonly path: string;
  readonly scopes: readonly ScopeRecords[];
}
