const bash = `# Completion of stowage for bash: source <(stowage completion bash)
_stowage() {
  local line=\${COMP_LINE:0:COMP_POINT} current cut='' candidate
  local -a words=() found=()
  read -a words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=\${words[\${#words[@]}-1]}
  mapfile -t found < <("\${words[0]}" __complete -- "\${words[@]:1}" 2>/dev/null)
  # bash takes “:” for the end of a word: what stands before it is on the line already.
  [[ $COMP_WORDBREAKS == *:* && $current == *:* ]] && cut=\${current%"\${current##*:}"}
  COMPREPLY=()
  for candidate in "\${found[@]}"; do
    COMPREPLY+=("$(printf '%q' "\${candidate#"$cut"}")")
    [[ $candidate == */ ]] && compopt -o nospace 2>/dev/null
  done
}
complete -o default -F _stowage stowage
`;

const zsh = `#compdef stowage
# Completion of stowage for zsh: source <(stowage completion zsh)
_stowage() {
  local -a found folders others
  found=(\${(f)"$(\${words[1]} __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#found} == 0 )); then
    _files
    return
  fi
  folders=(\${(M)found:#*/})
  others=(\${found:#*/})
  (( \${#folders} )) && compadd -S '' -a folders
  (( \${#others} )) && compadd -a others
}
compdef _stowage stowage
`;

const fish = `# Completion of stowage for fish: stowage completion fish | source
function __stowage_complete
  set -l words (commandline -opc) (commandline -ct)
  stowage __complete -- $words[2..-1] 2>/dev/null
end
complete -c stowage -a '(__stowage_complete)'
`;

const scripts: ReadonlyMap<string, string> = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
]);

export const shells: readonly string[] = [...scripts.keys()];

/** The script by which a shell completes `stowage`; null for a shell that is not known. */
export const completionScript = (shell: string): string | null => scripts.get(shell) ?? null;
