# jp-queue: adding, asking and mending; what runs handlers is in queue-work.t.
. "${0%/*}/lib.sh"
need jq

export JP_CLOCK=2026-11-22T12:00:00Z
now=1795348800000

run jp-queue list
ok 'without a database there is nothing to list' exits 69
ok 'and it says what to do' err_has 'jp-db init'

new_site </dev/null
run jp-queue list
ok 'an empty queue lists nothing' exits 0
ok 'indeed nothing' no_out
run jp-queue stats
ok 'and counts nothing' no_out

# ---- add ------------------------------------------------------------------------------------------

run jp-queue add email '{"to": 7}'
ok 'a task is added' exits 0
ok 'its id is told' out_is <<'END'
1	added	
END
ok 'without a word on stderr' no_err
run jp-queue add -j email
ok 'a payload is not needed' out_jq '. == [{"id":2,"outcome":"added","line":null}]'
run jp-queue add -q email 3
ok 'C01 add -q is silent' no_out
run jp-queue add Email
ok 'a type is a word' exits 65
ok 'which is said' err_has '^jp-queue: type: is not a word'
run jp-queue add email '{"to": 7'
ok 'a payload is JSON' exits 65
ok 'and where it is not is said' err_is <<'END'
jp-queue: payload: character 9: ',' or '}' was expected
END
run jp-queue add email '{"a":1} {"b":2}'
ok 'and one value' err_has 'character 9: more than one value'
payload() { head -c "$1" /dev/zero | tr '\0' x | sed 's/.*/"&"/'; }
payload 262142 >largest
payload 262143 >larger
run sh -c 'jp-queue add email - <largest'
ok 'of 256 KiB at most' exits 0
run sh -c 'jp-queue add email - <larger'
ok 'and not a byte more' exits 65
ok 'which is said with the line' err_has '^jp-queue: stdin: line 1: larger than 256 KiB'
run sh -c 'yes 0123456789 | head -c 400000 | tr -d "\n" | jp-queue add email -'
ok 'a line without an end is not kept' err_has '^jp-queue: stdin: line 1: too long'
run jp-queue add email -p 1001
ok 'priorities have bounds' exits 64
run jp-queue add email -d 1h --at 2026-12-01T00:00:00Z
ok 'of two times the delay counts' exits 0
ok 'it is delayed' same "$(sql "SELECT due - $now FROM task WHERE state = 'delayed'")" 3600000

# ---- keys -----------------------------------------------------------------------------------------

renew_site
run jp-queue add -k once report 1
ok 'a task with a key' out_has '^1	added'
run jp-queue add -k once report 2
ok 'its key is taken: the new one is left out' exits 0
ok 'and the id is the first one' out_has '^1	skipped'
run jp-queue add -k once report 3 --clash fail
ok 'or refused' exits 65
ok 'with the id of the other' err_is <<'END'
jp-queue: key: task 1 has it
END
run jp-queue add -k once report 4 --clash replace -p 5
ok 'or put in its place' out_has '^1	replaced'
run jp-queue show -j 1
ok 'which it takes' out_jq '.[0] | .payload == 4 and .priority == 5 and .key == "once"'
sql "UPDATE task SET state = 'running', worker = 'w', due = $now + 60000"
run jp-queue add -k once report 5 --clash replace
ok 'but not while it runs' exits 75
ok 'which is said' err_has 'task 1 has it and runs'
run jp-queue add -k once other
ok 'another type has keys of its own' out_has 'added'
run jp-queue add -k once report --clash often
ok 'no other way is known' exits 64

# ---- lines ----------------------------------------------------------------------------------------

renew_site
cat >lines <<'END'
{"type":"email","payload":{"n":12345678901234567890},"key":"a","subscriber":"7","priority":3}
{"type":"email","payload":{"n":2}
{"type":"email","payloads":{"n":3}}
{"payload":4}

{"type":"email","at":"2026-12-01T00:00:00Z","max_attempts":9}
{"type":"email","delay":"1h30m"}
{"type":"email","delay":"soon"}
{"type":"email","key":"a"}
{"type":"email","key":"a","clash":"fail"}
["email"]
END
run sh -c 'jp-queue add - <lines'
ok 'the good lines go in' exits 0
ok 'each told with its number' out_is <<'END'
1	added	1
2	added	6
3	added	7
1	skipped	9
END
ok 'and each bad one' err_is <<'END'
jp-queue: stdin: line 2: character 34: ',' or '}' was expected
jp-queue: stdin: line 3: a member that is not known; see jp-queue(1)
jp-queue: stdin: line 4: type: is missing
jp-queue: stdin: line 8: delay: a duration such as "5m" was expected
jp-queue: stdin: line 11: an object was expected
jp-queue: stdin: line 10: key: task 1 has it
END
ok 'numbers stay as they were written' same "$(sql 'SELECT payload FROM task WHERE id = 1')" \
	'{"n":12345678901234567890}'
run jp-queue show 1
ok 'everywhere' out_has '^payload	\{"n":12345678901234567890\}$'
run sh -c 'seq 3 | jp-queue add email -k x -'
ok 'after a type, lines are payloads' exits 0
ok 'and options hold for each' same "$(sql "SELECT count(*) FROM task WHERE key = 'x'")" 1
run sh -c 'echo nothing | jp-queue add -'
ok 'no good line at all is bad data' exits 65
run sh -c 'jp-queue add - </dev/null'
ok 'no line at all is fine' exits 0
run sh -c 'seq 5000 | jp-queue add many -'
ok 'thousands' out_lines 5000
ok 'are all there' same "$(sql "SELECT count(*) FROM task WHERE type = 'many'")" 5000

# A producer that waits for an id before it says the next line gets it.
mkfifo to from
timeout 600 jp-queue add ask - <to >from &
pid=$!
exec 8>to 9<from
for n in 1 2 3; do
	echo "$n" >&8
	read -r _ outcome line <&9
	ok "line $n is committed while the next is not there" same "$outcome $line" "added $n"
done
exec 8>&- 9<&-
wait $pid
ok 'and the end is heard' same $? 0

# ---- asking ---------------------------------------------------------------------------------------

renew_site
sql "INSERT INTO task (type, state, due, turn, priority, attempts, run_at, created_at, key, subscriber, worker,
	error, output, payload, lease_no) VALUES
	('email', 'waiting', 0, $now, 0, 0, $now - 60000, $now - 60000, 'k1', '7', NULL, NULL, NULL, '1', 0),
	('email', 'running', $now + 5000, 0, 0, 1, 0, $now - 60000, NULL, NULL, 'w1', NULL, NULL, '2', 1),
	('email', 'dead', $now - 3600000, 0, 0, 5, 0, 0, NULL, '7', 'w1', 'exit 70', CAST('one
two	\033[31m' AS blob), '3', 5),
	('email', 'dead', $now - 172800000, 0, 0, 5, 0, 0, NULL, NULL, 'w2', 'exit 65', NULL, '4', 5),
	('match', 'done', $now - 1000, 0, 0, 1, 0, 0, 'k1', NULL, 'w2', NULL, NULL, '5', 1),
	('match', 'buried', $now, NULL, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, '6', 0),
	('match', 'delayed', $now + 60000, NULL, 0, 0, $now + 60000, $now, NULL, NULL, NULL, NULL, NULL, '7', 0)"
esc=$(printf '\033')
sql "UPDATE task SET output = CAST(replace('one
two	\033[31m', '\033', '$esc') AS blob) WHERE id = 3"
run jp-queue list
ok 'a list, the newest first' out_is <<'END'
7	match	delayed	2026-11-22T12:01:00Z	0	0				2026-11-22T12:00:00Z	
6	match	buried	2026-11-22T12:00:00Z	0	0				1970-01-01T00:00:00Z	
5	match	done	2026-11-22T11:59:59Z	1	0	k1		w2	1970-01-01T00:00:00Z	
4	email	dead	2026-11-20T12:00:00Z	5	0			w2	1970-01-01T00:00:00Z	exit 65
3	email	dead	2026-11-22T11:00:00Z	5	0		7	w1	1970-01-01T00:00:00Z	exit 70
2	email	running	2026-11-22T12:00:05Z	1	0			w1	2026-11-22T11:59:00Z	
1	email	waiting	2026-11-22T11:59:00Z	0	0	k1	7		2026-11-22T11:59:00Z	
END
ids() { "$@" | cut -f 1 | tr '\n' ' '; }
ok '-t takes a type' same "$(ids jp-queue list -t match)" '7 6 5 '
ok '-s a state' same "$(ids jp-queue list -s dead)" '4 3 '
ok '-k a key' same "$(ids jp-queue list -k k1)" '5 1 '
ok '--subscriber one of those' same "$(ids jp-queue list --subscriber 7)" '3 1 '
ok '--worker a worker' same "$(ids jp-queue list --worker w1)" '3 2 '
ok '--since what ended or was added within' same "$(ids jp-queue list --since 1d)" '7 6 5 3 2 1 '
ok '--until what did before' same "$(ids jp-queue list --until 1h)" '4 '
ok 'and together' same "$(ids jp-queue list -t email -s dead --since 1d)" '3 '
ok 'pages by offset' same "$(ids jp-queue list -l 2 --offset 2)" '5 4 '
ok 'pages by the last id' same "$(ids jp-queue list -l 2 --after 4)" '3 2 '
run jp-queue list -s lost
ok 'a state is one of six' exits 64
run jp-queue list -j
ok 'as JSON, with all columns' out_jq 'length == 7 and (.[0] | keys_unsorted) == ["id", "type", "state",
	"at", "attempts", "priority", "key", "subscriber", "worker", "created_at", "error"]'
run jp-queue stats
ok 'counts by type and state' out_is <<'END'
email	1	0	1	0	2	0	2026-11-22T11:59:00Z	no
match	0	1	0	1	0	1		no
END
run jp-queue show 3
ok 'all of a task' out_is <<END
id	3
type	email
state	dead
ended_at	2026-11-22T11:00:00Z
priority	0
attempts	5
subscriber	7
worker	w1
lease_no	5
created_at	1970-01-01T00:00:00Z
run_at	1970-01-01T00:00:00Z
error	exit 70
output	one\\ntwo\\t${esc}[31m
payload	3
END
run jp-queue show -j 2
ok 'as JSON' out_jq '.[0] | .id == 2 and .lease_until == "2026-11-22T12:00:05Z" and .error == null'
run jp-queue show 99
ok 'there is no such task' exits 65
ok 'which is said' err_is <<'END'
jp-queue: task 99: there is none
END
run jp-queue show abc
ok 'a task is named by a number' exits 64

# ---- changing -------------------------------------------------------------------------------------

states() { sql 'SELECT id, state FROM task ORDER BY id' | tr '\n' ' '; }
was=$(states)
for verb in retry kick bury drop purge; do
	run jp-queue $verb
	ok "$verb wants to know which" exits 64
done
run jp-queue retry 3 -s dead
ok 'named and found exclude each other' exits 64
run jp-queue drop 4
ok 'L07 nothing is dropped where nobody can be asked' exits 64
run jp-queue purge --all
ok 'L07 nor purged' exits 64
ok 'and it says how' err_has 'needs --yes'
run jp-queue purge --all -n
ok 'a dry run tells' out_lines 6
run jp-queue retry -s dead -n
ok 'also of what is retried' out_is <<'END'
4	dead
3	dead
END
run jp-queue edit 1 -n -p 9
ok 'or edited' out_has '^1	waiting'
ok 'and nothing was changed' same "$(states)" "$was"

run jp-queue retry 3
ok 'a dead task is retried' out_is <<'END'
3	dead
END
ok 'with all its attempts' same "$(sql 'SELECT state, attempts FROM task WHERE id = 3')" 'waiting|0'
run jp-queue retry 5
ok 'what was acknowledged is not run again' exits 65
ok 'which is said' err_is <<'END'
jp-queue: task 5: is done and was not retried; only dead tasks are
END
run jp-queue kick 6 7 2
ok 'buried and delayed ones are kicked' out_is <<'END'
6	buried
7	delayed
END
ok 'a running one is not' err_has '^jp-queue: task 2: is running and was not kicked'
run jp-queue bury 1
ok 'a waiting one is buried' exits 0
run jp-queue add -k k1 email
run jp-queue kick 1
ok 'its key is taken by now' exits 65
ok 'which is said' err_has 'another task has its key'
run jp-queue edit 6 --payload '[1, 2]' -p -4 --max-attempts 2 -d 1h
ok 'a task is edited' exits 0
run jp-queue show -j 6
ok 'all at once' out_jq '.[0] | .payload == [1,2] and .priority == -4 and .max_attempts == 2 and
	.state == "delayed" and .run_at == "2026-11-22T13:00:00Z"'
run jp-queue edit 6 --at 2026-11-22T11:00:00Z
ok 'and waits again' same "$(sql 'SELECT state, due FROM task WHERE id = 6')" \
	"waiting|$((now - 3600000 + 4 * 60000))"
run jp-queue edit 6 --payload x
ok 'not to what is no JSON' exits 65
run jp-queue edit 2 -p 1
ok 'a running one is its worker s' err_has 'is running and was not edited'
run jp-queue edit 77 -p 1
ok 'one that is not there' err_has 'there is none'
run jp-queue drop 2 --yes
ok 'nor is a running one dropped' exits 65
run jp-queue drop 4 5 --yes
ok 'others are' out_is <<'END'
4	dead
5	done
END
run jp-queue purge -t match --yes
ok 'purge takes all that it finds' out_is <<'END'
7	waiting
6	waiting
END
run jp-queue purge --all --yes
ok 'but what runs' same "$(states)" '2|running '

# ---- pausing --------------------------------------------------------------------------------------

run jp-queue pause email match
ok 'types are paused' exits 0
run jp-queue stats
ok 'which is told, also of types without tasks' out_is <<'END'
email	0	0	1	0	0	0		yes
match	0	0	0	0	0	0		yes
END
run jp-queue pause email
ok 'twice is fine' exits 0
run jp-queue resume email match
run jp-queue stats
ok 'and resumed' out_is <<'END'
email	0	0	1	0	0	0		no
END
run jp-queue pause 'e mail'
ok 'a type is a word' exits 64

# ---- faults ---------------------------------------------------------------------------------------

renew_site
n=0
code=1
while [ $code != 0 ] && [ $n -lt 200 ]; do
	n=$((n + 1))
	run env JP_TEST_DB_FAIL=$n jp-queue add email 1
	code=$T_STATUS
	case $code in
	0 | 75) ;;
	*) break ;;
	esac
	[ $code = 0 ] || [ "$(wc -l <"$T_ERR")" -eq 1 ] || break
	[ $code = 0 ] || [ ! -s "$T_OUT" ] || break
done
ok "add fails $((n - 1)) times with one line, and then succeeds" exits 0
ok 'an id is told when the task is there' same "$(sql 'SELECT count(*) FROM task')" 1

done_testing
