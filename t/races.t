#!/bin/sh
# Several processes add the same at the same time: each ends as if it had been first or later, never
# with an error, and everything is there once.
. "${0%/*}/lib.sh"
need jq

new_site <<'END'
site: {key_file: site.key}
END
processes=6

# at_once NAME COMMAND...: runs it in all processes; stdout goes to NAME.N, N instead of % in arguments.
# Prints nothing, or what went wrong.
at_once()
{
	t_run=$1 pids=
	shift
	for n in $(seq $processes); do
		(for word; do
			shift
			set -- "$@" "$(echo "$word" | sed "s/%/$n/")"
		done
		exec "$@") >"$t_run.$n" 2>"$t_run.$n.err" &
		pids="$pids $!"
	done
	n=0
	for p in $pids; do
		n=$((n + 1)) code=0
		wait "$p" || code=$?
		[ $code -eq 0 ] || echo "process $n: exit $code: $(cat "$t_run.$n.err")"
		[ ! -s "$t_run.$n.err" ] || echo "process $n said $(cat "$t_run.$n.err")"
	done
}
# Half of the processes go through a list from its end.
lists()
{
	for n in $(seq $processes); do
		if [ $((n % 2)) = 0 ]; then cp "$1" "$1.$n"; else tac "$1" >"$1.$n"; fi
	done
}

# ---- boards -----------------------------------------------------------------------------------------

seq 200 | sed 's/.*/- lever:raced&/' >boards
lists boards
ok 'boards are imported at the same time' same "$(at_once import jp-board import -j boards.%)" ''
ok 'each is added once' same "$(cat import.? | jq -s 'map(.added) | add')" 200
ok 'and known to the others' same "$(cat import.? | jq -s 'map(.known) | add')" $((200 * (processes - 1)))
(echo url && seq 200 | sed 's|.*|https://jobs.lever.co/slug&|') >slugs.csv
ok 'so are lists of slugs' same "$(at_once csv jp-board import -j slugs.csv)" ''
ok 'each of which is added once' same "$(cat csv.? | jq -s 'map(.added) | add')" 200
for round in $(seq 5); do
	failed=$(at_once "add$round" jp-board add -j "lever:single$round")
	[ -z "$failed" ] || break
done
ok 'one new board is added by all' same "$failed" ''
ok 'one of them added it, each time' same \
	"$(cat add?.? | jq -r 'select(.result == "added" or .what == "added" or .change == "added") | 1' | wc -l)" 5
ok 'and it is there once' same "$(sql 'SELECT count(*) FROM board')" 405

# ---- subscribers and searches -----------------------------------------------------------------------

seq 150 | sed 's/.*/- {email: r&@readers.example, searches: [{name: Any, query: "rust"}]}/' >people
lists people
ok 'people are imported at the same time' same \
	"$(at_once users jp-user import -j --consent 'asked by phone' people.%)" ''
ok 'each is there once' same "$(sql 'SELECT count(*) FROM subscriber')" 150
ok 'with one search' same "$(sql 'SELECT count(*) FROM search')" 150
ok 'and one consent' same "$(sql 'SELECT count(*) FROM consent')" 150
for round in $(seq 5); do
	failed=$(at_once "user$round" jp-user add -j "one$round@readers.example")
	[ -z "$failed" ] || break
	failed=$(at_once "search$round" jp-user search add -j "one$round@readers.example" --name Mine lisp)
	[ -z "$failed" ] || break
done
ok 'one person and one search are added by all' same "$failed" ''
ok 'and are there once' same "$(sql "SELECT count(*) FROM search WHERE name = 'Mine'")" 5

# ---- keys of tasks ----------------------------------------------------------------------------------

# Of 100 keys each has four tasks that are set aside; all processes wake all of them, in their own order,
# while others add tasks with the same keys.
seq 100 | jq -c '{type: "raced", key: "k\(.)", payload: .}' >tasks
for n in 1 2 3 4; do
	jp-queue add -q - <tasks
	jp-queue bury -q -t raced -s waiting
done
sql 'SELECT id FROM task ORDER BY id' >ids
lists tasks
lists ids
cat >mixed.sh <<'END'
code=0
case $1 in
[123]) jp-queue kick -q $(cat "ids.$1") 2>"said.$1" || code=$? ;;
4) jp-queue kick -q -t raced -s buried || code=$? ;;
*) for i in 1 2 3; do jp-queue add -q --clash skip - <"tasks.$1" || code=$?; done ;;
esac
# What others have woken is in the wrong state, and where they added, the key is taken.
[ $code = 65 ] || exit $code
grep -Ev 'was not kicked; |its key' "said.$1" >&2 || :
END
ok 'tasks with keys are woken and added at the same time' same "$(at_once mixed sh mixed.sh %)" ''
ok 'no key has two tasks' same "$(sql "SELECT count(*) FROM (SELECT key FROM task WHERE state <> 'buried'
	GROUP BY key HAVING count(*) <> 1) k")" 0
ok 'and each has one' same "$(sql "SELECT count(*) FROM task WHERE state <> 'buried'")" 100
ok 'none was lost' test "$(sql 'SELECT count(*) FROM task')" -ge 400
done_testing
