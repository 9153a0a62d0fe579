#!/bin/sh
# Three machines with names and networks of their own (network namespaces) work on one PostgreSQL
# database: boards are visited by one of them at a time, nothing is stored or mailed twice, and what a
# machine had in hand that is cut off is taken over, while what it writes when it comes back is refused.
# Once directly and once through PgBouncer.
. "${0%/*}/lib.sh"
[ "$T_ENGINE" = sqlite ] || skip_all 'has servers of its own; once is enough'
need jq python3 ip unshare hostname

preload=$BUILD/t/preload/fault.so

# ---- the network ----------------------------------------------------------------------------------

# The test runs in a namespace of its own, the hub, where the servers are, and makes one a machine.
if [ -z "${T_NET:-}" ]; then
	net=jp$$
	t_gone()
	{
		for m in h a b c; do
			ip netns del "$net$m" 2>/dev/null
		done
	}
	at_end t_gone
	ip netns add "${net}h" 2>/dev/null || skip_all 'network namespaces are not permitted here'
	unshare --uts true 2>/dev/null || skip_all 'host names are not permitted here'
	status=0
	T_NET=$net ip netns exec "${net}h" sh "$T_TOP/t/machines.t" || status=$?
	T_DONE=yes
	exit "$status"
fi
hub=${T_NET}h
must()
{
	"$@" >must.out 2>&1 || t_die "could not: $*" must.out
}
must ip -n "$hub" link set lo up
must ip -n "$hub" addr add 10.77.0.1/32 dev lo
n=0
for m in a b c; do
	n=$((n + 1))
	must ip netns add "$T_NET$m"
	must ip -n "$hub" link add "to-$m" type veth peer name hub netns "$T_NET$m"
	must ip -n "$hub" addr add "10.77.$n.1/30" dev "to-$m"
	must ip -n "$hub" link set "to-$m" up
	must ip -n "$T_NET$m" addr add "10.77.$n.2/30" dev hub
	must ip -n "$T_NET$m" link set hub up
	must ip -n "$T_NET$m" link set lo up
	must ip -n "$T_NET$m" route add default via "10.77.$n.1"
done
# on MACHINE COMMAND...: runs it there.
on()
{
	on=$1
	shift
	# shellcheck disable=SC2016 # the inner shell expands
	ip netns exec "$T_NET$on" unshare --uts sh -c 'hostname "$0"; exec "$@"' "machine-$on" "$@"
}
cut_off() { must ip -n "$hub" link set "to-$1" down; }
join() { must ip -n "$hub" link set "to-$1" up; }

is_sql() { same "$(sql "$1")" "$2"; }

# ---- the servers ----------------------------------------------------------------------------------

# Every board lists a job of its own and one that all of them list.
jq -n '[range(12)] | map({key: "/v1/boards/b\(.)/jobs", value: {delay: 0.01, body: ({jobs: [
	{id: 1, title: "Smith \(.)", absolute_url: "https://anvil.example/b\(.)", location: {name: "Leeds"},
		content: "<p>Iron \(.).</p>"},
	{id: 2, title: "Striker", company_name: "Anvil", absolute_url: "https://anvil.example/same",
		location: {name: "Leeds"}, content: "<p>Strikes.</p>"}], meta: {total: 2}} | tojson)}})
	| from_entries + {"/v1/boards/slow/jobs": {hold: "hold",
		body: "{\"jobs\":[{\"id\":1,\"title\":\"Welder\"}],\"meta\":{\"total\":1}}"}}' >script.json
: >rules
mkdir sink
start python3 "$T_SERVERS/httpd.py" script.json --log log --also 10.77.0.1
http=${T_LINE#port }
start python3 "$T_SERVERS/smtpd.py" --dir sink --rules rules --log smtp.log --listen 10.77.0.1
smtp=${T_LINE#port }

# cluster OPTION...: a server in the hub, and what lib.sh needs to ask it.
cluster()
{
	start python3 "$T_SERVERS/postgres.py" --listen 10.77.0.1 "$@"
	server=$T_PID
	JP_TEST_POSTGRES=${T_LINE% *}
	JP_TEST_POSTGRES_DIRECT=${T_LINE#* }
	T_ENGINE=postgres
	unset JP_TEST_TEMPLATE # of another server
}
JP_TEST_PSQL=$(find /usr/lib/postgresql/*/bin/psql 2>/dev/null | tail -n 1)
[ -n "$JP_TEST_PSQL" ] || JP_TEST_PSQL=$(command -v psql) || skip_all 'skipped: no PostgreSQL server is installed'

# site: a new one with nothing in it, known to every machine by its configuration.
site()
{
	rm -rf sink/* log
	: >log
	: >rules
	new_site <<END
site: {url: "https://site.example", contact: "ops@site.example", key_file: site.key}
http: {allow: [10.77.0.1], min_interval: 0s, retries: 1, timeout: 5m}
boards: {greenhouse: "http://10.77.0.1:$http"}
scrape: {per_host: 100}
match: {min_score: 1}
mail:
  transport: smtp
  from: jobs@site.example
  smtp: {host: 10.77.0.1, port: $smtp, tls: none, connections: 1}
END
}

# mails: one "recipient URL" a line for every posting in every mail.
mails()
{
	find sink -name '*.eml' | while read -r f; do
		awk '/^To: /{sub(/.*</,""); sub(/^To: /,""); sub(/>.*/,""); to=$0}
		     /^Content-Type: text\/html/{exit}
		     {while (match($0, /https:\/\/anvil\.example\/[a-z0-9]+/)) {
		         print to, substr($0, RSTART, RLENGTH); $0 = substr($0, RSTART + RLENGTH)}}' "$f"
	done | tr -d '\r' | sort
}

# ---- all at once ----------------------------------------------------------------------------------

all_at_once()
{
	site
	on a jp-user import -q --consent asked people.yaml || t_die 'nobody was imported'
	# shellcheck disable=SC2046 # words
	on b jp-board add -q $(seq -f 'greenhouse:b%g' 0 11) || t_die 'no boards'
	pids=
	for m in a b c; do
		on $m sh -c 'for i in 1 2; do jp-scrape -q && jp-match -q && jp-mail -q || exit; done' 2>$m.err &
		pids="$pids $!"
	done
	codes=
	for pid in $pids; do
		code=0
		wait "$pid" || code=$?
		codes="$codes $code"
	done
	ok "$how: three machines at once end well" same "$codes" ' 0 0 0'
	ok 'and quietly' same "$(cat a.err b.err c.err)" ''
	on a jp-match -q && on b jp-mail -q
	ok 'each board was asked for once' same "$(cut -f 5 log | sort | uniq -d | wc -l)" 0
	ok 'all of them' is_sql 'SELECT count(*), count(DISTINCT board_id) FROM visit' '12|12'
	ok 'machines go by their names' is_sql "SELECT DISTINCT split_part(worker, ':', 1) AS m FROM run
		WHERE program = 'jp-mail' ORDER BY m" 'machine-a
machine-b
machine-c'
	ok 'no event is there twice' is_sql 'SELECT count(*), count(DISTINCT posting_id) FROM posting_event' '24|24'
	ok 'near-duplicates of all boards are one group' is_sql \
		"SELECT count(DISTINCT group_id) FROM posting WHERE title = 'Striker'" 1
	mails >got
	ok 'everybody was mailed everything' same "$(sort -u got | wc -l)" $((10 * 13))
	ok 'promise 2: and nothing twice' same "$(uniq -d got)" ''
	ok 'no promise is broken' on c jp-db check
}
for i in $(seq 10); do
	echo "- {email: p$i@people.example, frequency: instant, searches: [{name: All, query: \"\"}]}"
done >people.yaml

# ---- one is cut off -------------------------------------------------------------------------------

# The lease of everything in hand is over: the database's clock has gone on.
lease_over()
{
	sql "UPDATE board SET lease_until = 0 WHERE worker IS NOT NULL; DELETE FROM slot;
		UPDATE host SET next_at = 0, full_until = 0;
		UPDATE message SET lease_until = 0 WHERE state = 'sending'"
}
# The server has noticed that a machine is gone, as its timeout would make it.
server_notices()
{
	sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND state LIKE 'idle in transaction%'" >noticed
}

cut_while_scraping()
{
	site
	on a jp-board add -q greenhouse:slow || t_die 'no board'
	: >hold # the answer does not come before the machine is cut off
	on a jp-scrape >a.out 2>a.err &
	pid=$!
	until_true asked slow || t_die 'the board is not asked for' a.err
	cut_off a
	rm hold
	ok "$how: the board is in a machine's hand" is_sql \
		"SELECT split_part(worker, ':', 1) FROM board" machine-a
	run on b jp-scrape
	ok 'while its lease holds nobody else visits it' no_out
	lease_over
	run on b jp-scrape
	ok 'afterwards another machine does' out_lines 1
	ok 'and ends well' exits 0
	before=$(sql 'SELECT * FROM posting ORDER BY id; SELECT * FROM board; SELECT * FROM visit')
	join a
	code=0
	wait $pid || code=$?
	ok 'the machine that comes back is refused' file_has a.err 'another run took this board over'
	ok 'which is no failure of the run' same "$code" 0
	ok 'it tells nothing' test ! -s a.out
	ok 'and has changed nothing' same \
		"$(sql 'SELECT * FROM posting ORDER BY id; SELECT * FROM board; SELECT * FROM visit')" "$before"
}
# The board's own answer is awaited, and nothing else: no transaction is open that others wait for.
asked()
{
	[ "$(sql "SELECT (SELECT count(*) FROM slot) * (SELECT count(*) FROM robots) * (1 - (SELECT count(*)
		FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'))")" = 1 ]
}

cut_while_matching()
{
	site
	on a jp-user import -q --consent asked people.yaml
	on a jp-match -q
	on a jp-board add -q greenhouse:b0 greenhouse:b1
	on a jp-scrape -q
	on a env JP_TEST_FAULT=stop:"INSERT INTO match " LD_PRELOAD="$preload" jp-match -q 2>a.err &
	pid=$!
	until_true has_stopped || t_die 'nothing has stopped' a.err
	cut_off a
	run on b jp-match
	ok "$how: while a machine that is cut off keeps postings, others go on" exits 0
	ok 'without them' no_out
	server_notices
	run on b jp-match
	ok 'when the server has noticed they are matched' out_lines $((4 * 10))
	join a
	# shellcheck disable=SC2046 # ids
	kill -CONT $(stopped a)
	code=0
	wait $pid || code=$?
	ok 'the machine that comes back has to try again' same "$code" 75
	ok 'every match is there once' is_sql 'SELECT count(*) FROM match' $((4 * 10))
	on a jp-mail -q
	mails >got
	ok 'and mailed once' same "$(wc -l <got) $(uniq -d got | wc -l)" "$((3 * 10)) 0"
}
# The processes of a machine that are stopped.
stopped()
{
	for p in $(ip netns pids "${T_NET}$1"); do
		grep -q '^State:.T' "/proc/$p/status" && echo "$p"
	done 2>/dev/null
}
has_stopped() { [ -n "$(stopped a)" ]; }

cut_while_mailing()
{
	site
	on a jp-user import -q --consent asked people.yaml
	on a jp-board add -q greenhouse:b0
	on a jp-scrape -q
	on a jp-match -q
	echo 'end * late' >rules
	: >smtp.log
	on a env JP_MAIL_PER_RUN=1 jp-mail >a.out 2>a.err &
	pid=$!
	until_true grep -q late smtp.log || t_die 'no message comes' a.err
	cut_off a
	: >rules
	run on b jp-mail
	ok "$how: a message in the hand of a machine that is cut off stays there" same \
		"$(sql "SELECT state, count(*) FROM message GROUP BY state ORDER BY state")" 'sending|1
sent|9'
	lease_over
	run on b jp-mail
	ok 'when its lease is over it is in doubt' is_sql "SELECT count(*) FROM message WHERE state = 'held'" 1
	join a
	wait $pid
	ok 'the machine that comes back is refused' file_has a.err 'its lease was over before it was done'
	ok 'and it stays in doubt' is_sql "SELECT count(*) FROM message WHERE state = 'held'" 1
	run on c jp-mail
	mails >got
	ok 'promise 2: nobody was mailed twice' same "$(wc -l <got) $(uniq -d got | wc -l)" "$((2 * 10)) 0"
}

for how in directly 'through PgBouncer'; do
	if [ "$how" = directly ]; then
		cluster
	else
		cluster --pgbouncer
		export JP_DB_PREPARE=false
	fi
	all_at_once
	cut_while_scraping
	cut_while_mailing
	if [ -n "${JP_ASAN:-}" ]; then
		skip "$how: a machine is cut off while it matches" 'the preload and the sanitizers exclude each other'
	else
		cut_while_matching
	fi
	stop "$server"
done
JP_TEST_POSTGRES='' T_ENGINE=sqlite # the databases are gone with their servers
done_testing
