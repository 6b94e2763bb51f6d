# Completion of ermine for bash: source this file, or install it as bash-completion/completions/ermine.
# Written by "make reference" from src/cli/settings.def and the files of the commands. Edit those.

# Members of a group: the part after the last comma.
_ermine_members() {
  local begin=
  [[ $1 == *,* ]] && begin=${1%,*},
  COMPREPLY=($(compgen -P "$begin" -W "$2 help" -- "${1##*,}"))
  [[ ${COMPREPLY-} == *= ]] && compopt -o nospace 2>/dev/null
}

_ermine() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # "--tier=b" is three words for bash.
  if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  if ((COMP_CWORD == 1)) && [[ $current != -* ]]; then
    COMPREPLY=($(compgen -W 'run validate inspect strip explore parse print objdump wast component bindgen help' -- "$current") $(compgen -f -X '!*.wa[st]*' -- "$current"))
    return
  fi
  local command=${COMP_WORDS[1]}
  [[ $command == -* ]] && command=run
  case $command in
    run)
      case $previous in
        -S|--wasi) _ermine_members "$current" 'inherit-env tcplisten= listen= max-sockets= max-network-bytes= connect-timeout= max-connection-time= tls max-http-requests= max-http-fields-size= max-http-request-body= max-http-response-body= http-timeout= config-var= keyvalue keyvalue-in-memory-data= keyvalue-timeout= cli preview1 preview0 cli-exit-with-code config'; return ;;
        -W|--wasm) _ermine_members "$current" 'unknown-imports-trap unknown-imports-default relaxed-simd-deterministic timeout= fuel= max-memory-size= max-instance-memory= max-total-memory= max-table-elements= max-total-table-elements= max-instances= max-tables= max-memories= trap-on-grow-failure max-gc-heap= max-wasm-stack= mask-speculation mutable-global saturating-float-to-int sign-extension multi-value reference-types bulk-memory simd relaxed-simd tail-call extended-const function-references gc exceptions legacy-exceptions multi-memory memory64 threads wide-arithmetic custom-page-sizes compact-imports cm-async cm-map cm-implements cm-values cm-nested-names cm-more-async-builtins cm-async-stackful cm-threading shared-everything-threads cm-fixed-length-lists cm-error-context cm-canon-names cm64 cm-gc all-proposals all'; return ;;
        --tier) COMPREPLY=($(compgen -W 'auto interp baseline optimized' -- "$current")); return ;;
        -O|--optimize) _ermine_members "$current" 'opt-level= optimize-after='; return ;;
        --sandbox) COMPREPLY=($(compgen -W 'required best-effort off' -- "$current")); return ;;
        --profile) COMPREPLY=($(compgen -W 'perfmap jitdump' -- "$current")); return ;;
        --log) COMPREPLY=($(compgen -W 'wasi gc' -- "$current")); return ;;
        -D|--debug) _ermine_members "$current" 'debug-info'; return ;;
        --config|--dir|--env|--listen|--tcp|--udp|--listen-udp|--allow-dns|--http|--cacert|--keyvalue|--invoke|--argv0|--preload|--features|--timeout|--fuel|--max-output-bytes|--max-open-files|--max-process-memory|--max-module-size|--code-cache-size) return ;;
      esac
      [[ $current == -* ]] && COMPREPLY=($(compgen -W '-h --help --config --dir --env --listen --tcp --udp --listen-udp --allow-dns --http --tls --cacert --keyvalue -S --wasi --invoke --argv0 --preload --unknown-imports-trap --unknown-imports-default --features --timeout --fuel --max-output-bytes --max-open-files --max-process-memory --max-module-size -W --wasm --tier --optimizing-tier --code-cache-size -O --optimize --sandbox --no-landlock --no-seccomp --verify-code -g --profile --log -D --debug' -- "$current"))
      ;;
    validate)
      case $previous in
        --sandbox) COMPREPLY=($(compgen -W 'required best-effort off' -- "$current")); return ;;
        --features|--timeout|--max-process-memory|--max-module-size) return ;;
      esac
      [[ $current == -* ]] && COMPREPLY=($(compgen -W '-h --help -q --quiet --features --timeout --max-process-memory --max-module-size --sandbox --no-landlock --no-seccomp' -- "$current"))
      ;;
    inspect)
      case $previous in
        --sandbox) COMPREPLY=($(compgen -W 'required best-effort off' -- "$current")); return ;;
        --features|--timeout|--max-process-memory|--max-module-size) return ;;
      esac
      [[ $current == -* ]] && COMPREPLY=($(compgen -W '-h --help --json --features --timeout --max-process-memory --max-module-size --sandbox --no-landlock --no-seccomp' -- "$current"))
      ;;
    strip)
      case $previous in
        --sandbox) COMPREPLY=($(compgen -W 'required best-effort off' -- "$current")); return ;;
        -o|--output|-d|--delete|--timeout|--max-process-memory|--max-module-size) return ;;
      esac
      [[ $current == -* ]] && COMPREPLY=($(compgen -W '-h --help -o --output -a --all -d --delete --timeout --max-process-memory --max-module-size --sandbox --no-landlock --no-seccomp' -- "$current"))
      ;;
    explore)
      case $previous in
        --function) COMPREPLY=($(compgen -W 'NAME INDEX' -- "$current")); return ;;
        --sandbox) COMPREPLY=($(compgen -W 'required best-effort off' -- "$current")); return ;;
        --module|-o|--output|--max-size|--features|--timeout|--max-process-memory|--max-module-size) return ;;
      esac
      [[ $current == -* ]] && COMPREPLY=($(compgen -W '-h --help --module -o --output --function --max-size --features --timeout --max-process-memory --max-module-size --sandbox --no-landlock --no-seccomp' -- "$current"))
      ;;
    parse)
      case $previous in
        --sandbox) COMPREPLY=($(compgen -W 'required best-effort off' -- "$current")); return ;;
        -o|--output|--timeout|--max-process-memory|--max-module-size) return ;;
      esac
      [[ $current == -* ]] && COMPREPLY=($(compgen -W '-h --help -o --output -g --names --no-names --timeout --max-process-memory --max-module-size --sandbox --no-landlock --no-seccomp' -- "$current"))
      ;;
    print)
      case $previous in
        --sandbox) COMPREPLY=($(compgen -W 'required best-effort off' -- "$current")); return ;;
        -o|--output|--timeout|--max-process-memory|--max-module-size) return ;;
      esac
      [[ $current == -* ]] && COMPREPLY=($(compgen -W '-h --help -o --output -f --fold-instructions -p --print-offsets --no-names --plain --timeout --max-process-memory --max-module-size --sandbox --no-landlock --no-seccomp' -- "$current"))
      ;;
    objdump)
      case $previous in
        --sandbox) COMPREPLY=($(compgen -W 'required best-effort off' -- "$current")); return ;;
        -o|--output|-j|--section|--timeout|--max-process-memory|--max-module-size) return ;;
      esac
      [[ $current == -* ]] && COMPREPLY=($(compgen -W '-h --help -o --output -h --headers -x --details -d --disassemble -s --full-contents -j --section --no-names --timeout --max-process-memory --max-module-size --sandbox --no-landlock --no-seccomp' -- "$current"))
      ;;
    wast)
      case $previous in
        -W|--wasm) _ermine_members "$current" 'relaxed-simd-deterministic timeout= max-gc-heap= max-wasm-stack= mask-speculation mutable-global saturating-float-to-int sign-extension multi-value reference-types bulk-memory simd relaxed-simd tail-call extended-const function-references gc exceptions legacy-exceptions multi-memory memory64 threads wide-arithmetic custom-page-sizes compact-imports cm-async cm-map cm-implements cm-values cm-nested-names cm-more-async-builtins cm-async-stackful cm-threading shared-everything-threads cm-fixed-length-lists cm-error-context cm-canon-names cm64 cm-gc all-proposals all'; return ;;
        --tier) COMPREPLY=($(compgen -W 'auto interp baseline optimized' -- "$current")); return ;;
        -O|--optimize) _ermine_members "$current" 'opt-level= optimize-after='; return ;;
        --sandbox) COMPREPLY=($(compgen -W 'required best-effort off' -- "$current")); return ;;
        --features|--timeout|--max-process-memory|--max-module-size|--code-cache-size) return ;;
      esac
      [[ $current == -* ]] && COMPREPLY=($(compgen -W '-h --help --json -l --list -v --verbose --features --timeout --max-process-memory --max-module-size -W --wasm --tier --optimizing-tier --code-cache-size -O --optimize --sandbox --no-landlock --no-seccomp --verify-code' -- "$current"))
      ;;
    component)
      ((COMP_CWORD == 2)) && COMPREPLY=($(compgen -W 'wit new embed plug targets unbundle' -- "$current")) && return
      case $previous in
        --sandbox) COMPREPLY=($(compgen -W 'required best-effort off' -- "$current")); return ;;
        --encoding) COMPREPLY=($(compgen -W 'utf8 utf16 compact-utf16' -- "$current")); return ;;
        -o|--output|--features|--timeout|--max-process-memory|--max-module-size|--adapt|-w|--world|--plug|--module-dir|--threshold) return ;;
      esac
      [[ $current == -* ]] && COMPREPLY=($(compgen -W '-h --help -o --output -w --wasm --no-docs --all-packages --features --all-features --timeout --max-process-memory --max-module-size --sandbox --no-landlock --no-seccomp -t --wat --adapt --realloc-via-memory-grow --no-merge-imports --reject-legacy-names --skip-validation -w --world --encoding --dummy --only-custom --plug --module-dir --threshold' -- "$current"))
      ;;
    bindgen)
      case $previous in
        --sandbox) COMPREPLY=($(compgen -W 'required best-effort off' -- "$current")); return ;;
        -o|--output|--world|--features|--timeout|--max-process-memory|--max-module-size) return ;;
      esac
      [[ $current == -* ]] && COMPREPLY=($(compgen -W '-h --help -o --output --world --features --all-features --timeout --max-process-memory --max-module-size --sandbox --no-landlock --no-seccomp' -- "$current"))
      ;;
  esac
}

complete -o default -F _ermine ermine
