#!/bin/sh
# A whole site that runs as `jp-queue work`: the four services come configured, hand their units of work
# over as tasks, and send the same mails as the programs run one after the other.
. "${0%/*}/lib.sh"

demo=$T_TOP/examples/demo

# site NAME: a site of the demonstration's boards and people, made at five in the morning.
site()
{
	mkdir -p "$T_WORK/$1"
	T_DB=$(new_database "$1") || t_die "no database $1"
	sed "s|^database:.*|database: $T_DB|" "$demo/jobping.yaml" >"$T_WORK/$1/jobping.yaml"
	export JP_CONFIG="$T_WORK/$1/jobping.yaml" JP_CLOCK=2026-03-02T05:00:00Z
	jp-db init -q || t_die "no site $1"
	jp-board import -q "$demo/boards.yaml" || t_die "no boards in $1"
	jp-user import -q --consent "asked" "$demo/subscribers.yaml" || t_die "nobody in $1"
}
# replay N: tasks of boards are answered from round N.
replay()
{
	sed -i '/^queue:/,$d' "$JP_CONFIG"
	printf 'queue: {types: {scrape: {command: [jp-scrape, --tasks, --replay, "%s"]}}}\n' \
		"$demo/round$1" >>"$JP_CONFIG"
}
# mails NAME: recipient, subject and every link of every mail but those with tokens, sorted.
mails()
{
	find "$T_WORK/$1/mail/new" -type f | while read -r f; do
		tr -d '\r' <"$f" | awk '/^To: /{to=$0} /^Subject: /{subject=$0}
			/^Content-Type: text\/html/{exit}
			/^ *https:/ && !/\/[um]\//{print to, subject, $1}'
	done | sort
}

site apart
for day in 2 3 4; do
	export JP_CLOCK="2026-03-0${day}T23:30:00Z"
	for pass in "jp-scrape -q --replay $demo/round$((day - 1))" 'jp-match -q' 'jp-mail -q'; do
		$pass || t_die "day $day: $pass failed"
	done
done
mails apart >apart.mails
ok 'the programs one after the other send something' test "$(wc -l <apart.mails)" -gt 50

site queue
for day in 2 3 4; do
	replay $((day - 1))
	export JP_CLOCK="2026-03-0${day}T23:30:00Z"
	# Digests last, as in the pipe: a digest whose hour comes before the matches waits a day.
	for types in 'scrape match' 'email cleanup'; do
		# shellcheck disable=SC2086
		run timeout 600 jp-queue work $types --drain
		ok "day $day: jp-queue work $types --drain ends well" exits 0
		ok 'and is silent on stdout' no_out
		ok 'and on stderr' no_err
	done
done
mails queue >queue.mails
ok 'the queue sends the same mails' file_is queue.mails <apart.mails

# states TYPE: how many tasks of it there are, by state.
states()
{
	sql "SELECT state || ' ' || count(*) FROM task WHERE type = '$1' GROUP BY state ORDER BY state" |
		tr '\n' ' '
}
ok 'nothing is dead, and each type waits for its next time' same "$(sql "
	SELECT state || ' ' || count(*) FROM task WHERE state <> 'done' GROUP BY state ORDER BY state")" \
	'delayed 4'

# ---- handing over -------------------------------------------------------------------------------

site hand
export JP_CLOCK=2026-03-02T23:30:00Z
n_boards=$(jp-board list | wc -l)
run jp-scrape --enqueue -q
ok 'jp-scrape --enqueue hands boards over' exits 0
ok 'and says nothing' no_out
ok 'a task each, with its key' same "$(sql "SELECT count(*) FROM task
	WHERE type = 'scrape' AND key = 'board:' || substr(payload, 10, length(payload) - 10)")" "$n_boards"
run jp-scrape --enqueue -q
ok 'a second time adds nothing while they wait' same "$(sql 'SELECT count(*) FROM task')" "$n_boards"
run jp-match --enqueue -q
ok 'jp-match --enqueue ends well' exits 0
ok 'new searches are due' same "$(sql "SELECT payload || key FROM task WHERE type = 'match'")" '{}due'
run jp-match --enqueue -q
ok 'once is enough' same "$(sql "SELECT count(*) FROM task WHERE type = 'match'")" 1
run jp-mail --enqueue -q
ok 'jp-mail --enqueue ends well' exits 0
n_mail=$(sql "SELECT count(*) FROM task WHERE type = 'email'")
ok 'those whose hour has come are handed over' test "$n_mail" -gt 0
run jp-mail --enqueue -q
ok 'once each' same "$(sql "SELECT count(*) FROM task WHERE type = 'email'")" "$n_mail"

# ---- as handlers --------------------------------------------------------------------------------

printf '%s\n' '{"id":7,"payload":{"board":1}}' 'nonsense' '{"id":8,"payload":{"board":99999}}' >tasks
run sh -c 'jp-scrape --tasks --replay "$0" <tasks' "$demo/round1"
ok 'jp-scrape --tasks ends well' exits 0
ok 'answers each task, also of a board that is gone' out_is <<'END'
{"id":7,"status":"done"}
{"id":8,"status":"done"}
END
ok 'and names what is no task' err_has '^jp-scrape: stdin: '
ok 'the board was visited' same "$(sql 'SELECT count(*) FROM visit WHERE board_id = 1')" 1
run sh -c 'jp-scrape --tasks --replay "$0" <tasks' "$demo/round1"
ok 'a board that is not due any more is done already' same "$(sql 'SELECT count(*) FROM visit')" 1
ok 'new postings call for matching' same \
	"$(sql "SELECT count(*) FROM task WHERE type = 'match' AND state IN ('waiting', 'delayed')")" 1
run sh -c 'echo "{\"id\":3,\"payload\":{}}" | jp-match --tasks'
ok 'jp-match --tasks answers' out_is <<'END'
{"id":3,"status":"done"}
END
ok 'nothing is due any more' same "$(sql 'SELECT count(*) FROM posting WHERE match_due = 1')" 0
run sh -c 'echo "{\"id\":4,\"payload\":{\"subscriber\":1}}" | jp-mail --tasks'
ok 'jp-mail --tasks answers' out_is <<'END'
{"id":4,"status":"done"}
END
ok 'somebody who is not due gets nothing twice' same "$(sql 'SELECT count(*) FROM (
	SELECT 1 FROM sent GROUP BY subscriber_id, group_id HAVING count(*) > 1) x')" 0
sed -i 's/^  transport:.*/  transport: smtp/' "$JP_CONFIG"
run env JP_MAIL_SMTP_HOST=127.0.0.1 JP_MAIL_SMTP_PORT=1 JP_MAIL_SMTP_TLS=none sh -c \
	'printf "%s\n" "{\"id\":4,\"payload\":{\"subscriber\":2}}" | jp-mail --tasks'
ok 'a mail server that is away is no end of the handler' exits 0

for p in 'jp-scrape --tasks --enqueue' 'jp-scrape --tasks 1' 'jp-scrape --enqueue -a' \
	'jp-match --tasks -' 'jp-match --enqueue -n' 'jp-mail --tasks -' 'jp-mail --enqueue --tasks'; do
	# shellcheck disable=SC2086
	run $p
	ok "$p is refused" exits 64
done

done_testing
