import { accountsCheck, activeAccountCheck, flaggedCheck } from './checks/accounts.js';
import { authFileCheck, credentialStoreCheck, loginPlaceCheck, restrictionsCheck } from './checks/auth-file.js';
import { clientCheck, daemonCheck, fileLockingCheck, wiringCheck } from './checks/client.js';
import { environmentCheck, otherRootsCheck, projectCheck, settingsCheck } from './checks/environment.js';
import { backupsCheck, filesCheck, permissionsCheck, rootCheck } from './checks/files.js';
import { guardCheck } from './checks/guarding.js';
import { bindingsCheck, homesCheck } from './checks/homes.js';
import { journalCheck, leftoversCheck, locksCheck } from './checks/left-behind.js';
import { clockCheck, portsCheck, proxyCheck, reachabilityCheck } from './checks/network.js';
import { keepersCheck, poolClockCheck, poolKeyCheck, sharedPoolCheck } from './checks/shared-pool.js';
import { healthCheck, issuerCheck, quotaCheck, tokensCheck } from './checks/tokens.js';
import type { Check } from './finding.js';

/**
 * Every check, in the order of the table: our files, the accounts in them, the official client, the surroundings, the
 * other machines.
 */
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
  guardCheck,
  portsCheck,
  proxyCheck,
  clockCheck,
  reachabilityCheck,
  sharedPoolCheck,
  poolKeyCheck,
  poolClockCheck,
  keepersCheck,
];
