import type { ShellName } from './shell-files.js';

/**
 * The lines that put a directory first on PATH. Where it is on PATH already, it moves instead of being added once more,
 * so that PATH does not grow from shell to nested shell. A function of the name `codex` sees to it where something else
 * comes first on PATH later; such a function of the person's own stays.
 */
export function pathBlock(shell: ShellName, directory: string): string[] {
  const comment =
    '# They make "codex auth" reach codex-auth, also where PATH changes later; "codex auth setup --undo" takes them out.';
  return [comment, ...blocks[shell](shell === 'powershell' ? directory : withoutDrive(directory))];
}

const blocks: Readonly<Record<ShellName, (directory: string) => string[]>> = {
  bash: posixLines,
  zsh: posixLines,
  fish: fishLines,
  powershell: powershellLines,
};

/** The directory as the ports of POSIX shells to Windows have it on their PATH, where a colon separates. */
function withoutDrive(directory: string): string {
  const [, drive, path = ''] = /^([A-Za-z]):(\\.*)$/.exec(directory) ?? [];
  return drive === undefined ? directory : `/${drive.toLowerCase()}${path.replaceAll('\\', '/')}`;
}

/** Lines for every POSIX shell, because `.profile` is read by all of them. */
function posixLines(directory: string): string[] {
  return `\
codex_auth_bin=${quotedForPosix(directory)}
case ":$PATH:" in
  ":$codex_auth_bin:"*) ;;
  *":$codex_auth_bin:"*)
    PATH=":$PATH:"
    PATH=$codex_auth_bin\${PATH%%":$codex_auth_bin:"*}:\${PATH#*":$codex_auth_bin:"}
    PATH=\${PATH%:}
    ;;
  *) PATH=$codex_auth_bin:$PATH ;;
esac
export PATH
unset codex_auth_bin
if [ -n "\${BASH_VERSION-}\${ZSH_VERSION-}" ] && ! typeset -f codex >/dev/null 2>&1; then
  # An alias of that name would be expanded in a plain definition, and other shells know no function so written.
  eval ${quotedForPosix(posixFunction(`${directory}/codex`))}
fi`.split('\n');
}

function posixFunction(shim: string): string {
  const ours = `command ${quotedForPosix(shim)} "$@"`;
  return `function codex { if [ "\${1-}" = auth ]; then ${ours}; else command codex "$@"; fi; }`;
}

function fishLines(directory: string): string[] {
  return [
    'begin',
    `    set -l codex_auth_bin ${quotedForFish(directory)}`,
    '    set -l codex_auth_rest',
    '    for directory in $PATH',
    '        test "$directory" = "$codex_auth_bin"; or set -a codex_auth_rest "$directory"',
    '    end',
    '    set -gx PATH "$codex_auth_bin" $codex_auth_rest',
    'end',
    'if not functions -q codex',
    '    function codex',
    '        if test "$argv[1]" = auth',
    `            command ${quotedForFish(`${directory}/codex`)} $argv`,
    '        else',
    '            command codex $argv',
    '        end',
    '    end',
    'end',
  ];
}

function powershellLines(directory: string): string[] {
  return [
    `$codexAuthBin = ${quotedForPowershell(directory)}`,
    '$codexAuthRest = $env:PATH -split [IO.Path]::PathSeparator | Where-Object { $_ -ne $codexAuthBin }',
    '$env:PATH = (@($codexAuthBin) + @($codexAuthRest)) -join [IO.Path]::PathSeparator',
    'Remove-Variable codexAuthBin, codexAuthRest',
  ];
}

export function quotedForPosix(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** https://fishshell.com/docs/current/language.html#quotes */
export function quotedForFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** PowerShell takes the typographic quotes for quotes as well (about_Quoting_Rules). */
export function quotedForPowershell(text: string): string {
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}
