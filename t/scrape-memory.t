#!/bin/sh
# Memory of jp-scrape: bounded by the bodies in flight, not by the number of boards.  JP_SOAK: more boards.
. "${0%/*}/lib.sh"
need python3 jq
[ -z "${JP_ASAN:-}" ] || skip_all 'the sanitizer takes memory of its own'

is_sql() { same "$(sql "$1")" "$2"; }
# at_most N LIMIT
at_most() { [ "$1" -le "$2" ] || { echo "$1 is more than $2" >"$T_WHY"; return 1; }; }

many=1000
[ -z "${JP_SOAK:-}" ] || many=5000
# SQLite keeps up to 16 MiB of pages, however large the database is (lib/db/sqlite.c).
pages=0
on_postgres || pages=16384

echo '{}' >script.json
start python3 "$T_SERVERS/httpd.py" script.json
port=${T_LINE#port }

# peak NAMES: KiB that a run over these boards needs at most, all of them new; also in $kib.
peak()
{
	new_site <<END
http: {allow: [127.0.0.1], min_interval: 0s, per_host: 4, per_hour: 0, per_day: 0, timeout: 10m}
scrape: {per_host: 64}
boards: {greenhouse: "http://127.0.0.1:$port"}
END
	# shellcheck disable=SC2046
	jp-board add -q $(cat "$1")
	run python3 -c 'import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)' jp-scrape -q
	kib=$(cat "$T_OUT")
}

python3 "$T_SERVERS/town.py" . "$many" --sound --tiny || exit 1
head -n 100 boards.txt >few.txt
peak few.txt
few=$kib
ok 'a hundred boards are read' exits 0
peak boards.txt
ok "$many boards are read" is_sql "SELECT count(*) FROM board WHERE last_status = 'ok'" "$many"
ok "they need below 64 MiB ($kib KiB)" at_most "$kib" 65536
ok "and as much as a hundred do ($few KiB)" at_most $((kib - few)) $((pages + 5120))

# Bodies of a megabyte, as large as those of one service's largest boards.
jq -n '{jobs: [range(150) | {id: ., title: "Baker \(.)", location: {name: "Cork"},
	content: ("Bread and rolls. " * 420)}], meta: {total: 150}}' >large.json
jq -n '[range(60) | {key: "/v1/boards/large\(.)/jobs", value: {file: "large.json"}}] | from_entries' >script.new
mv script.new script.json
seq -f 'greenhouse:large%g' 0 59 >large.txt
head -n 8 large.txt >few.txt
peak few.txt
few=$kib
ok 'eight boards of a megabyte are read' is_sql "SELECT count(*) FROM posting" 1200
peak large.txt
ok 'sixty are' is_sql "SELECT count(*) FROM board WHERE last_status = 'ok'" 60
ok "they need below 64 MiB ($kib KiB)" at_most "$kib" 65536
# All of them in memory would be 52 MiB more.
ok "and as much as eight do ($few KiB)" at_most $((kib - few)) $((pages + 12288))

done_testing
