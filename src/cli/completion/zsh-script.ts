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
