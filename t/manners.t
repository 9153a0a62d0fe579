#!/bin/sh
# Manners towards hosts: robots.txt, and who is told who we are.
. "${0%/*}/lib.sh"
need python3 jq

is_sql() { same "$(sql "$1")" "$2"; }
standing() { is_sql "SELECT last_status FROM board WHERE token LIKE '%/$1.rss'" "$2"; }
# asked PATH: how often, by the log.
asked() { cut -f 5 log | grep -c -x -F "$1" || true; }

feed='<rss version="2.0"><channel><title>B</title><item><guid>1</guid><title>Baker: Job</title></item></channel></rss>'

# serve ROBOTS-BEHAVIOUR [LINES]: a server, and a site with boards open, shut and moved.
serve()
{
	jq -n --argjson robots "$1" --arg feed "$feed" '{"/robots.txt": $robots,
		"/open.rss": {body: $feed}, "/shut/x.rss": {body: $feed},
		"/moved.rss": {redirect: "/shut/x.rss"}}' >script.json
	: >log
	start python3 "$T_SERVERS/httpd.py" script.json --log log
	port=${T_LINE#port }
	server=$T_PID
	rm -f jobping.db*
	new_site <<END
http: {allow: [127.0.0.1], min_interval: 0s, retries: 0, per_hour: 0}
$2
END
	jp-board add -q "feed:http://127.0.0.1:$port/open.rss" "feed:http://127.0.0.1:$port/shut/x.rss" \
		"feed:http://127.0.0.1:$port/moved.rss"
}

serve '{"body": "User-agent: *\nDisallow: /shut/\n"}'
run jp-scrape
ok 'what robots.txt allows is read' standing open ok
ok 'H02 what it does not is not asked' same "$(asked /shut/x.rss)" 0
ok 'that is a refusal' standing x blocked
ok 'also where a redirect leads there' standing moved blocked
ok 'which is said' err_has 'robots.txt of 127\.0\.0\.1 does not allow it; see scrape\.exempt in jobping\.yaml\(5\)'
run jp-scrape -a
ok 'H02 robots.txt was asked for once, for both runs' same "$(asked /robots.txt)" 1
ok 'H01 by our name' same \
	"$(cut -f 6 log | jq -r '.headers["user-agent"] | test("^JobPing/")' | sort -u)" true
sql "UPDATE robots SET fetched_at = fetched_at - 86400001"
run jp-scrape -a
ok 'a day later it is asked for again' same "$(asked /robots.txt)" 2
stop "$server"

serve '{"status": 404}'
run jp-scrape
ok 'H02 where there is none everything may be asked' is_sql "SELECT count(*) FROM board WHERE last_status = 'ok'" 3
stop "$server"

serve '[{"status": 503}, {"body": "User-agent: *\nDisallow: /shut/\n"}, {"status": 503}]'
run jp-scrape
ok 'H02 where the server fails nothing is asked' same "$(asked /open.rss)" 0
ok 'which is no answer' standing open error
run jp-scrape -a
ok 'nor is robots.txt, within the hour' same "$(asked /robots.txt)" 1
sql "UPDATE robots SET fetched_at = fetched_at - 3600001"
run jp-scrape -a
ok 'then it is asked for again' standing open ok
sql "UPDATE robots SET fetched_at = fetched_at - 86400001"
run jp-scrape -a
ok 'H02 the last good copy holds while the server fails' standing open unchanged
ok 'with what it forbids' same "$(asked /shut/x.rss)" 0
sql "UPDATE robots SET fetched_at = fetched_at - 86400001, down_since = down_since - 2592000001, rules = NULL"
run jp-scrape -a
ok 'H02 after thirty days there are no rules' standing x ok
stop "$server"

serve '{"body": "User-agent: *\nDisallow: /\n"}' 'scrape: {exempt: ["feed: its publisher agreed"]}'
run jp-scrape
ok 'H04 a kind may be exempted' standing open ok
ok 'then robots.txt is not asked for' same "$(asked /robots.txt)" 0
run jp-board list
ok 'H04 the reason is shown' out_has '	its publisher agreed$'
stop "$server"

serve '{"body": "User-agent: JobPing\nCrawl-delay: 0.7\n"}'
run jp-scrape
ok 'H03 Crawl-delay keeps requests apart' same \
	"$(cut -f 1 log | sort -n | awk 'NR > 2 && $1 - s < 500 { n++ } { s = $1 } END { print n + 0 }')" 0
stop "$server"

# ---- H01: somebody who can be reached --------------------------------------------------------------

new_site <<'END'
http: {connect_timeout: 100ms}
END
jp-board add -q feed:http://1.1.1.1/all.rss
run jp-scrape
ok 'H01 nothing public is asked without a contact' exits 78
ok 'which is said' err_is <<'END'
jp-scrape: set site.contact in jobping.yaml(5): boards are asked only by somebody who can be reached
END
ok 'and no visit' is_sql 'SELECT count(*) FROM visit' 0
ok 'the board stays as it was' is_sql 'SELECT count(*) FROM board WHERE last_visit_at IS NULL AND lease_until = 0' 1

done_testing
