export const fishScript = String.raw`# Completion of codex-auth, and of "codex auth", for fish. In ~/.config/fish/config.fish:
#   codex-auth completion fish | source

function __codex_auth_complete
    set -l token (commandline -ct)
    set -l words (commandline -opc) $token
    set -l answer (command codex-auth __complete $words[2..] 2>/dev/null)
    set -l paths $answer[1]
    set -e answer[1]
    for each in $answer
        printf '%s\n' $each
    end
    set -l prefix (string match --regex -- '^--[^=]+=' $token)
    set -l path (string replace -- "$prefix" '' $token)
    set -l found
    switch "$paths"
        case files
            set found (__fish_complete_path $path)
        case directories
            set found (__fish_complete_directories $path)
    end
    for each in $found
        printf '%s\n' "$prefix$each"
    end
end

function __codex_auth_is_ours
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = auth
end

function __codex_auth_is_first_word
    test (count (commandline -opc)) -eq 1
end

complete -c codex-auth -f -a '(__codex_auth_complete)'
complete -c codex -n __codex_auth_is_first_word -a auth -d 'Manage several ChatGPT logins'
complete -c codex -n __codex_auth_is_ours -f -a '(__codex_auth_complete)'
`;
