/**
 * The supervisor of a run: a fixed script in a session of its own, so that the run outlives the app. It gets the
 * command as arguments and puts nothing of it into a script. Its working directory is the run's directory.
 *
 *   $1          working directory of the command
 *   $2…         the command
 *   descriptor 3  closed when the run is recorded, which tells the engine that it has started
 *
 * `started` gets the pid and the pid's start time, `exit` the exit status; both count as written once they end in a
 * newline. A handled (not ignored) signal is the default one again in the command. When the command has ended, what it
 * left running in the session's group ends as well, the supervisor with it.
 */
export const supervisorScript = `
trap : TERM INT HUP
if [ -r /proc/$$/stat ]; then
  (read -r line < /proc/$$/stat; set -- \${line##*) }; shift 19; printf '%s %s\\n' "$$" "$1") > started
else
  printf '%s %s\\n' "$$" "$(ps -o lstart= -p $$)" > started
fi
exec 3>&-
(cd "$1" && shift && exec "$@")
printf '%s\\n' "$?" > exit
kill -KILL 0
`;
