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
