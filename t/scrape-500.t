#!/bin/sh
# A town of 500 boards of fourteen kinds, 25 of which fail, each in another way: all others are stored,
# each failure has its right name, and a second run asks only what it must.
. "${0%/*}/lib.sh"
need python3 jq openssl

is_sql() { same "$(sql "$1")" "$2"; }
NAME="b.kind || ':' || b.token"

python3 "$T_SERVERS/town.py" . 500 || exit 1
: >log
start python3 "$T_SERVERS/httpd.py" script.json --log log --also 127.0.0.2 --also 127.0.0.3 \
	--also 127.0.0.4 --also 127.0.0.5 --also 127.0.0.6
port=${T_LINE#port }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=elsewhere.example \
	-keyout key.pem -out cert.pem 2>/dev/null
start python3 "$T_SERVERS/httpd.py" script.json --tls cert.pem key.pem
tls=${T_LINE#port }
for list in boards.txt expected.tsv postings.tsv again.tsv; do
	sed "s/{port}/$port/g; s/{tls}/$tls/g" "$list" | LC_ALL=C sort >"my-$list"
done
new_site <<END
http:
  allow: [127.0.0.0/8]
  min_interval: 0s
  per_host: 16
  per_hour: 0
  per_day: 0
  retries: 0
  timeout: $([ -z "${JP_ASAN:-}" ] && echo 15s || echo 30s)
scrape:
  per_host: 64
boards:
$(for kind in greenhouse lever lever_eu ashby workable recruitee personio teamtailor pinpoint workday bamboohr \
	smartrecruiters; do echo "  $kind: http://127.0.0.1:$port"; done)
END

# asked: METHOD TARGET of what the server answered, robots.txt left out.
asked() { cut -f 4,5 log | grep -v -F /robots.txt | LC_ALL=C sort; }
# last_visits: NAME STATUS REASON of each board, as the last visit left it.
last_visits()
{
	sql "SELECT $NAME || '	' || v.status || '	' || coalesce(v.reason, '-') FROM board AS b
		JOIN visit AS v ON v.id = (SELECT max(id) FROM visit WHERE board_id = b.id)" | LC_ALL=C sort
}
# misnamed: the boards whose visit has not the status and reason that expected.tsv says.
misnamed()
{
	awk -F '\t' 'NR == FNR { status[$1] = $2; reason[$1] = $3; next }
		!($1 in status) || status[$1] != $2 || tolower(reason[$1]) !~ tolower($3) {
			print $1 ": " status[$1] " (" reason[$1] "), not " $2 " (" $3 ")" }' visits.txt my-expected.tsv
}
# stored: NAME EXTERNAL-ID TITLE of what is open.
stored()
{
	sql "SELECT $NAME || '	' || p.external_id || '	' || p.title FROM posting AS p
		JOIN board AS b ON b.id = p.board_id WHERE p.closed_at IS NULL" | LC_ALL=C sort
}

same_files() { diff -u "$1" "$2" >"$T_WHY"; }

# shellcheck disable=SC2046
jp-board add -q $(cat my-boards.txt) 2>/dev/null
sql "UPDATE board SET disabled_at = NULL, disabled_reason = NULL WHERE kind = 'smartrecruiters'"
emptied=$(awk -F '\t' '$2 == "suspect" { print $1 }' my-expected.tsv)
run jp-scrape "$emptied"
ok 'a board that will be empty has some postings first' out_lines 3

# ---- the first run -----------------------------------------------------------------------------------

run jp-scrape -a
ok 'a run over 500 boards, 25 of them failing, ends well' exits 0
last_visits >visits.txt
ok 'every board was visited' lines 500 visits.txt
ok 'R4 each failure has its right name, and nothing else failed' same "$(misnamed)" ''
stored >stored.txt
ok 'everything else is stored' same_files my-postings.tsv stored.txt
ok 'with its description' is_sql "SELECT count(*) FROM posting AS p WHERE p.description NOT LIKE '%- Rises at %'" 0
ok 'and told' same "$(cut -f 2 "$T_OUT" | sort | uniq -c | awk '{ print $2, $1 }')" \
	"new $(($(wc -l <my-postings.tsv) - 3))"
ok 'what failed is said, a line a board' same "$(grep -c '^jp-scrape: ' "$T_ERR")" \
	"$(awk -F '\t' '$2 ~ "gone|blocked|error"' my-expected.tsv | wc -l | tr -d ' ')"
ok 'H06 both forms of Retry-After park a board, for what they say' is_sql "SELECT count(*) FROM board AS b
	JOIN visit AS v ON v.board_id = b.id WHERE (v.http_status = 429 AND b.next_at >= v.at + 86000000)
	OR (v.http_status = 503 AND b.next_at >= v.at + 7200000)" 3
ok 'R4 no board is given up after one answer' is_sql 'SELECT count(*) FROM board WHERE disabled_at IS NOT NULL' 0
run jp-board list
ok 'the health of each is told in a word' same "$(cut -f 4 "$T_OUT" | sort | uniq -c | awk '{ print $2, $1 }' |
	paste -s -d ' ')" 'blocked 8 failing 13 gone 2 ok 476 suspect 1'

# ---- the second run -----------------------------------------------------------------------------------

: >log
run jp-scrape
ok 'right afterwards nothing is due' no_out
ok 'and nothing is asked' same "$(asked)" ''

# Half of the boards that are well become due, by the clock of the database.
sql "UPDATE board SET next_at = next_at - 43200000 WHERE last_status = 'ok' AND id % 2 = 0"
sql "SELECT $NAME FROM board AS b WHERE last_status = 'ok' AND id % 2 = 0" | LC_ALL=C sort >due.txt
LC_ALL=C join -t '	' due.txt my-again.tsv | cut -f 2,3 | LC_ALL=C sort >due-asked.txt
run jp-scrape
ok 'half of them later on' exits 0
asked >asked.txt
ok 'it asks each board that is due once, no other, and no details' same_files due-asked.txt asked.txt
ok 'R9 more than two hundred' test "$(wc -l <asked.txt)" -gt 200
ok 'H05 every question with a condition, but for searches by POST' same "$(cut -f 6 log |
	jq -r 'select(.method != "POST" and (.target | startswith("/robots.txt") | not) and
		.headers["if-none-match"] == null).target')" ''
ok 'H05 each found unchanged' is_sql "SELECT last_status, count(*) FROM board WHERE id % 2 = 0 AND last_status IN
	('ok', 'unchanged') GROUP BY last_status" "unchanged|$(wc -l <due.txt | tr -d ' ')"
ok 'nothing was read' is_sql "SELECT sum(bytes) FROM visit WHERE status = 'unchanged' AND http_status = 304" 0
ok 'nothing is told' no_out
ok 'or said' no_err
stored >again.txt
ok 'and all is as it was' same_files my-postings.tsv again.txt
ok 'R4 a board that failed is not asked before its pause is over' is_sql "SELECT count(*) FROM board
	WHERE last_status NOT IN ('ok', 'unchanged') AND next_at < last_visit_at + 3600000" 0

done_testing
