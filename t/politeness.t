#!/bin/sh
# Manners of several runs at once: what the server saw must keep every limit, whoever asked.
. "${0%/*}/lib.sh"
need python3 jq

is_sql() { same "$(sql "$1")" "$2"; }

# Three hosts, each with feeds of its own.
N=8
jq -n --argjson n $N '[range($n)] | map({key: "/b\(.).rss", value: {delay: 0.05, body:
	"<rss version=\"2.0\"><channel><title>B</title><item><guid>\(.)</guid><title>Baker: Job \(.)</title></item></channel></rss>"}})
	| from_entries' >script.json

# serve LINES: under http:, a server on three addresses, and a site with feeds on each.
serve()
{
	: >log
	start python3 "$T_SERVERS/httpd.py" script.json --log log --also 127.0.0.2 --also 127.0.0.3
	port=${T_LINE#port }
	server=$T_PID
	rm -f jobping.db*
	new_site <<END
http:
  allow: [127.0.0.0/8]
  retries: 0
$1
END
	i=0
	while [ $i -lt $N ]; do
		for host in 127.0.0.1 127.0.0.2 127.0.0.3; do
			echo "feed:http://$host:$port/b$i.rss"
		done
		i=$((i + 1))
	done >boards.txt
	# shellcheck disable=SC2046
	jp-board add -q $(cat boards.txt)
}

# four_runs: at the same time, their statuses in order.
four_runs()
{
	pids=
	for i in 1 2 3 4; do
		jp-scrape -q >"run$i.out" 2>"run$i.err" &
		pids="$pids $!"
	done
	statuses=
	for pid in $pids; do
		wait "$pid"
		statuses="$statuses $?"
	done
	echo "${statuses# }"
}

# seen: HOST START END a request, in the order of their starts.
seen() { cut -f 1,2,6 log | jq -rR 'split("\t") | [(.[2] | fromjson | .headers.host), .[0], .[1]] | @tsv' | sort -k 1,1 -k 2,2n; }

# least_gap: the smallest number of ms between two starts on a host.
least_gap() { seen | awk '$1 == h && (!n++ || $2 - s < g) { g = $2 - s } { h = $1; s = $2 } END { print g + 0 }'; }
# overlap: the longest time that two requests to a host were in flight together.
overlap() { seen | awk '$1 == h && e - $2 > o { o = e - $2 } { if ($1 != h || $3 > e) e = $3; h = $1 } END { print o + 0 }'; }
at_least() { [ "$1" -ge "$2" ] || { echo "$1 is less than $2" >"$T_WHY"; return 1; }; }
at_most() { [ "$1" -le "$2" ] || { echo "$1 is more than $2" >"$T_WHY"; return 1; }; }

# ---- a pause between starts, one at a time -----------------------------------------------------

# The server's clock is read when it gets around to it; two starts without a rule between them are
# some milliseconds apart, so half of the pause tells them well apart.
serve '  min_interval: 300ms'
ok 'four runs at once end well' same "$(four_runs)" '0 0 0 0'
ok 'and visit each board once' is_sql 'SELECT count(*), count(DISTINCT board_id), max(status) FROM visit' '24|24|ok'
ok 'H08 two requests to a host start apart, whoever makes them' at_least "$(least_gap)" 200
ok 'H08 one at a time' at_most "$(overlap)" 30
ok 'nothing is held afterwards' is_sql 'SELECT count(*) FROM slot' 0
ok 'each request was counted once' is_sql 'SELECT sum(n) FROM host_use' "$(wc -l <log | tr -d ' ')"
ok 'nobody complains' same "$(cat run?.err)" ''
stop "$server"

serve '  min_interval: 100ms
  per_host: 3'
ok 'four runs with three connections a host end well' same "$(four_runs)" '0 0 0 0'
ok 'all boards are visited once' is_sql 'SELECT count(*), count(DISTINCT board_id) FROM visit' '24|24'
ok 'and starts stay apart' at_least "$(least_gap)" 60
stop "$server"

# ---- budgets ---------------------------------------------------------------------------------

serve '  min_interval: 0s
  per_hour: 5'
ok 'four runs end well where a host may be asked five times an hour' same "$(four_runs)" '0 0 0 0'
ok 'each host was asked five times' same "$(seen | cut -f 1 | sort | uniq -c | awk '{ print $1 }' | paste -s -d ' ')" '5 5 5'
ok 'robots.txt is one of the five; what was not asked was not visited' \
	is_sql 'SELECT count(*) FROM visit' 12
ok 'and did not fail' is_sql 'SELECT count(*) FROM board WHERE failures > 0' 0
run jp-scrape -a
ok 'nor is it asked later in the hour' same "$(wc -l <log | tr -d ' ')" 15
run jp-scrape "$(tail -n 1 boards.txt)"
ok 'a board asked for by name is put off' exits 75
ok 'which is said' err_has '^jp-scrape: http://127.0.0.3:[0-9]+/b7.rss \(feed\): not visited: 127.0.0.3 was asked as often as its limits allow, for another 6[0-9]m$'
sql "UPDATE host_use SET at = at - 3900000"
run jp-scrape -q "$(tail -n 1 boards.txt)"
ok 'an hour later it is asked' exits 0
stop "$server"

# ---- a run that dies ----------------------------------------------------------------------------

serve '  min_interval: 10s'
jp-scrape -q 2>run.err &
pid=$!
three_leased() { [ "$(sql 'SELECT count(*) FROM slot')" = 3 ]; }
until_true three_leased
kill -KILL $pid
wait $pid 2>/dev/null
ok 'a run that is killed leaves its connections leased' is_sql 'SELECT count(*) FROM slot' 3
ok 'for less than two minutes' is_sql \
	"SELECT count(*) FROM slot WHERE lease_until > $(date +%s)000 + 120000" 0
ok 'and its starts counted' is_sql 'SELECT sum(n) FROM host_use' 3
stop "$server"

done_testing
