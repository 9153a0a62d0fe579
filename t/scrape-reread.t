#!/bin/sh
# R9: descriptions that are asked for one by one are asked for again only where the listing changed,
# and where they are old: an edit of the description alone is noticed, within the same bounds.
. "${0%/*}/lib.sh"
need python3 jq

is_sql() { same "$(sql "$1")" "$2"; }
# asked WHAT: how often since the log was emptied.
asked() { cut -f 5 log | grep -c "$1" || true; }

# listing N: jobs 1 to N.  describe TEXT [GONE]: what every detail says, but one that is gone.
N=5
listing() { jq -nc --argjson n "$N" '{meta: {totalCount: $n}, result: [range(1; $n + 1) | {id: "\(.)",
	jobOpeningName: "Job \(.)", location: {city: "Bergen", state: null}, locationType: "0",
	departmentLabel: "Works", employmentStatusLabel: "Full-Time"}]}'; }
describe()
{
	jq -n --arg list "$(listing)" --arg text "$1" --arg gone "${2:-}" --argjson n "$N" '
		[range(1; $n + 1) | {key: "/acme/careers/\(.)/detail", value: (if "\(.)" == $gone then
			{status: 404} else {body: ({result: {jobOpening: {jobOpeningName: "Job \(.)",
			description: "<p>\($text) \(.)</p>", datePosted: "2026-03-01"}}} | tostring)} end)}] |
		from_entries + {"/acme/careers/list": {body: $list, etag: "\"same\""},
			"/robots.txt": {status: 404}}' >script.json
}
describe 'Weld'
: >log
start python3 "$T_SERVERS/httpd.py" script.json --log log
port=${T_LINE#port }
new_site <<END
http: {allow: [127.0.0.1], min_interval: 0s, retries: 0, per_hour: 0, per_day: 0}
boards: {bamboohr: "http://127.0.0.1:$port"}
scrape: {interval: 1h, details: 3, reread: 14d}
END
export JP_CLOCK=2026-03-02T06:00:00Z
jp-board add -q --company Acme bamboohr:acme
# visit TIME: what was asked of the server in it.
visit()
{
	JP_CLOCK=$1
	: >log
	run jp-scrape -a
}

visit 2026-03-02T06:00:00Z
visit 2026-03-02T07:00:00Z
ok 'five descriptions come in two visits of three at most' is_sql 'SELECT count(*) FROM posting' 5
visit 2026-03-02T08:00:00Z
ok 'R9 what is known is not asked for' same "$(asked detail)" 0
describe 'Rivet'
visit 2026-03-10T08:00:00Z
ok 'R9 nor is it when it is a week old' same "$(asked detail)" 0
visit 2026-03-16T06:30:00Z
ok 'after two weeks it is, though the listing is the same' same "$(asked detail)" 3
ok 'the oldest first' same "$(cut -f 5 log | grep -o '[0-9]*/detail' | sort | tr '\n' ' ')" '1/detail 2/detail 3/detail '
ok 'what changed is told' same "$(cut -f 2 "$T_OUT" | sort | uniq -c | tr -s ' ')" ' 3 changed'
ok 'and stored' is_sql "SELECT count(*) FROM posting WHERE description LIKE 'Rivet%'" 3
ok 'what was left out is not missing' is_sql 'SELECT sum(missed), count(closed_at) FROM posting' '0|0'
ok 'and the listing is whole all the same' is_sql "SELECT last_status, was_complete, etag FROM board" 'ok|1|"same"'
visit 2026-03-16T07:30:00Z
ok 'the others follow' same "$(asked detail)" 2
ok 'until all are new' is_sql "SELECT count(*) FROM posting WHERE description LIKE 'Rivet%'" 5
visit 2026-03-16T08:30:00Z
ok 'then it is quiet again' same "$(asked detail)" 0
ok 'an unchanged board costs one request' same "$(asked .)" 1

# A description that is gone, and one that does not come.
describe 'Rivet' 2
visit 2026-04-02T08:00:00Z
visit 2026-04-02T09:00:00Z
ok 'a description that is gone' is_sql "SELECT count(*) FROM posting WHERE description LIKE 'Rivet%' AND closed_at IS NULL" 5
visit 2026-04-02T10:00:00Z
ok 'is not asked for on every visit' same "$(asked detail)" 0

# New ones come first.
N=7
describe 'Forge'
visit 2026-04-20T08:00:00Z
ok 'what is new comes before what is old' same "$(cut -f 5 log | grep -o '[0-9]*/detail' | head -n 2 | tr '\n' ' ')" '6/detail 7/detail '
ok 'within the same bound' same "$(asked detail)" 3

sed -i 's/reread: 14d/reread: 0s/' "$JP_CONFIG"
visit 2026-06-20T08:00:00Z
ok 'it can be switched off' same "$(asked detail)" 0
done_testing
