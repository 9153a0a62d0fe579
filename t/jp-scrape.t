#!/bin/sh
# jp-scrape over replayed answers: what is stored, told, closed, and what happens to boards that fail.
. "${0%/*}/lib.sh"

GH='https://boards-api.greenhouse.io/v1/boards'
LV='https://api.lever.co/v0/postings'
NOW=2026-09-20T08:00:00Z

# answer URL STATUS: what a replay gives for it, the body from stdin.
answer()
{
	t_file=$(printf %s "$1" | cksum | cut -d ' ' -f 1)
	mkdir -p replay
	{
		printf 'HTTP/1.1 %s As Told\nContent-Type: application/json\n\n' "$2"
		cat
	} >"replay/$t_file"
	[ ! -f replay/index.tsv ] || grep -v -F "	$1	" replay/index.tsv >replay/index.new
	[ ! -f replay/index.new ] || mv replay/index.new replay/index.tsv
	printf 'GET\t%s\t-\t%s\n' "$1" "$t_file" >>replay/index.tsv
}

# jobs N TITLE...: a Greenhouse listing of these, with ids from N on.
jobs()
{
	id=$1
	shift
	sep=
	printf '{"jobs":['
	for title; do
		printf '%s{"id":%s,"title":"%s","company_name":"Acme","location":{"name":"Bergen, Norway"},' \
			"$sep" "$id" "$title"
		printf '"absolute_url":"https://acme.example/%s","content":"&lt;p&gt;Work %s.&lt;/p&gt;"}' \
			"$id" "$id"
		sep=,
		id=$((id + 1))
	done
	printf '],"meta":{"total":%s}}\n' $#
}

# add TIME BOARD...: boards that are due from a time on.
add()
{
	t_now=$1
	shift
	JP_CLOCK=$t_now jp-board add -q "$@"
}

# scrape TIME OPTION...: a run at a time, from the replay.
scrape()
{
	t_now=$1
	shift
	run env JP_CLOCK="$t_now" jp-scrape --replay replay "$@"
}

is_sql() { same "$(sql "$1")" "$2"; }
# What stderr said, sorted: boards are visited in any order.
told()
{
	sort "$T_ERR" >sorted
	file_is sorted
}

new_site <<'END'
scrape:
  interval: 1h
  max_failures: 3
END

# ---- the first visit ------------------------------------------------------------------------------

run jp-scrape
ok 'without boards there is nothing to do' exits 0
ok 'and nothing to tell' no_out
ok 'not even on stderr' no_err

add $NOW greenhouse:acme
jobs 1 'Welder' 'Clerk' 'Rigger' 'Cook' 'Pilot' | answer "$GH/acme/jobs?content=true" 200
scrape $NOW -n
ok 'a dry run tells what would be new' out_lines 5
ok 'under no id' out_has '^0	new	Welder	Acme	Bergen, Norway	https://acme.example/1	greenhouse:acme$'
ok 'and stores nothing' is_sql 'SELECT count(*) FROM posting' 0
ok 'not even a visit or another run' is_sql 'SELECT (SELECT count(*) FROM visit) + (SELECT count(*) FROM run)' 1

renew_site # the dry run used ids up
add $NOW greenhouse:acme
scrape $NOW
ok 'the first visit' exits 0
ok 'tells one new posting a line' out_is <<'END'
1	new	Welder	Acme	Bergen, Norway	https://acme.example/1	greenhouse:acme
2	new	Clerk	Acme	Bergen, Norway	https://acme.example/2	greenhouse:acme
3	new	Rigger	Acme	Bergen, Norway	https://acme.example/3	greenhouse:acme
4	new	Cook	Acme	Bergen, Norway	https://acme.example/4	greenhouse:acme
5	new	Pilot	Acme	Bergen, Norway	https://acme.example/5	greenhouse:acme
END
ok 'C01 and says nothing on stderr' no_err
ok 'the visit is kept' is_sql \
	'SELECT status, http_status, complete, n_postings, n_bad, n_new, n_changed, n_closed FROM visit' \
	'ok|200|1|5|0|5|0|0'
ok 'the run too' is_sql \
	'SELECT program, exit_code, n_done, n_failed FROM run ORDER BY id DESC LIMIT 1' 'jp-scrape|0|1|0'
ok 'the lease is given back' is_sql \
	'SELECT worker, lease_until, lease_no FROM board' '|0|1'

scrape $NOW
ok 'a board that is not due is left alone' no_out
ok 'and not visited' is_sql 'SELECT count(*) FROM visit' 1
scrape 2026-09-20T09:00:00Z
ok 'it is due again after its interval' is_sql 'SELECT count(*) FROM visit' 2
ok 'H05 the same bytes are a complete listing unchanged' is_sql \
	'SELECT status, complete FROM visit ORDER BY id DESC LIMIT 1' 'unchanged|1'
ok 'and tell nothing' no_out

# ---- promise 1 --------------------------------------------------------------------------------------

jobs 1 'Welder' 'Clerk' 'Rigger' 'Head Cook' | answer "$GH/acme/jobs?content=true" 200
scrape 2026-09-20T10:00:00Z
ok 'R6 a changed posting is told' out_is <<'END'
4	changed	Head Cook	Acme	Bergen, Norway	https://acme.example/4	greenhouse:acme
END
ok 'R1 one complete listing without a posting closes nothing' is_sql \
	'SELECT count(*) FROM posting WHERE closed_at IS NULL' 5
scrape 2026-09-20T11:00:00Z -j
ok 'H05 the same listing unchanged is the second one' out_is <<'END'
{"posting":5,"event":"closed","title":"Pilot","company":"Acme","place":"Bergen, Norway","url":"https://acme.example/5","board":"greenhouse:acme"}
END
jobs 1 'Welder' 'Clerk' 'Rigger' 'Head Cook' 'Pilot' | answer "$GH/acme/jobs?content=true" 200
scrape 2026-09-20T12:00:00Z
ok 'one that comes back is reopened' out_has '^5	reopened	Pilot	'
ok 'and only that is told' out_lines 1

jobs 1 'Welder' 'Clerk' 'Rigger' 'Head Cook' | sed 's/"total":4/"total":9/' |
	answer "$GH/acme/jobs?content=true" 200
for hour in 13 14 15; do
	scrape 2026-09-20T$hour:00:00Z
done
ok 'R1 listings that disagree with their total close nothing' is_sql \
	"SELECT status, complete, reason, (SELECT count(*) FROM posting WHERE closed_at IS NULL)
	FROM visit ORDER BY id DESC LIMIT 1" 'partial|0|4 jobs came, meta.total says 9|5'

jobs 1 | answer "$GH/acme/jobs?content=true" 200
for time in 20T16 20T17 21T15; do
	scrape 2026-09-$time:00:00Z
done
ok 'R2 an empty listing of a board that had postings is suspect' is_sql \
	"SELECT group_concat(status || complete, ' ') FROM (SELECT status, complete FROM visit
	ORDER BY id DESC LIMIT 3) AS v" 'suspect0 suspect0 suspect0'
ok 'R2 and closes nothing' is_sql 'SELECT count(*) FROM posting WHERE closed_at IS NULL' 5
scrape 2026-09-21T17:00:00Z
ok 'R2 unchanged on three visits over a day it counts as complete' is_sql \
	"SELECT status, complete, (SELECT count(*) FROM posting WHERE closed_at IS NULL)
	FROM visit ORDER BY id DESC LIMIT 1" 'ok|1|5'
scrape 2026-09-21T18:00:00Z
ok 'R2 and the next one closes' out_lines 5
ok 'all of them' is_sql 'SELECT count(*) FROM posting WHERE closed_at IS NULL' 0

# ---- boards that fail --------------------------------------------------------------------------------

add 2026-09-22T08:00:00Z greenhouse:gone greenhouse:shut greenhouse:page lever:umbra
echo '{"status":404}' | answer "$GH/gone/jobs?content=true" 404
echo 'no' | answer "$GH/shut/jobs?content=true" 403
echo '<!DOCTYPE html><html><body>Are you human?</body></html>' |
	answer "$GH/page/jobs?content=true" 200
echo '{"ok":false}' | answer "$LV/umbra?mode=json" 404
printf '[{"id":"a","text":"Rower","hostedUrl":"https://jobs.eu.lever.co/umbra/a"}]' |
	answer 'https://api.eu.lever.co/v0/postings/umbra?mode=json' 200
jobs 1 'Welder' | answer "$GH/acme/jobs?content=true" 200
scrape 2026-09-22T08:00:00Z
ok 'boards that fail among others do not fail the run' exits 0
ok 'the others are read' out_has '^1	reopened	Welder	'
ok 'L09 each failure says which board, what, and what to do' told <<'END'
jp-scrape: gone (greenhouse): HTTP 404; the board is gone or renamed, see jp-board(1)
jp-scrape: page (greenhouse): line 1, column 1: HTML where JSON was expected; the service refuses us, it is left alone for longer
jp-scrape: shut (greenhouse): HTTP 403; the service refuses us, it is left alone for longer
END
ok 'R4 404 is gone, 403 and a page for people are blocked, never empty' is_sql \
	"SELECT group_concat(token || ' ' || last_status, ', ') FROM (SELECT * FROM board
	WHERE failures > 0 ORDER BY id) AS b" 'gone gone, shut blocked, page blocked'
ok 'Lever is asked in its other region' out_has '^[0-9]+	new	Rower	'
ok 'which is kept' is_sql "SELECT region FROM board WHERE kind = 'lever'" eu
ok 'a failing board is left alone for its interval' is_sql \
	"SELECT count(*) FROM board WHERE failures > 0 AND next_at BETWEEN 1790067600000 - 360000 AND 1790067600000" 3

scrape 2026-09-22T12:00:00Z -q
ok 'C02 when quiet a failure that does not persist is not told' no_err
ok 'and nothing else either' no_out
ok 'the pause is doubled' is_sql \
	"SELECT count(*) FROM board WHERE failures = 2 AND next_at > 1790085600000 - 720001" 3
scrape 2026-09-22T20:00:00Z -q
ok 'R4 gone for the third time it is disabled, the others are told once' told <<'END'
jp-scrape: gone (greenhouse): disabled: gone: HTTP 404 on 3 visits; jp-board enable greenhouse:gone brings it back
jp-scrape: page (greenhouse): failing since 2026-09-22, 3 visits in a row: line 1, column 1: HTML where JSON was expected; the service refuses us, it is left alone for longer
jp-scrape: shut (greenhouse): failing since 2026-09-22, 3 visits in a row: HTTP 403; the service refuses us, it is left alone for longer
END
for day in 24 26 28; do
	scrape 2026-09-${day}T20:00:00Z -q
done
ok 'C02 and not again' no_err
ok 'R4 what is blocked is never disabled' is_sql \
	"SELECT group_concat(token, ' ') FROM board WHERE disabled_at IS NOT NULL" gone
jobs 1 'Diver' | answer "$GH/shut/jobs?content=true" 200
scrape 2026-10-20T08:00:00Z -q
ok 'C02 a recovery is told once' err_is <<'END'
jp-scrape: shut (greenhouse): recovered: ok
END
ok 'failures are forgotten' is_sql "SELECT failures FROM board WHERE token = 'shut'" 0

run jp-scrape --replay replay greenhouse:nosuch
ok 'a board that is not there is an error' exits 65
ok 'which says where to look' err_is <<'END'
jp-scrape: greenhouse:nosuch: no such board; jp-board list shows them, jp-board add adds one
END
scrape 2026-10-20T08:00:00Z lever:umbra greenhouse:nosuch 1
ok 'the others are visited all the same' exits 0
ok 'and it is told' err_is <<'END'
jp-scrape: greenhouse:nosuch: no such board; jp-board list shows them, jp-board add adds one
END
ok 'boards named are visited though not due' is_sql \
	"SELECT count(*) FROM visit WHERE at = 1792483200000 AND board_id IN (1, 5)" 4
run jp-scrape --record x --replay y
ok 'recording a replay is a usage error' exits 64

# ---- items that cannot be read -------------------------------------------------------------------------

add 2026-10-21T08:00:00Z greenhouse:mixed
jobs 1 'A' 'B' 'C' 'D' 'E' 'F' 'G' '' | answer "$GH/mixed/jobs?content=true" 200
scrape 2026-10-21T08:00:00Z -v greenhouse:mixed
ok 'an item that cannot be read costs only itself' out_lines 7
ok 'its place is said with -v' err_has '^jp-scrape: mixed \(greenhouse\): jobs\[7\]: '
ok 'the listing stays complete' is_sql \
	'SELECT status, complete, n_bad FROM visit ORDER BY id DESC LIMIT 1' 'ok|1|1'
jobs 1 'A' 'B' 'C' '' '' | answer "$GH/mixed/jobs?content=true" 200
scrape 2026-10-21T09:00:00Z greenhouse:mixed
ok 'R1 one of which many cannot be read is partial' is_sql \
	'SELECT status, complete, reason FROM visit ORDER BY id DESC LIMIT 1' \
	'partial|0|2 of 5 items could not be read'

for hour in 10 11 12; do
	jobs 1 'A' 'B' 'C' 'D' '' 'F' "G$hour" | answer "$GH/mixed/jobs?content=true" 200
	scrape 2026-10-21T$hour:00:00Z greenhouse:mixed
done
ok 'R1 what cannot be read is not missing' is_sql \
	"SELECT CAST(closed_at IS NULL AS INTEGER) FROM posting JOIN board ON board.id = board_id
	WHERE token = 'mixed' AND title = 'E'" 1

# ---- feeds -----------------------------------------------------------------------------------------------

add 2026-11-01T08:00:00Z feed:https://night.example/all.rss
feed()
{
	printf '<rss><channel><title>Night</title><ttl>180</ttl>'
	for n; do
		printf '<item><title>Mill: Job %s</title><guid>https://night.example/%s</guid>%s</item>' \
			"$n" "$n" "$expires"
	done
	printf '</channel></rss>'
}
expires='' && feed 1 2 | answer https://night.example/all.rss 200
scrape 2026-11-01T08:00:00Z -a feed:https://night.example/all.rss
ok 'a feed is read' out_lines 2
ok 'R1 as a window, never complete' is_sql \
	'SELECT status, complete FROM visit ORDER BY id DESC LIMIT 1' 'ok|0'
ok 'its ttl is kept to' is_sql \
	"SELECT CAST(next_at BETWEEN 1793520000000 + 9720000 AND 1793520000000 + 10800000 AS INTEGER) FROM board
	WHERE kind = 'feed'" 1
feed 2 3 | answer https://night.example/all.rss 200
for day in 02 03 04; do
	scrape 2026-11-${day}T08:00:00Z feed:https://night.example/all.rss
done
ok 'what has left the window is not closed' is_sql \
	"SELECT count(*) FROM posting WHERE url LIKE '%night%' AND closed_at IS NULL" 3
scrape 2026-12-31T09:00:00Z feed:https://night.example/all.rss
ok 'it expires by age' out_has '^[0-9]+	expired	Job 1	Mill		https://night.example/1	feed:https://night.example/all.rss$'
ok 'what stood in the window, unchanged or not, does not' is_sql \
	"SELECT count(*) FROM posting WHERE url LIKE '%night%' AND closed_at IS NULL" 2
expires='<expires_at>2027-01-05</expires_at>' && feed 9 | answer https://night.example/all.rss 200
scrape 2027-01-01T08:00:00Z feed:https://night.example/all.rss
scrape 2027-01-06T08:00:00Z feed:https://night.example/all.rss
ok 'and by its own date' out_has '^[0-9]+	expired	Job 9	'

# ---- parse -------------------------------------------------------------------------------------------------

parse()
{
	t_file=$1
	shift
	run sh -c 'exec jp-scrape parse "$@" <"$0"' "$t_file" "$@"
}
parse "$T_DATA/boards/greenhouse/small.json" greenhouse --board larkspur
ok 'parse prints postings' exits 0
ok 'one JSON object a line' out_jq 'length == 9 and (map(.external_id) | index("104") == null)'
ok 'of a whole listing nothing is said' no_err
parse "$T_DATA/boards/greenhouse/short.json" greenhouse --board larkspur
ok 'what is not complete is said' err_is <<'END'
jp-scrape: larkspur (greenhouse): not complete: 2 jobs came, meta.total says 40
END
echo '{"jobs":[{"id":1,"title":"A"},{"id":2}]}' >bad.json
parse bad.json greenhouse --board acme --company 'Acme Ltd'
ok 'one bad item does not fail it' exits 0
ok 'the good one is printed' out_jq 'length == 1 and .[0].company == "Acme Ltd"'
ok 'the bad one is named' err_has '^jp-scrape: acme \(greenhouse\): jobs\[1\]: .*no title$'
parse "$T_DATA/boards/feed/unknown.html" feed --board https://x.example/
ok 'a page where a feed was asked for is bad data' exits 65
ok 'named with its source' err_is <<'END'
jp-scrape: https://x.example/ (feed): an error page, "Page not found": HTML where a feed was expected
END
parse "$T_DATA/boards/lever/unknown.json" lever
ok 'R4 an unknown Lever site is no empty listing' exits 65
ok 'and prints nothing' no_out
parse bad.json monster
ok 'an unknown kind is a usage error' exits 64
parse bad.json lver
ok 'the one that was probably meant is named' err_is <<'END'
jp-scrape: stdin (lver): unknown kind "lver"; did you mean lever?
END
run jp-scrape parse
ok 'so is none' exits 64
parse "$T_DATA/boards/lever/small.json" lever -q
ok '-q prints nothing' no_out
{
	printf '{"jobs":[{"id":1,"title":"'
	head -c 5000000 /dev/zero | tr '\0' 'A'
	printf '","company_name":"Evil\\r\\nBcc: a@example.org"}]}'
} >big.json
parse big.json greenhouse
ok 'a title of 5 MB is read' exits 0
ok 'M04 bounded, and a company without line breaks' out_jq \
	'.[0] | (.title | utf8bytelength) <= 300 and (.company | test("[\r\n]") | not)'

done_testing
