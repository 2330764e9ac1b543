import type { environmentVariables } from '../../src/core/environment.js';

/** What each variable does, for the reference page and the manual. */
export const environmentDescriptions: Readonly<Record<keyof typeof environmentVariables, string>> = {
  home: 'Your home directory; `~` below.',
  userProfile: 'The same on Windows, where `HOME` is not set.',
  codexHome:
    'The home of the official client, whose login this program replaces: an absolute path to a directory that is there. Default `~/.codex`.',
  rootDir:
    'Where the accounts and settings are: an absolute path to a directory for them alone. Default `multi-auth` in the home of the official client.',
  issuer:
    'Sign in and refresh at this address instead of the official one: https, or http on loopback. Every command that uses it says so.',
  backendUrl: 'Ask this address for quota instead of the official one, on the same conditions.',
  browser: 'The command that opens a web page, with `%s` for the address; `none` to paste the callback URL by hand.',
  sshConnection: 'Set by ssh: a login then also shows how to forward its callback.',
  display: 'Set where a program can open a window; without it, and without the next two, no browser is tried on Linux.',
  waylandDisplay: 'The same under Wayland.',
  wslDistribution: 'Set by WSL, where the browser of Windows opens.',
  user: 'Your name on this machine, for the `ssh` line that a login shows.',
  noColor: 'Any value but an empty one turns colour off.',
  forceColor: 'Any value but `0` turns colour on, also in a pipe.',
  term: '`dumb` turns colour and symbols outside of ASCII off, and does what the next one does.',
  accessible:
    'Any value but an empty one asks by numbers and draws nothing twice, as `--plain` does: for screen readers and Braille lines.',
  columns: 'The width of the terminal, where it does not tell by itself.',
  ci: 'Set by build servers: nothing is animated.',
  loginPorts:
    'The loopback ports a login listens on, separated by commas. Default `1455,1457`, the only ones the official provider accepts.',
  invokedAs: 'Set by the shim behind `codex auth`: the name that help and hints use for this program.',
  account:
    'Set by `run`: the account as which a command runs, for a prompt. It decides nothing but that plain `codex` stays on that account in a bound directory.',
  caCertificate:
    'A PEM file with authorities whose certificates are accepted besides the usual ones, as the official client does: for networks that look into TLS.',
};
