import { accountsCheck } from './checks/accounts.js';
import { activeAccountCheck } from './checks/active-account.js';
import { authFileCheck } from './checks/auth-file.js';
import { backupsCheck } from './checks/backups.js';
import { bindingsCheck } from './checks/bindings.js';
import { clientCheck } from './checks/client.js';
import { clockCheck } from './checks/clock.js';
import { credentialStoreCheck } from './checks/credential-store.js';
import { daemonCheck } from './checks/daemon.js';
import { environmentCheck } from './checks/environment.js';
import { fileLockingCheck } from './checks/file-locking.js';
import { filesCheck } from './checks/files.js';
import { flaggedCheck } from './checks/flagged.js';
import { healthCheck } from './checks/health.js';
import { homesCheck } from './checks/homes.js';
import { issuerCheck } from './checks/issuer.js';
import { journalCheck } from './checks/journal.js';
import { keepersCheck } from './checks/keepers.js';
import { leftoversCheck } from './checks/leftovers.js';
import { locksCheck } from './checks/locks.js';
import { loginPlaceCheck } from './checks/login-place.js';
import { otherRootsCheck } from './checks/other-roots.js';
import { permissionsCheck } from './checks/permissions.js';
import { poolClockCheck } from './checks/pool-clock.js';
import { poolKeyCheck } from './checks/pool-key.js';
import { portsCheck } from './checks/ports.js';
import { projectCheck } from './checks/project.js';
import { proxyCheck } from './checks/proxy.js';
import { quotaCheck } from './checks/quota.js';
import { reachabilityCheck } from './checks/reachability.js';
import { restrictionsCheck } from './checks/restrictions.js';
import { rootCheck } from './checks/root.js';
import { settingsCheck } from './checks/settings.js';
import { sharedPoolCheck } from './checks/shared-pool.js';
import { tokensCheck } from './checks/tokens.js';
import { wiringCheck } from './checks/wiring.js';
import type { Check } from './finding.js';

/** Every check, in the order of the table: our files, the accounts in them, the official client, the surroundings, the other machines. */
export const checks: readonly Check[] = [
  rootCheck,
  permissionsCheck,
  filesCheck,
  backupsCheck,
  journalCheck,
  leftoversCheck,
  locksCheck,
  settingsCheck,
  accountsCheck,
  activeAccountCheck,
  tokensCheck,
  issuerCheck,
  healthCheck,
  flaggedCheck,
  quotaCheck,
  otherRootsCheck,
  projectCheck,
  authFileCheck,
  homesCheck,
  bindingsCheck,
  loginPlaceCheck,
  credentialStoreCheck,
  restrictionsCheck,
  daemonCheck,
  clientCheck,
  wiringCheck,
  environmentCheck,
  fileLockingCheck,
  portsCheck,
  proxyCheck,
  clockCheck,
  reachabilityCheck,
  sharedPoolCheck,
  poolKeyCheck,
  poolClockCheck,
  keepersCheck,
];
