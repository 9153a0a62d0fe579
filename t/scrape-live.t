#!/bin/sh
# jp-scrape across a socket: conditions, refusals, cut bodies, two runs at once, signals, a full disk.
. "${0%/*}/lib.sh"
need python3 jq

is_sql() { same "$(sql "$1")" "$2"; }

# serve: starts the server with script.json and a site whose Greenhouse is that server.
serve()
{
	: >log
	start python3 "$T_SERVERS/httpd.py" script.json --log log
	port=${T_LINE#port }
	server=$T_PID
	new_site <<END
http:
  allow: [127.0.0.1]
  min_interval: 0s
  retries: 1
  timeout: 15s
boards:
  greenhouse: http://127.0.0.1:$port
END
}

# asked PATH: how often the server was asked for it.
asked() { cut -f 5 log | grep -c -F "$1?"; }
header() { grep -v -F /robots.txt log | cut -f 6 | jq -r ".headers[\"$1\"] // \"none\"" | paste -s -d ' '; }

body='{"jobs":[{"id":1,"title":"Welder"},{"id":2,"title":"Clerk"}],"meta":{"total":2}}'
less='{"jobs":[{"id":1,"title":"Welder"}],"meta":{"total":1}}'

# ---- H05: conditions ---------------------------------------------------------------------------------

jq -n --arg a "$body" --arg b "$less" '{"/v1/boards/acme/jobs": [
	{body: $a, etag: "W/\"one\"", headers: {"Content-Type": "application/json"}},
	{body: $a, etag: "W/\"one\""}, {body: $b, etag: "\"two\""}, {body: $b, etag: "\"two\""},
	{body: $b, etag: "\"two\""}]}' >script.json
serve
jp-board add -q greenhouse:acme
run jp-scrape -a
ok 'a board is read across a socket' out_lines 2
run jp-scrape -a
ok 'H05 the stored ETag is sent exactly as it came' same "$(header if-none-match)" 'none W/"one"'
ok 'and 304 is the listing unchanged' is_sql \
	'SELECT status, http_status, complete, bytes FROM visit ORDER BY id DESC LIMIT 1' 'unchanged|304|1|0'
run jp-scrape -a
ok 'one complete listing without a posting closes nothing' no_out
run jp-scrape -a
ok 'H05 304 is the second' out_has '^2	closed	Clerk	'
run jp-scrape -a
ok 'and what is seen stays open' is_sql 'SELECT external_id FROM posting WHERE closed_at IS NULL' 1
jp-board add -q --company 'Acme Ltd' greenhouse:acme
run jp-scrape -a
ok 'after a change by the operator no condition is sent' same "$(header if-none-match | awk '{print $NF}')" none
ok 'R6 a new name of the company is no change of the posting' no_out
ok 'but is stored' is_sql 'SELECT company FROM posting WHERE closed_at IS NULL' 'Acme Ltd'
stop "$server"

# ---- R4: answers that are none ---------------------------------------------------------------------------

# A gzip of two members ends with the size of the second, which is less than what it is.
printf %s "$body" >whole
{ head -c -3 whole | gzip; tail -c 3 whole | gzip; } >members.gz
head -c 40 members.gz >torn.gz
jq -n --arg a "$body" '{
	"/v1/boards/members/jobs": {file: "members.gz", headers: {"Content-Encoding": "gzip"}},
	"/v1/boards/torn/jobs": {file: "torn.gz", headers: {"Content-Encoding": "gzip"}},
	"/v1/boards/cut/jobs": {body: $a, cut_after: 40},
	"/v1/boards/flaky/jobs": [{status: 503}, {body: $a}],
	"/v1/boards/busy/jobs": {status: 429, headers: {"Retry-After": "86400"}},
	"/v1/boards/drop/jobs": {drop: true},
	"/v1/boards/moved/jobs": {redirect: "http://127.0.0.1:{port}/v1/boards/good/jobs"},
	"/v1/boards/good/jobs": {body: $a, gzip: true}}' >script.json
serve
jp-board add -q greenhouse:cut greenhouse:flaky greenhouse:drop greenhouse:moved greenhouse:good \
	greenhouse:members greenhouse:torn
run jp-scrape
ok 'boards that fail among others do not fail the run' exits 0
ok 'H07 a 503 is tried again, a redirect followed, gzip inflated' is_sql \
	"SELECT token || ' ' || status FROM visit JOIN board ON board.id = board_id WHERE status = 'ok'
	ORDER BY token" 'flaky ok
good ok
members ok
moved ok'
ok 'gzip of two members is read whole' is_sql \
	"SELECT bytes FROM visit JOIN board ON board.id = board_id WHERE token = 'members'" ${#body}
ok 'one that is torn is no listing' is_sql \
	"SELECT last_status FROM board WHERE token = 'torn'" error
ok 'which is said' err_has '^jp-scrape: torn \(greenhouse\): .*: a gzip that is broken or was cut short'
ok 'a body cut short is no listing' is_sql \
	"SELECT status, n_postings FROM visit JOIN board ON board.id = board_id WHERE token = 'cut'" 'error|0'
ok 'and stores nothing' is_sql \
	"SELECT count(*) FROM posting JOIN board ON board.id = board_id WHERE token IN ('cut', 'drop')" 0
ok 'what failed is said' err_has '^jp-scrape: cut \(greenhouse\): .*; it is tried again later$'
jp-board add -q greenhouse:busy
run jp-scrape greenhouse:busy
ok '429 is a refusal' is_sql "SELECT last_status FROM board WHERE token = 'busy'" blocked
ok 'H06 and Retry-After parks the board' is_sql \
	"SELECT CAST(next_at - last_visit_at >= 86400000 - 60000 AS INTEGER) FROM board WHERE token = 'busy'" 1
run jp-scrape greenhouse:good
ok 'H06 another run does not ask its host either' exits 75
ok 'and says so' err_is <<'END'
jp-scrape: good (greenhouse): not visited: 127.0.0.1 asked not to be visited, for another 1d
END
ok 'which is no failure of the board' is_sql "SELECT failures, last_status FROM board WHERE token = 'good'" '0|ok'
sql 'UPDATE host SET rest_until = 0'
stop "$server"
run jp-scrape greenhouse:good greenhouse:moved
ok '69 when the network answers for none' exits 69
ok 'which is said' err_has '^jp-scrape: none of 2 boards answered; is the network there\?$'
run jp-scrape
ok 'but not when there was nothing to do' exits 0

# ---- record and replay, a reader that goes away --------------------------------------------------------

jq -n --rawfile a "$T_DATA/boards/greenhouse/large.json" \
	'{"/v1/boards/large/jobs": {body: $a, gzip: true, etag: "\"x\""}, "/v1/boards/shut/jobs": {status: 403}}' \
	>script.json
serve
jp-board add -q greenhouse:large greenhouse:shut
run jp-scrape --record kept
ok 'a run is recorded' out_lines 150
cp "$T_OUT" recorded.txt
stop "$server"
renew_site
jp-board add -q greenhouse:large greenhouse:shut
run jp-scrape --replay kept
ok 'and replayed without the server' exits 0
ok 'gives the same lines' out_is <recorded.txt
ok 'and the same failures' is_sql "SELECT token, last_status FROM board WHERE failures > 0" 'shut|blocked'
run jp-scrape --replay nowhere
ok 'a folder that is not there is unavailable' exits 69
renew_site
jp-board add -q greenhouse:large
run sh -c '{ jp-scrape --replay kept; echo "exit $?" >status; } | head -n 1'
ok 'L03 a reader that goes away is no failure' same "$(cat status)" 'exit 0'
ok 'L03 and nothing is said of it' no_err
ok 'what was told to nobody is stored' is_sql 'SELECT count(*) FROM posting' 150

# ---- C04: two runs at once ----------------------------------------------------------------------------------

jq -n --arg a "$body" '[range(12)] | map({key: "/v1/boards/b\(.)/jobs", value: {body: $a, delay: 0.1}})
	| from_entries' >script.json
serve
# shellcheck disable=SC2046
jp-board add -q $(seq -f 'greenhouse:b%g' 0 11)
jp-scrape >one.txt 2>one.err &
one=$!
jp-scrape >two.txt 2>two.err &
two=$!
wait $one
ok 'C04 of two runs at once the one ends well' same "$?" 0
wait $two
ok 'C04 and the other' same "$?" 0
ok 'C04 each board was asked for once' same "$(cut -f 5 log | sort | uniq -d | wc -l | tr -d ' ')" 0
ok 'all of them' is_sql 'SELECT count(*), count(DISTINCT board_id) FROM visit' '12|12'
ok 'each posting is told once' same "$(cat one.txt two.txt | wc -l | tr -d ' ')" 24
ok 'nobody complains' same "$(cat one.err two.err)" ''
stop "$server"

# ---- leases -----------------------------------------------------------------------------------------------------

jq -n --arg a "$body" '{"/v1/boards/slow/jobs": {body: $a, hold: "hold"}}' >script.json
: >hold # nobody is answered until it is gone
serve
jp-board add -q greenhouse:slow
claimed() { [ "$(sql 'SELECT count(worker) FROM board')" = 1 ]; }

jp-scrape >out.txt 2>err.txt &
pid=$!
until_true claimed
kill -TERM $pid
wait $pid
ok 'SIGTERM ends a run well' same "$?" 0
ok 'and the board in hand is given back' is_sql 'SELECT worker, lease_until, failures FROM board' '|0|0'
ok 'unvisited' is_sql 'SELECT count(*) FROM visit' 0

jp-scrape >out.txt 2>err.txt &
pid=$!
until_true claimed
kill -KILL $pid
wait $pid 2>/dev/null
ok 'after SIGKILL the lease stands' claimed
run jp-scrape
ok 'and another run leaves the board alone' is_sql 'SELECT count(*) FROM visit' 0
sql 'UPDATE board SET worker = NULL, lease_until = 1; UPDATE slot SET lease_until = 1'

jp-scrape >out.txt 2>err.txt &
pid=$!
until_true claimed
sql "UPDATE board SET lease_no = lease_no + 1, worker = 'another', lease_until = 9999999999999"
rm hold
wait $pid
ok 'who lost the lease stores nothing' is_sql 'SELECT (SELECT count(*) FROM posting) + (SELECT count(*) FROM visit)' 0
ok 'tells nothing' same "$(cat out.txt)" ''
ok 'and says so' same "$(cat err.txt)" \
	"jp-scrape: slow (greenhouse): another run took this board over, or it was changed or removed; this visit's result was dropped"
sql 'UPDATE board SET lease_until = 1'
run jp-scrape
ok 'when a lease is over another run takes the board' out_lines 2

# ---- visits that end together are stored together ------------------------------------------------------

jq -n --arg a "$body" '{"/v1/boards/one/jobs": {body: $a}, "/v1/boards/two/jobs": {body: $a},
	"/v1/boards/three/jobs": {body: $a}}' >script.json
jp-board add -q greenhouse:one greenhouse:two greenhouse:three
run jp-scrape --record rec
ok 'three boards are read' out_lines 6

# One is home, six are not: it waits for others for a while, but not for them.
jq -n --arg a "$body" '[range(6) | {key: "/v1/boards/held\(.)/jobs", value: {body: $a, hold: "hold"}}] |
	from_entries + {"/v1/boards/quick/jobs": {body: $a}}' >script.json
: >hold
new_site <<END
http: {allow: [127.0.0.1], min_interval: 0s, per_host: 8, timeout: 10m}
scrape: {per_host: 8}
boards: {greenhouse: "http://127.0.0.1:$port"}
END
jp-board add -q greenhouse:quick greenhouse:held0 greenhouse:held1 greenhouse:held2 \
	greenhouse:held3 greenhouse:held4 greenhouse:held5
jp-scrape >out.txt 2>err.txt &
pid=$!
one_stored() { [ "$(sql 'SELECT count(*) FROM visit')" = 1 ]; }
until_true one_stored
ok 'a board that is home is stored while others are awaited' one_stored
ok 'with what it lists' is_sql 'SELECT count(*) FROM posting' 2
kill -TERM $pid
wait $pid
ok 'and stays so when the run is told to end' same "$? $(sql 'SELECT count(*) FROM posting')" '0 2'
rm hold
stop "$server"
new_site <<END
http: {allow: [127.0.0.1], min_interval: 0s}
boards: {greenhouse: "http://127.0.0.1:$port"}
END
jp-board add -q greenhouse:one greenhouse:two greenhouse:three
if on_sqlite; then
	# in the transaction that stores the first, somebody takes the second
	sql "CREATE TRIGGER taken AFTER INSERT ON visit WHEN (SELECT count(*) FROM visit) = 1
		BEGIN UPDATE board SET lease_no = lease_no + 1 WHERE token = 'two'; END"
	run jp-scrape --replay rec
	ok 'a board that is lost among others is dropped alone' err_has '^jp-scrape: two .*another run took'
	ok 'the others are stored' is_sql "SELECT count(*), count(DISTINCT board_id) FROM posting" '4|2'
	ok 'and told' out_lines 4
	ok 'with their visits' is_sql "SELECT group_concat(token, ' ') FROM (SELECT token FROM board
		JOIN visit ON board.id = board_id ORDER BY token)" 'one three'
	sql "DROP TRIGGER taken; UPDATE board SET lease_until = 1"
fi
run jp-scrape -a --replay rec
ok 'in the end every board is stored' is_sql "SELECT count(*), count(DISTINCT board_id) FROM posting" '6|3'

# ---- promise 8: a full disk ------------------------------------------------------------------------------------

jq -n --arg a "$body" '{"/v1/boards/acme/jobs": {body: $a}}' >script.json
serve
jp-board add -q greenhouse:acme
fault=$BUILD/t/preload/fault.so
if [ -n "${JP_ASAN:-}" ] || [ ! -e "$fault" ]; then
	skip 'a full disk' 'the library that makes calls fail cannot be loaded here'
else
	n=1
	bad=
	while [ $n -le 40 ]; do
		run env LD_PRELOAD="$fault" JP_TEST_FAULT=full:$n jp-scrape -a
		case $T_STATUS in
		0) break ;;
		75) ;;
		*) bad="$bad $n:exit-$T_STATUS" ;;
		esac
		n_visits=$(sql 'SELECT count(*) FROM visit')
		n_postings=$(sql 'SELECT count(*) FROM posting')
		[ "$n_visits $n_postings" = '0 0' ] || [ "$n_postings" = 2 ] || bad="$bad $n:half"
		sql 'UPDATE board SET lease_until = 0'
		n=$((n + 1))
	done
	ok 'promise 8: with a full disk every run ends with 75 and nothing half-written' same "$bad" ''
	run jp-scrape -a
	ok 'and the next one has all' is_sql 'SELECT count(*) FROM posting' 2
fi
stop "$server"

done_testing
