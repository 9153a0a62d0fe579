#!/bin/sh
# Blocked is not empty (R2, R4): what a service sends instead of a listing is named, whatever its
# status, and closes nothing.
. "${0%/*}/lib.sh"
need python3 jq

is_sql() { same "$(sql "$1")" "$2"; }
open() { sql "SELECT count(*) FROM posting WHERE closed_at IS NULL"; }

good='{"jobs":[{"id":1,"title":"Welder","absolute_url":"https://acme.example/1","internal_job_id":5,
	"updated_at":"2026-09-01T08:00:00Z","location":{"name":"Bergen"},"content":"Weld."},
	{"id":2,"title":"Rower","absolute_url":"https://acme.example/2","internal_job_id":6,
	"updated_at":"2026-09-01T08:00:00Z","location":{"name":"Bergen"},"content":"Row."}],"meta":{"total":2}}'
page='<!DOCTYPE html><html><head><script type="application/ld+json">{"@context":"https://schema.org",
	"@type":"JobPosting","title":"Diver","description":"Dive.","hiringOrganization":"Acme",
	"identifier":"d1"}</script></head></html>'
path=/v1/boards/acme/jobs

: >log
# The script is changed while the server runs; it is read anew for each request.
answer() { jq -n --arg path "$path" --argjson a "$1" '{($path): $a, "/careers": $a,
	"/robots.txt": {status: 404}, "/users/sign_in": {body: "<html><body>Log in</body></html>"},
	"/home": {body: "<!DOCTYPE html><html>Welcome</html>"}}' >script.json; }
answer "$(jq -n --arg b "$good" '{body: $b}')"
start python3 "$T_SERVERS/httpd.py" script.json --log log --also 127.0.0.2
port=${T_LINE#port }
new_site <<END
http: {allow: [127.0.0.0/8], min_interval: 0s, retries: 0, per_hour: 0, per_day: 0}
boards: {greenhouse: "http://127.0.0.1:$port"}
scrape: {max_failures: 9}
END
jp-board add -q greenhouse:acme "jobposting:http://127.0.0.1:$port/careers"
run jp-scrape greenhouse:acme
answer "$(jq -n --arg b "$page" '{body: $b}')"
run jp-scrape "jobposting:http://127.0.0.1:$port/careers"
ok 'two boards have postings' same "$(open)" 3

# blocked WHAT ANSWER WORDS [STATUS]: both boards, the one that expects JSON and the one that expects
# a page.
blocked()
{
	t_status=${4-blocked}
	answer "$2"
	run jp-scrape -a
	ok "$1: both boards have the status $t_status" \
		is_sql 'SELECT last_status, count(*) FROM board GROUP BY last_status' "$t_status|2"
	ok "$1: which is named" same "$(grep -c -E "$3" "$T_ERR")" 2
	ok "$1: nothing is closed, nothing missed" is_sql \
		'SELECT count(*), sum(missed), count(closed_at) FROM posting' '3|0|0'
	run jp-board verify
	ok "$1: verify names it, too" same "$(grep -c -E "	$t_status	.*$3" "$T_OUT")" 2
}
cloudflare='"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>"'
blocked 'a challenge with 403' "{\"status\": 403, \"body\": $cloudflare}" 'HTTP 403 with a challenge of Cloudflare'
blocked 'a challenge with 503' "{\"status\": 503, \"body\": $cloudflare}" 'HTTP 503 with a challenge of Cloudflare'
blocked 'a challenge with 200' "{\"body\": $cloudflare}" 'HTTP 200 with a challenge of Cloudflare'
blocked 'a log-in' '{"redirect": "/users/sign_in"}' 'it leads to a log-in page of 127\.0\.0\.1'
blocked 'an error page with 200' \
	'{"body": "<!DOCTYPE html><html><head><title>503 Service Unavailable</title></head></html>"}' \
	'HTTP 200 with an error page, "503 Service Unavailable"' error

answer "{\"redirect\": \"http://127.0.0.2:$port/home\"}"
run jp-scrape -a greenhouse:acme
ok 'the home page of somebody else is no listing' is_sql "SELECT last_status FROM board WHERE kind = 'greenhouse'" blocked
ok 'whose it is is said' err_has 'it leads to a page of 127\.0\.0\.2: .*HTML where JSON was expected'

answer '{"body": "{\"jobs\":[],\"meta\":{\"total\":0}}"}'
run jp-scrape -a greenhouse:acme
ok 'R2 a listing of nothing where there was something is suspect' is_sql \
	"SELECT last_status, was_complete FROM board WHERE kind = 'greenhouse'" 'suspect|0'
run jp-board list
ok 'which is a word of its own, with a sentence' out_has '	greenhouse:acme		suspect	2	.*	2 open postings; the last listing is waited out: 0 postings where 2 were open'
ok 'R2 nothing is missed' is_sql 'SELECT sum(missed), count(closed_at) FROM posting' '0|0'
done_testing
