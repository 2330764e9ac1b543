import { dirname } from 'node:path';
import { type Check, judge, type Problem } from '../finding.js';
import type { LoginPlace, World } from '../world/world.js';

/** Whether each home can be given another login: what a refresh brings has to reach it, or the official client is signed out. */
export const loginPlaceCheck: Check = {
  id: 'login-place',
  title: 'Place of the login',
  inspect(world) {
    return judge([...tornProblems(world), ...placesOf(world).flatMap(problemsOf)], 'it can be replaced');
  },
};

function tornProblems({ tornLogin }: World): Problem[] {
  if (tornLogin === undefined) return [];
  return [
    {
      severity: 'error',
      message: `a crash has left ${tornLogin} half-written between two logins; the next command that writes finishes it`,
      repair: { kind: 'finish-journal' },
    },
  ];
}

/** What cannot even be read is told by the check of the file. */
function placesOf({ loginPlaces, authFile, home }: World): LoginPlace[] {
  return loginPlaces.filter((each) => !('unreadable' in authFile) || each.authFile !== home.authFile);
}

function problemsOf({ authFile, place }: LoginPlace): Problem[] {
  if (place.kind === 'replaceable') return [];
  if (place.kind === 'closed') {
    return [
      {
        severity: 'error',
        message: `${place.problem.message}; so its login is not refreshed here, and ${burns}`,
        command: place.problem.hint ?? 'check the owner and the mode of that file and of its directory',
      },
    ];
  }
  switch (place.obstacle) {
    // The check of the file tells of it, and has a repair.
    case 'hard-link':
      return [];
    case 'mount-point':
      return [inPlace(`${authFile} is mounted as a single file`, 'mount its whole directory instead')];
    case 'closed-directory':
      return [inPlace(`nothing new can be made beside ${authFile}`, `make ${dirname(authFile)} writable for you`)];
  }
}

const burns = 'the official client would spend its refresh token and could not save the next one';

function inPlace(fact: string, wayOut: string): Problem {
  return {
    severity: 'warn',
    message: `${fact}, so it is written in place; ${burns}`,
    command: `${wayOut}, or keep codex-auth guard running, so that the client never has to refresh`,
  };
}
