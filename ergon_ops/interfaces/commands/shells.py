"""Completion scripts: each shell asks the program what may come next, and shows it its own way."""

from __future__ import annotations

BASH = r"""# ergon-ops: completion for bash
_ergon_ops() {
    local IFS=$'\n' found
    COMPREPLY=()
    found=$(command ergon-ops __complete bash "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null) || return 0
    if [ "$found" = ":files" ]; then
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
        return 0
    fi
    COMPREPLY=($found)
    return 0
}
complete -F _ergon_ops ergon-ops
"""
ZSH = r"""#compdef ergon-ops
# ergon-ops: completion for zsh
_ergon_ops() {
    local -a found
    found=("${(@f)$(command ergon-ops __complete zsh '' "$LBUFFER" 2>/dev/null)}")
    if [[ "$found[1]" == ":files" ]]; then
        _files
        return
    fi
    [[ -n "$found[1]" ]] && _describe 'ergon-ops' found
}
if (( $+functions[compdef] )); then
    compdef _ergon_ops ergon-ops
fi
[[ "$funcstack[1]" == "_ergon_ops" ]] && _ergon_ops "$@"
true
"""
FISH = r"""# ergon-ops: completion for fish
function __ergon_ops_words
    command ergon-ops __complete fish '' (commandline -cp | string collect) 2>/dev/null
end
function __ergon_ops_takes_files
    contains -- ':files' (__ergon_ops_words)
end
complete -c ergon-ops -f -n 'not __ergon_ops_takes_files' -a '(__ergon_ops_words)'
complete -c ergon-ops -F -n __ergon_ops_takes_files
"""
SCRIPTS: dict[str, str] = {"bash": BASH, "zsh": ZSH, "fish": FISH}
