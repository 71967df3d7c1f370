"""The scripts by which a shell asks us what may come next.

Each hands over the words as they are, and takes lines back: a word, a tab, and what it does; a
line that begins with a tab names what the shell itself is to complete. Nothing that comes back is
evaluated, so no word can run anything.
"""

HIDDEN = "candidates"

_BASH = r"""# Completion in bash: eval "$(publisher completion bash)" in ~/.bashrc
_publisher_complete() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            $'\t'files) compopt -o default 2>/dev/null ;;
            $'\t'folders) compopt -o dirnames 2>/dev/null ;;
            *) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
    done < <(command hermes-publisher completion candidates -- \
        "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null)
}
complete -F _publisher_complete publisher hermes-publisher
"""

_ZSH = r"""#compdef publisher hermes-publisher
# Completion in zsh: eval "$(publisher completion zsh)" in ~/.zshrc
_publisher_complete() {
    local line
    local -a asked found
    asked=("${(@Q)words[2,CURRENT-1]}")
    (( CURRENT > 2 )) || asked=()
    for line in "${(@f)$(command hermes-publisher completion candidates -- \
        "${asked[@]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}"; do
        case $line in
            '') ;;
            $'\t'files) _files ;;
            $'\t'folders) _files -/ ;;
            *) found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
        esac
    done
    (( $#found )) && _describe -t words publisher found
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _publisher_complete publisher hermes-publisher
"""

_FISH = r"""# Completion in fish: publisher completion fish | source in config.fish
function __publisher_complete
    set -l current (commandline -ct)
    set -l asked (commandline -opc)
    for line in (command hermes-publisher completion candidates -- $asked[2..-1] "$current" \
            2>/dev/null </dev/null)
        switch $line
            case \tfiles
                __fish_complete_path "$current"
            case \tfolders
                __fish_complete_directories "$current"
            case '*'
                printf '%s\n' $line
        end
    end
end
complete -c publisher -f -a '(__publisher_complete)'
complete -c hermes-publisher -f -a '(__publisher_complete)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
