#!/bin/sh
# jp-scrape plan: what would be visited when, without the network; and that real runs do the same.
. "${0%/*}/lib.sh"
need python3 jq

site='
site: {contact: ops@jobs.example}
scrape: {interval: 1h..1h}
http:
  limits:
    - slow.example interval=2s hour=2 day=10
    - wide.example interval=0s hour=0 day=0'

boards()
{
	jp-board add -q --interval 1h feed:https://slow.example/1.rss feed:https://slow.example/2.rss \
		feed:https://slow.example/3.rss feed:https://slow.example/4.rss
	jp-board add -q --interval 8h feed:https://wide.example/5.rss
	jp-board add -q feed:https://wide.example/off.rss
	jp-board disable -q feed:https://wide.example/off.rss
}

# Everything that a plan could have touched.
state()
{
	sql 'SELECT id, next_at, head_start_ms, lease_until, lease_no FROM board ORDER BY id'
	sql 'SELECT (SELECT count(*) FROM visit), (SELECT count(*) FROM host), (SELECT count(*) FROM run),
		(SELECT count(*) FROM host_use), (SELECT count(*) FROM robots)'
}

new_site <<END
$site
END
export JP_CLOCK=2026-03-02T06:00:00Z
boards
before=$(state)

# ---- the rows -----------------------------------------------------------------------------------

run jp-scrape plan --days 2
ok 'a plan ends well' exits 0
ok 'and says nothing else' no_err
ok 'a row a day' out_is <<'END'
2026-03-02T06:00:00Z	13	15	2	4
2026-03-03T06:00:00Z	12	14	2	4
END
run jp-scrape plan --days 2 --by host
ok 'a row a host, with why its boards are late' out_is <<'END'
slow.example	4	18	20	4	22h	4 boards of slow.example need 96 requests a day, of which http.per_day gives 10
wide.example	1	7	9	0	8h	
END
run jp-scrape plan --days 2 --by late
ok 'boards that cannot meet their interval are named' same "$(cut -f 1-3,5,7 <"$T_OUT" | sort)" \
	"$(for i in 1 2 3 4; do
		printf '%s\tfeed:https://slow.example/%s.rss\tslow.example\t1h\t' $i $i
		echo '4 boards of slow.example need 96 requests a day, of which http.per_day gives 10'
	done)"
ok 'the longest wait first' same "$(cut -f 6 "$T_OUT" | sed 's/h.*//' | sort -rn)" \
	"$(cut -f 6 "$T_OUT" | sed 's/h.*//')"
run jp-scrape plan --days 1 --by visit
ok 'a row a visit' same "$(head -n 4 "$T_OUT")" "$(cat <<'END'
2026-03-02T06:00:00.500Z	5	feed:https://wide.example/5.rss	wide.example	2026-03-02T06:00:00Z	1
2026-03-02T06:00:02Z	1	feed:https://slow.example/1.rss	slow.example	2026-03-02T06:00:00Z	1
2026-03-02T07:10:00Z	2	feed:https://slow.example/2.rss	slow.example	2026-03-02T06:00:00Z	1
2026-03-02T07:10:02Z	3	feed:https://slow.example/3.rss	slow.example	2026-03-02T06:00:00Z	1
END
)"
run jp-scrape plan --days 1 -j
ok 'as JSON a line a visit' out_jq 'length == 13 and (.[0] | keys_unsorted) ==
	["at", "id", "board", "host", "due_at", "requests"] and .[0].at == "2026-03-02T06:00:00.500Z"'
ok 'in the order of time' out_jq '. == sort_by(.at)'
run jp-scrape plan --days 1 -j --by day
ok 'or what was asked for' out_jq '. == [{from: "2026-03-02T06:00:00Z", visits: 13, requests: 15,
	hosts: 2, late: 4}]'
run jp-scrape plan --days 1 --every 1d
ok 'with a run a day boards come when it begins, and what it does not get waits a day' out_is <<'END'
2026-03-02T06:00:00Z	2	4	2	5
END
run jp-scrape plan -q
ok 'quiet is quiet' no_out
ok 'the database is as it was' same "$(state)" "$before"

run jp-scrape plan --by week
ok 'an unknown view is a usage error' exits 64
ok 'which says what there is' err_is <<'END'
jp-scrape: --by week: a plan is shown by day, host, late or visit
END
run jp-scrape plan --days 0
ok 'so is a plan of nothing' exits 64
jp-scrape plan --days 30 -j 2>err | head -n 1 >line
ok 'L03 a reader that leaves is no error' same "$(cat err)" ''
ok 'and has its line' lines 1 line

# ---- what visits taught -----------------------------------------------------------------------------

# learned BOARD MS STATUS FAILURES SUCCESS: as if it had been visited an hour ago.
learned()
{
	sql "UPDATE board SET last_visit_at = 1772427600000, last_status = '$3', failures = $4,
		success_avg = $5 WHERE id = $1;
		INSERT INTO visit (board_id, at, status, complete, bytes, ms, n_postings, n_bad, n_new,
			n_changed, n_closed) VALUES ($1, 1772427600000, '$3', 0, 0, $2, 0, 0, 0, 0, 0)"
}
learned 5 30000 ok 0 1.0
learned 1 9000 error 3 0.1
run jp-scrape plan --days 1 --by visit
ok 'answers take as long as they took' same "$(grep -F wide.example "$T_OUT" | head -n 1 | cut -f 1,2)" \
	"2026-03-02T06:00:30Z	5"
ok 'those of a board that was never visited as long as others of its host' same \
	"$(grep -F slow.example "$T_OUT" | sed -n 3p | cut -f 1,2)" '2026-03-02T07:10:09Z	3'
ok 'what fails is left alone for longer' same "$(awk '$2 == 1' "$T_OUT" | wc -l | tr -d ' ')" 1
sql 'DELETE FROM visit; UPDATE board SET last_visit_at = NULL, last_status = NULL, failures = 0, success_avg = 1.0'

# ---- no limit is broken in it ---------------------------------------------------------------------

# most SECONDS: requests of slow.example in any so many seconds, by the plan's visits.
most()
{
	jq -s --argjson w "$1" '[.[] | select(.host == "slow.example") |
		(.at | sub("\\.[0-9]+Z"; "Z") | fromdate) as $t | range(.requests) | $t] as $all |
		[$all[] as $t | [$all[] | select(. > $t - $w and . <= $t)] | length] | max' <"$T_OUT"
}
run jp-scrape plan --days 4 -j
ok 'H08 not more than the hour allows' same "$(most 3600)" 2
ok 'H08 nor the day, the one for robots.txt counted' same "$(most 86400)" 9

# ---- what a real run does -------------------------------------------------------------------------

# Runs of 20 hours, one every 20 minutes, under a clock of their own.  Boards come within the same
# 20 minutes in both, for an interval is shortened by less than that.
rss='<rss version="2.0"><channel><title>B</title><item><guid>1</guid><title>Baker: Job</title></item></channel></rss>'
jq -n --arg rss "$rss" '[range(1; 10)] | map({key: "/\(.).rss", value: {body: $rss}}) | from_entries |
	. + {"/robots.txt": {status: 404}}' >script.json
start python3 "$T_SERVERS/httpd.py" script.json --also 127.0.0.2
port=${T_LINE#port }
new_site <<END
scrape: {per_host: 2}
http:
  allow: [127.0.0.0/8]
  retries: 0
  min_interval: 0s
  limits: ['127.0.0.1 hour=3 day=20', '127.0.0.2 hour=50 day=500']
END
begin=1772431200 # 2026-03-02T06:00:00Z
at() { date -u -d "@$((begin + $1 * 1200))" +%Y-%m-%dT%H:%M:%SZ; }
JP_CLOCK=$(at 0)
for i in 1 2 3 4 5 6; do
	jp-board add -q --interval 2h "feed:http://127.0.0.1:$port/$i.rss"
done
jp-board add -q --interval 100m "feed:http://127.0.0.2:$port/7.rss" "feed:http://127.0.0.2:$port/8.rss"
# which_of ID: of six boards of equal turn it is chance which one comes.
which_of() { if [ "$1" -le 6 ]; then echo crowd; else echo "$1"; fi; }
jp-scrape plan --days 1 --every 20m --by visit | cut -f 1,2 | while IFS='	' read -r t id; do
	slot=$((($(date -u -d "$t" +%s) - begin) / 1200))
	[ $slot -ge 60 ] || echo "$slot $(which_of "$id")"
done | sort -n >planned
i=0
while [ $i -lt 60 ]; do
	JP_CLOCK=$(at $i)
	jp-scrape -q >/dev/null 2>>err || echo "run $i: $?" >>err
	i=$((i + 1))
done
sql 'SELECT at, board_id FROM visit ORDER BY at, board_id' | tr '|' ' ' | while read -r t id; do
	echo "$(((t / 1000 - begin) / 1200)) $(which_of "$id")"
done | sort -n >visited
ok 'the runs say nothing' same "$(cat err)" ''
ok 'and visit' [ "$(wc -l <visited)" -gt 30 ]
ok 'what the plan said, when it said' file_is planned <visited
done_testing
