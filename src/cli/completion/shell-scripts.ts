// `%{` stands for `${`, which a template literal would take for its own.
export const bashScript =
  String.raw`# Completion of codex-auth, and of "codex auth", for bash 3.2 and later. In ~/.bashrc, after that of codex:
#   source <(codex-auth completion bash)

# The words up to the cursor. An email has an @ and a label may have a colon, where COMP_WORDBREAKS cuts.
__codex_auth_read_words() {
    local line=%{COMP_LINE-} index last word before=''
    words=()
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=%{COMP_WORDS[index]}
        last=$((%{#words[@]} - 1))
        if [[ $index -gt 0 && $line != [[:blank:]]* && ($word == [@:=]* || $before == *[@:=]) ]]; then
            words[last]+=$word
        else
            words+=("$word")
        fi
        line=%{line#*"$word"}
        before=$word
    done
}

# What stays of the current word: for bash a new one begins after a colon or =, and at an @.
__codex_auth_kept_part() {
    local rest=$1 breaks='' each
    for each in : =; do
        [[ $COMP_WORDBREAKS == *$each* ]] && breaks+=$each
    done
    [[ -n $breaks ]] && rest=%{rest##*[$breaks]}
    kept=%{1%"$rest"}
    [[ $COMP_WORDBREAKS == *@* && $rest == *@* ]] && kept+=%{rest%@*}
}

__codex_auth_answer() {
    local quotes=$'[\\\\"\']' plain=() word current kept='' quote='' paths='' value description
    for word in "%{words[@]:1}"; do
        plain+=("%{word//$quotes/}")
        current=%{word//$quotes/}
    done
    if [[ $word == [\"\']* ]]; then quote=%{word:0:1}; else __codex_auth_kept_part "$current"; fi
    COMPREPLY=()
    {
        IFS= read -r paths
        while IFS=$'\t' read -r value description; do
            [[ $value == "$current"* ]] || continue
            value=%{value#"$kept"}
            if [[ -z $quote ]]; then
                printf -v value %q "$value"
            elif [[ $value == *[\"\'\\\$\`!]* ]]; then
                continue
            fi
            COMPREPLY+=("$value")
        done
    } < <(command codex-auth __complete "%{plain[@]}" 2>/dev/null)
    # Without compopt (bash 3.2) files are offered wherever nothing else is.
    case $paths in
        none) compopt +o default +o bashdefault 2>/dev/null ;;
        directories) compopt +o default +o bashdefault -o dirnames 2>/dev/null ;;
    esac
    return 0
}

__codex_auth() {
    local words
    __codex_auth_read_words
    __codex_auth_answer
}

# The completion that codex has besides this one.
__codex_auth_find_official() {
    local spec
    spec=$(complete -p codex 2>/dev/null)
    if [[ $spec =~ \ -F\ ([^[:space:]]+) && %{BASH_REMATCH[1]} != __codex_auth_codex ]]; then
        __codex_auth_official=%{BASH_REMATCH[1]}
    fi
}

# bash-completion would have loaded it at the first Tab, had it found nothing else.
__codex_auth_load_official() {
    local loader
    __codex_auth_has_looked=yes
    for loader in _comp_load __load_completion; do
        declare -F "$loader" >/dev/null || continue
        "$loader" codex >/dev/null 2>&1
        __codex_auth_find_official
        complete -o bashdefault -o default -F __codex_auth_codex codex
        return
    done
}

__codex_auth_codex() {
    local words
    __codex_auth_read_words
    if [[ %{#words[@]} -gt 2 && %{words[1]} == auth ]]; then
        __codex_auth_answer
        return
    fi
    [[ -n $__codex_auth_official$__codex_auth_has_looked ]] || __codex_auth_load_official
    COMPREPLY=()
    [[ -z $__codex_auth_official ]] || "$__codex_auth_official" "$@"
    if [[ %{#words[@]} -eq 2 && -n %{words[1]} && auth == "%{words[1]}"* ]]; then COMPREPLY+=(auth); fi
    return 0
}

__codex_auth_official=%{__codex_auth_official-}
__codex_auth_has_looked=%{__codex_auth_has_looked-}
__codex_auth_find_official
complete -o bashdefault -o default -F __codex_auth codex-auth
complete -o bashdefault -o default -F __codex_auth_codex codex
`.replaceAll('%{', '${');

// `%{` stands for `${`, which a template literal would take for its own.
export const zshScript = String.raw`#compdef codex-auth
# Completion of codex-auth, and of "codex auth", for zsh. In ~/.zshrc, after compinit and the completion of codex:
#   source <(codex-auth completion zsh)

_codex_auth() {
    local -a answer described
    local line value
    answer=("%{(@f)$(command codex-auth __complete "%{(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    for line in "%{(@)answer[2,-1]}"; do
        value=%{line%%$'\t'*}
        value=%{%{value//\\/\\\\}//:/\\:}
        described+=("$value:%{line#*$'\t'}")
        [[ $line == *$'\t'* ]] || described[-1]=$value
    done
    local found=1
    if (( $#described )); then _describe -t values codex-auth described && found=0; fi
    if [[ $answer[1] == none ]]; then return $found; fi
    if [[ $words[CURRENT] == --*=* ]]; then compset -P '*='; fi
    case $answer[1] in
        files) _files && found=0 ;;
        directories) _files -/ && found=0 ;;
    esac
    return $found
}

_codex_auth_codex() {
    if (( CURRENT > 2 )) && [[ $words[2] == auth ]]; then
        _codex_auth
        return
    fi
    local found=1
    local -a ours
    ours=('auth:manage several ChatGPT logins')
    "%{_codex_auth_official:-_default}" "$@" && found=0
    if (( CURRENT == 2 )) && [[ -n $PREFIX || $found == 0 ]]; then
        _describe -t commands codex ours && found=0
    fi
    return $found
}

if (( ! $+functions[compdef] )); then
    autoload -Uz compinit
    compinit
fi
if [[ %{_comps[codex]-} != _codex_auth_codex ]]; then
    typeset -g _codex_auth_official=%{_comps[codex]-}
fi
compdef _codex_auth codex-auth
compdef _codex_auth_codex codex
# As a file named _codex-auth in fpath this is read at the first Tab, which wants an answer.
if [[ $funcstack[1] == _codex-auth ]]; then _codex_auth "$@"; fi
`.replaceAll('%{', '${');

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

export const powershellScript = String.raw`# Completion of codex-auth, and of "codex auth", for PowerShell. In $PROFILE, after that of codex:
#   codex-auth completion powershell | Out-String | Invoke-Expression

$__codexAuthComplete = {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        Select-Object -Skip 1 | ForEach-Object { "$_".Trim("'", '"') })
    $typed = $wordToComplete.Trim("'", '"')
    # An empty argument could be lost on the way; any word that is no option asks the same.
    $current = if ($typed -eq '') { '.' } else { $typed }
    & codex-auth __complete @words $current 2>$null | Select-Object -Skip 1 | ForEach-Object {
        $value, $description = $_ -split [char]9, 2
        if (-not $value.StartsWith($typed, [StringComparison]::OrdinalIgnoreCase)) { return }
        $text = if ($value -match '[^\w\-.@=:/+]') { "'" + ($value -replace "['\u2018-\u201b]", '$0$0') + "'" } else { $value }
        $tip = if ($description) { $description } else { $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $tip)
    }
}

Register-ArgumentCompleter -Native -CommandName codex-auth -ScriptBlock $__codexAuthComplete

# A command has one completer. Where PowerShell does not tell which one codex has, that one stays as it is.
try {
    $__codexAuthFlags = [System.Reflection.BindingFlags]'NonPublic,Instance'
    $__codexAuthEngine = $ExecutionContext.GetType().GetField('_context', $__codexAuthFlags).GetValue($ExecutionContext)
    $__codexAuthProperty = $__codexAuthEngine.GetType().GetProperty('NativeArgumentCompleters', $__codexAuthFlags)
    $__codexAuthKnown = $__codexAuthProperty.GetValue($__codexAuthEngine)
    if ($__codexAuthKnown -and "$($__codexAuthKnown['codex'])" -notmatch '__codexAuthComplete') {
        $__codexAuthOfficial = $__codexAuthKnown['codex']
    }
    Register-ArgumentCompleter -Native -CommandName codex -ScriptBlock {
        param($wordToComplete, $commandAst, $cursorPosition)
        $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
            ForEach-Object { "$_" })
        if ($words.Count -gt 1 -and $words[1] -eq 'auth') {
            & $__codexAuthComplete $wordToComplete $commandAst $cursorPosition
            return
        }
        if ($__codexAuthOfficial) { & $__codexAuthOfficial $wordToComplete $commandAst $cursorPosition }
        if ($words.Count -eq 1 -and $wordToComplete -ne '' -and 'auth'.StartsWith($wordToComplete)) {
            [System.Management.Automation.CompletionResult]::new('auth', 'auth', 'ParameterValue', 'Manage several ChatGPT logins')
        }
    }
} catch { }
`;
