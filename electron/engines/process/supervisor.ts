/**
 * The supervisor of a run: a fixed script in a session of its own, so that the run outlives the app. It gets the
 * command as arguments and puts nothing of it into a script. Its working directory is the run's directory.
 *
 *   $1          `wrapped`: the command is bubblewrap with `enteredScript` and the run's own; else empty
 *   $2          working directory of the command
 *   $3…         the command
 *   descriptor 3  closed when the run is recorded, which tells the engine that it has started
 *
 * `started` gets the pid and the pid's start time, `exit` the exit status; both count as written once they end in a
 * newline. A handled (not ignored) signal is the default one again in the command. When the command has ended, what it
 * left running in the session's group ends as well, the supervisor with it.
 *
 * Bubblewrap walks through all mounts of this machine, and fails when one goes away meanwhile, as with every container that
 * ends. It is called again then: what did not get as far as to mark `entered` has done nothing. It reads its arguments from
 * descriptor 4 (`arguments`), and what it says itself (`setup`) is told only when it was in vain.
 */
export const supervisorScript = `
trap : TERM INT HUP
if [ -r /proc/$$/stat ]; then
  (read -r line < /proc/$$/stat; set -- \${line##*) }; shift 19; printf '%s %s\\n' "$$" "$1") > started
else
  printf '%s %s\\n' "$$" "$(ps -o lstart= -p $$)" > started
fi
exec 3>&-
wrapped=$1 place=$2 tries=1
shift 2
if [ -z "$wrapped" ]; then
  (cd "$place" && exec "$@")
  code=$?
else
  while :; do
    (exec 4<arguments 5>&2 2>setup 6>entered; cd "$place" && exec "$@")
    code=$?
    [ "$code" = 1 ] && ! [ -s entered ] && [ "$tries" -lt 20 ] || break
    tries=$((tries + 1))
  done
  # Without a program: the run's path may lead to none.
  [ -s entered ] || while read -r line; do printf '%s\\n' "$line"; done < setup >&2
fi
printf '%s\\n' "$code" > exit
kill -KILL 0
`;

/** What bubblewrap executes: marks that it got there, and becomes the command, with the run's own error output. */
export const enteredScript = 'echo >&6; exec "$@" 2>&5 4<&- 5>&- 6>&-';
