#!/bin/sh
# PgBouncer is started anew while programs work: between two transactions they go on with another
# connection; inside one they end with 75 and a line, nothing of it is done, and the next run does it.
. "${0%/*}/own-server.sh"
own_server --pgbouncer # others must not lose their connections
pooler=$JP_TEST_POOLER
. "${0%/*}/lib.sh"
need jq
. "$T_TOP/t/accident.sh"

# The server itself, past the pooler.
direct() { "$JP_TEST_PSQL" -X -A -t -q -d "${JP_TEST_POSTGRES_DIRECT%/*}/${JP_DATABASE##*/}" -c "$1"; }
# restart: the pooler is another process; every connection through the one before has ended.
restart()
{
	kill -USR1 "$pooler"
	tries=0
	until direct "SELECT count(*) FROM pg_stat_activity WHERE backend_start > '$1'
		AND datname = current_database() AND usename = 'jp' AND pid <> pg_backend_pid()" | grep -q '^[1-9]'; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] || t_die 'the pooler does not start'
		"$JP_TEST_PSQL" -X -A -t -q -d "$JP_DATABASE" -c 'SELECT 1' >/dev/null 2>&1 || :
	done
}
now() { direct 'SELECT clock_timestamp()'; }

# ---- between two transactions -----------------------------------------------------------------------

mkfifo to from
timeout 600 jp-queue add raced - <to >from 2>added.err &
adder=$!
exec 8>to 9<from
echo 1 >&8
read -r first <&9
before=$(now)
restart "$before"
echo 2 >&8
read -r second <&9
exec 8>&-
code=0
wait "$adder" || code=$?
ok 'a program that waits for its next line goes on' same "$code" 0
ok 'without a word' test ! -s added.err
ok 'what it said before is there' same "$(direct "SELECT id FROM task WHERE payload = '1'")" "${first%%	*}"
ok 'and what it said after' same "$(direct "SELECT id FROM task WHERE payload = '2'")" "${second%%	*}"

# ---- inside one -------------------------------------------------------------------------------------

three_states
export JP_CLOCK=2026-03-03T12:00:00Z
somebody_waits()
{
	[ "$(direct "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
		AND wait_event_type = 'Lock'")" -ge 1 ]
}
# inside TABLE COMMAND...: the command is stopped inside a transaction, by a lock of that table, when the
# pooler is started anew; its exit status is in $code.
inside()
{
	rm -f hold held
	mkfifo hold
	"$JP_TEST_PSQL" -X -A -t -q -d "${JP_TEST_POSTGRES_DIRECT%/*}/${JP_DATABASE##*/}" <hold >held 2>&1 &
	holder=$!
	exec 8>hold
	echo "BEGIN; LOCK TABLE $1; SELECT 1;" >&8
	until_true test -s held || t_die 'nobody holds the table' held
	shift
	"$@" >faulty.out 2>faulty.err 8>&- &
	program=$!
	until_true somebody_waits || t_die "$1 did not wait" faulty.err
	restart "$(now)"
	code=0
	wait "$program" || code=$?
	exec 8>&-
	wait "$holder"
}
for what in 'posting jp-scrape -q --replay '"$site/day3" 'match jp-match -q' 'message jp-mail -q'; do
	# shellcheck disable=SC2086 # words
	set -- $what
	fresh "before_${2#jp-}"
	inside "$@"
	ok "$2 inside a transaction is for later" same "$code" 75
	ok 'and says so in a line' file_has faulty.err "^$2: postgresql://.*the connection to the database server was lost; try again"
	ok 'one line' lines 1 faulty.err
	finish >finish.out 2>&1
	rows >rows.got
	delivered >mails.got
	ok 'in the end all is well' agree "$2"
done
done_testing
