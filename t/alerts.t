#!/bin/sh
# C02: a board that fails is reported once it persists, and once when it recovers; by one of several
# runs, and also when the run that recorded it was killed.
. "${0%/*}/lib.sh"
need python3 jq

is_sql() { same "$(sql "$1")" "$2"; }
rss='<rss version="2.0"><channel><title>B</title><item><guid>1</guid><title>Baker: Job</title></item></channel></rss>'
# serve STATUS: what the board answers from now on.
serve() { jq -n --arg rss "$rss" --argjson s "$1" '{"/a.rss": {status: $s, body: $rss},
	"/b.rss": {body: $rss}, "/robots.txt": {status: 404}}' >script.json; }
serve 500
start python3 "$T_SERVERS/httpd.py" script.json
port=${T_LINE#port }
board=feed:http://127.0.0.1:$port/a.rss

site()
{
	new_site <<END
http: {allow: [127.0.0.1], min_interval: 0s, retries: 0, per_hour: 0, per_day: 0}
scrape: {interval: 1h, max_failures: 4, alert_failures: 3, alert_after: 24h}
END
	jp-board add -q "$board" "feed:http://127.0.0.1:$port/b.rss"
}
# at TIME [OPTION...]: a run at that time that visits the board, due or not.
at()
{
	JP_CLOCK=$1
	export JP_CLOCK
	shift
	jp-scrape -a "$@" >out 2>err
}
said() { file_is err; }
nothing() { same "$(cat err)" ''; }

# ---- so many times in a row ---------------------------------------------------------------------

site
at 2026-03-02T06:00:00Z -q
ok 'C02 a board that fails is recorded' is_sql \
	"SELECT failures, failing_since FROM board WHERE id = 1" '1|1772431200000'
ok 'and not reported' nothing
at 2026-03-02T08:00:00Z -q
ok 'nor when it fails again' nothing
at 2026-03-02T10:00:00Z -q
ok 'C02 it is reported when it failed three times' said <<END
jp-scrape: http://127.0.0.1:$port/a.rss (feed): failing since 2026-03-02, 3 visits in a row: HTTP 500; it is tried again later
END
at 2026-03-02T12:00:00Z -q
ok 'C02 once' nothing
run jp-stats alerts
ok 'jp-stats shows it' out_is <<END
1	$board	error	2026-03-02T06:00:00Z	4	2026-03-02T10:00:00Z	2026-03-02T10:00:00Z	HTTP 500
END
run env JP_CLOCK=2026-03-02T12:10:00Z jp-stats health
ok 'and health names it' out_has "^boards	1	2026-03-02T06:00:00Z	$board failed again and again; see jp-stats alerts"
serve 200
at 2026-03-02T14:00:00Z -q
ok 'C02 its recovery is reported' said <<END
jp-scrape: http://127.0.0.1:$port/a.rss (feed): recovered: ok
END
at 2026-03-02T16:00:00Z -q
ok 'C02 once' nothing
ok 'nothing of it is left' is_sql 'SELECT count(*) FROM alert' 0
run jp-stats alerts
ok 'jp-stats neither' no_out

# ---- so long ------------------------------------------------------------------------------------

site
serve 500
at 2026-03-02T06:00:00Z -q
JP_CLOCK=2026-03-03T05:59:59Z
jp-scrape -q "feed:http://127.0.0.1:$port/b.rss" >out 2>err
ok 'a board that failed for less than a day is not reported' nothing
JP_CLOCK=2026-03-03T06:00:00Z
jp-scrape -q "feed:http://127.0.0.1:$port/b.rss" >out 2>err
ok 'C02 after a day it is, by a run that does not visit it' said <<END
jp-scrape: http://127.0.0.1:$port/a.rss (feed): failing since 2026-03-02, 1 visit in a row: HTTP 500; it is tried again later
END

# ---- recovered before it was told, failing again before that was told -----------------------------

site
for hour in 01 03 05; do
	at 2026-03-02T$hour:00:00Z
	ok "who runs it by hand hears of each failure ($hour)" said <<END
jp-scrape: http://127.0.0.1:$port/a.rss (feed): HTTP 500; it is tried again later
END
done
ok 'which opens an alert, too' is_sql 'SELECT count(*), count(told) FROM alert' '1|0'
serve 200
at 2026-03-02T07:00:00Z
at 2026-03-02T09:00:00Z -q
ok 'what recovered untold is not reported' nothing
serve 500
for hour in 11 13 15; do
	at 2026-03-02T$hour:00:00Z -q
done
serve 200
# by hand, which tells no alerts
at 2026-03-02T17:00:00Z
serve 500
for hour in 18 19 20; do
	at 2026-03-02T$hour:00:00Z
done
at 2026-03-02T21:00:00Z -q
ok 'what fails again before its recovery was told is known to fail' nothing

# ---- disabled -----------------------------------------------------------------------------------

site
serve 404
for hour in 01 03; do
	at 2026-03-02T$hour:00:00Z -q
done
at 2026-03-02T05:00:00Z -q
ok 'a board that is gone is reported' said <<END
jp-scrape: http://127.0.0.1:$port/a.rss (feed): failing since 2026-03-02, 3 visits in a row: HTTP 404; the board is gone or renamed, see jp-board(1)
END
at 2026-03-02T07:00:00Z -q
ok 'and when it is disabled for that' said <<END
jp-scrape: http://127.0.0.1:$port/a.rss (feed): disabled: gone: HTTP 404 on 4 visits; jp-board enable $board brings it back
END
at 2026-03-02T09:00:00Z -q
ok 'once' nothing
jp-board enable -q "$board"
serve 200
at 2026-03-02T11:00:00Z -q
ok 'what the operator switched on again he knows' nothing
serve 500
for hour in 12 14 16; do
	at 2026-03-02T$hour:00:00Z -q
done
ok 'a new trouble is a new report' file_has err 'failing since'
jp-board disable -q "$board"
at 2026-03-02T18:00:00Z -q
ok 'what he switched off he knows, too' nothing
ok 'nothing of it is left' is_sql 'SELECT count(*) FROM alert' 0

# ---- killed -------------------------------------------------------------------------------------

# Killed after the visit that counts was recorded, before anything was told.
site
for hour in 01 03; do
	at 2026-03-02T$hour:00:00Z -q
done
sql "UPDATE board SET failures = 3, last_status = 'error' WHERE id = 1"
at 2026-03-02T03:10:00Z -q "feed:http://127.0.0.1:$port/b.rss"
ok 'a run that was killed between a visit and telling loses nothing' file_has err 'failing since 2026-03-02, 3 visits'

# Killed with an alert in hand: nobody else tells it before its lease is over.
sql "UPDATE alert SET told = NULL, told_at = NULL, teller = 'gone', lease_until = $(($(date -u -d 2026-03-02T03:20:00Z +%s) * 1000 + 60000))"
at 2026-03-02T03:20:00Z -q "feed:http://127.0.0.1:$port/b.rss"
ok 'what another run is telling is not told' nothing
at 2026-03-02T03:21:01Z -q "feed:http://127.0.0.1:$port/b.rss"
ok 'until that run is gone' file_has err 'failing since 2026-03-02, 3 visits'

# ---- several runs -------------------------------------------------------------------------------

site
i=0
while [ $i -lt 250 ]; do
	echo "feed:http://127.0.0.1:$port/none$i.rss"
	i=$((i + 1))
done | xargs jp-board add -q
sql "UPDATE board SET failures = 3, failing_since = 1772431200000, last_status = 'error',
	next_at = 1999999999999 WHERE id > 2"
sql "UPDATE board SET next_at = 1999999999999"
unset JP_CLOCK
pids=
for i in 1 2 3 4; do
	jp-scrape -q >/dev/null 2>"err$i" &
	pids="$pids $!"
done
# shellcheck disable=SC2086
wait $pids
cat err? >err
ok 'C02 of four runs at once each alert is told by one' same \
	"$(sed -n 's/^jp-scrape: \([^ ]*\) (feed): failing.*/\1/p' err | sort | uniq -c | awk '{ print $1 }' | sort | uniq -c | awk '{ print $1, $2 }')" '250 1'
ok 'and nothing else is said' same "$(grep -c . err)" 250
done_testing
