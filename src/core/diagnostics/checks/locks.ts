import { heldByUnknown } from '../../storage/lock-wait.js';
import { type Check, judge, type Problem } from '../finding.js';
import type { LockFacts } from '../world/storage-facts.js';

export const locksCheck: Check = {
  id: 'locks',
  title: 'Locks',
  inspect({ locks }) {
    const live = locks.filter(({ state }) => state === 'alive');
    const held = live.map(({ name, owner }) => `${name} held by pid ${owner?.pid}`).join(', ');
    return judge(locks.flatMap(problemOf), held === '' ? 'free' : held);
  },
};

const untilSilent = 'wait 15 seconds: without a sign of life it is taken over';

function problemOf(lock: LockFacts): Problem[] {
  const { name, owner } = lock;
  switch (lock.state) {
    case 'alive':
      return [];
    case 'dead':
      return [
        {
          severity: 'warn',
          message: `the lock "${name}" belongs to pid ${owner?.pid}, which has ended; the next command takes it over`,
          repair: { kind: 'release-lock', name, nonce: lock.nonce },
        },
      ];
    case 'unreadable': {
      const { message, hint = 'check its owner and its mode' } = lock.problem;
      return [{ severity: 'error', message, command: hint }];
    }
    case 'unknown':
      return [{ severity: 'warn', message: heldByUnknown(name), command: untilSilent }];
    case 'foreign':
      return [
        {
          severity: 'warn',
          message: `the lock "${name}" belongs to a process of another machine or container, which cannot be judged from here`,
          command: untilSilent,
        },
      ];
  }
}
