#!/bin/sh
# jp-scrape on services with pages and with descriptions apart: what is asked, what is stored, what is
# asked again, and what becomes of it when a page or a description does not come.
. "${0%/*}/lib.sh"
need python3 jq

is_sql() { same "$(sql "$1")" "$2"; }
JOBS=/wday/cxs/ropeworks/Careers

# serve [DETAILS [BOARD]]: a new site whose services are one server with script.json.
echo '{}' >script.json
start python3 "$T_SERVERS/httpd.py" script.json --log log
port=${T_LINE#port }
serve()
{
	new_site <<END
http:
  allow: [127.0.0.1]
  min_interval: 0s
  retries: 0
  timeout: 30s
scrape:
  details: ${1:-100}
boards:
  workday: http://127.0.0.1:$port
  bamboohr: http://127.0.0.1:$port
  personio: http://127.0.0.1:$port
END
	jp-board add -q "${2:-workday:ropeworks.wd5/Careers}"
}

# visit: one visit of all boards; asked() tells of this one only.
visit()
{
	: >log
	run jp-scrape -a "$@"
}
asked() { cut -f 4,5 log | grep -v -F /robots.txt | grep -c -F "$1"; }
last() { is_sql 'SELECT status, complete, n_postings, n_new, n_changed, n_closed FROM visit ORDER BY id DESC LIMIT 1' "$1"; }
reason_has() { sql 'SELECT reason FROM visit ORDER BY id DESC LIMIT 1' | grep -q -E "$1"; }

# With jq: listing(TOTAL; FROM; TO) is a page, detail(I) what is behind its entry, script({...}) adds
# the details of entries 1 to 30.
cat >workday.jq <<'END'
def entry($i): {title: "Rope Maker \($i)", externalPath: "/job/Bergen/Rope-Maker_JR-\($i)",
	locationsText: "Bergen, Norway", postedOn: "Posted Today", bulletFields: ["JR-\($i)"]};
def listing($total; $from; $to): {body: ({total: $total, jobPostings: [range($from; $to + 1) | entry(.)]}
	| tojson)};
def detail($i): {body: ({jobPostingInfo: {title: "Rope Maker \($i)", jobDescription: "<p>Twists rope \($i).</p>",
	location: "Bergen, Norway", timeType: "Full time"}} | tojson)};
def path($i): "/wday/cxs/ropeworks/Careers/job/Bergen/Rope-Maker_JR-\($i)";
def script($pages): reduce range(1; 31) as $i ({"/wday/cxs/ropeworks/Careers/jobs": $pages};
	.[path($i)] = detail($i));
END
make_script() { jq -n "include \"./workday\"; $1" -L . >script.json; }

# ---- pages, and details of what is new ----------------------------------------------------------------

make_script 'script([listing(25; 1; 20), listing(0; 21; 25), listing(25; 1; 20), listing(0; 21; 25),
	listing(25; 1; 20), listing(0; 21; 25)])'
serve
visit
ok 'R1 a listing of two pages' exits 0
ok 'is read whole' out_lines 25
ok 'and nothing is said' no_err
ok 'two pages were asked for, by POST' same "$(asked "POST	$JOBS/jobs")" 2
ok 'with their offsets' same "$(cut -f 6 log | jq -r 'select(.method == "POST").body | fromjson.offset' |
	paste -s -d ' ')" '0 20'
ok 'as JSON' same "$(cut -f 6 log | jq -r 'select(.method == "POST").headers["content-type"]' | sort -u)" \
	application/json
ok 'R9 and the details of each' same "$(asked "GET	$JOBS/job/")" 25
ok 'descriptions come from the details' is_sql \
	"SELECT description, employment_type FROM posting WHERE external_id = 'JR-7'" 'Twists rope 7.|full_time'
ok 'the visit is complete' last 'ok|1|25|25|0|0'

visit
ok 'H05 the same pages again are the listing unchanged' last 'unchanged|1|0|0|0|0'
ok 'R9 and no details are asked for' same "$(asked GET)" 0
ok 'nothing is told' no_out

# ---- what changed in the listing ----------------------------------------------------------------------

make_script 'script([listing(3; 1; 3),
	{body: ({total: 4, jobPostings: [entry(1), (entry(2) | .title = "Head Rope Maker"),
		(entry(3) | .postedOn = "Posted Yesterday"), entry(4)]} | tojson)},
	listing(3; 1; 3), listing(3; 1; 3)])
	| .[path(2)] = [detail(2), {body: ({jobPostingInfo: {title: "Head Rope Maker",
		jobDescription: "<p>Leads.</p>"}} | tojson)}, detail(2)]'
serve
visit
visit
ok 'R9 details are asked for where the listing says something new' same "$(asked GET)" 2
ok 'of those two' same "$(cut -f 5 log | grep -o 'JR-.*' | sort | paste -s -d ' ')" 'JR-2 JR-4'
ok 'a date that moves by itself is nothing new' is_sql \
	"SELECT revision FROM posting WHERE external_id = 'JR-3'" 1
ok 'the change is told' out_has '^2	changed	Head Rope Maker	'
ok 'and the new one' out_has '^4	new	Rope Maker 4	'
ok 'and no more' out_lines 2
ok 'all of it is there' is_sql 'SELECT count(*) FROM posting WHERE closed_at IS NULL' 4
visit
ok 'R1 a listing without a posting is its first miss' is_sql \
	"SELECT missed FROM posting WHERE external_id = 'JR-4'" 1
visit
ok 'H05 the same again the second' out_has '^4	closed	Rope Maker 4	'

# ---- details that do not come -------------------------------------------------------------------------

make_script 'script([listing(5; 1; 5), listing(5; 1; 5), listing(5; 1; 5), listing(4; 2; 5)])
	| .[path(2)] = [{status: 500}, detail(2)] | .[path(4)] = {status: 404}'
serve
visit
ok 'one that fails does not hold up the others' out_lines 3
ok 'R3 the listing is complete all the same' is_sql 'SELECT status, complete, n_postings FROM visit' 'partial|1|5'
ok 'and it is said why' reason_has '^1 of 5 postings wait for the next visit: HTTP 500$'
ok 'what cannot be opened is a problem of its own' is_sql 'SELECT n_bad FROM visit' 1
visit
ok 'R9 the next visit asks for what is missing' same "$(asked GET)" 2
ok 'and tells it' out_is <<END
4	new	Rope Maker 2	ropeworks	Bergen, Norway	https://ropeworks.wd5.myworkdayjobs.com/Careers/job/Bergen/Rope-Maker_JR-2	workday:ropeworks.wd5/Careers
END
visit
ok 'when all that there is has come the listing is unchanged' last 'unchanged|1|0|0|0|0'
ok 'and the one that is gone is left alone' same "$(asked GET)" 0
visit
ok 'until the listing changes' same "$(asked GET)" 1

make_script 'script([listing(9; 1; 9), listing(9; 1; 9)]) | .[path(3)] = {body: "<!doctype html><p>Are you human?"}'
serve
visit
ok 'R4 a page for people ends the asking' same "$(asked GET)" 3
ok 'what came before it is kept' out_lines 2
ok 'the rest waits' reason_has '^7 of 9 postings wait for the next visit: .*HTML where JSON was expected'

make_script 'script(listing(9; 1; 9)) | .[path(2)] = {status: 429, headers: {"Retry-After": "7200"}}'
serve
visit
ok 'H06 so does a host that asks for a rest' same "$(asked GET)" 2
ok 'which is obeyed' is_sql 'SELECT count(*) FROM board WHERE next_at - last_visit_at >= 7200000' 1

make_script 'script(listing(9; 1; 9)) | reduce range(2; 9) as $i (.; .[path($i)] = {status: 500})'
serve
visit
ok 'three failures in a row are enough' same "$(asked GET)" 4
ok 'the others wait' reason_has '^8 of 9 postings wait'

# A changed posting whose details fail stays as it is, and is not missing.
make_script 'script([listing(2; 1; 2), ({total: 2, jobPostings: [entry(1), (entry(2) | .title = "Splicer")]}
	| {body: tojson})]) | .[path(2)] = [detail(2), {status: 500}]'
serve
visit
visit
visit
ok 'a change whose details fail changes nothing' is_sql \
	"SELECT title, missed FROM posting WHERE external_id = 'JR-2' AND closed_at IS NULL" 'Rope Maker 2|0'

# ---- a bound on details ---------------------------------------------------------------------------------

make_script 'script(listing(7; 1; 7))'
serve 3
visit
ok 'R3 scrape.details is a bound for one visit' out_lines 3
ok 'R3 which does not shorten the listing' is_sql 'SELECT status, complete, n_postings FROM visit' 'partial|1|7'
ok 'the others wait' reason_has '^4 of 7 postings wait for the next visit: scrape.details allows 3 in one visit$'
visit
ok 'and come with the next' out_lines 3
visit
ok 'and the next' out_lines 1
ok 'until all are there' last 'ok|1|7|1|0|0'
ok 'R1 nothing was missed meanwhile' is_sql 'SELECT max(missed), count(*) FROM posting' '0|7'
visit
ok 'then they are unchanged' last 'unchanged|1|0|0|0|0'

# ---- pages that do not come -----------------------------------------------------------------------------

make_script 'script([listing(25; 1; 20), listing(0; 21; 25), listing(25; 1; 20), {status: 500},
	listing(25; 1; 20), {status: 429}, listing(25; 1; 20), {body: "<!doctype html>"},
	listing(25; 1; 20), listing(0; 1; 20), listing(25; 1; 20), {body: "{\"total\":25,\"jobPostings\":[]}"}])'
serve
visit
visit
ok 'R1 a page that fails makes the listing partial' is_sql \
	"SELECT status, complete, reason FROM visit ORDER BY id DESC LIMIT 1" 'partial|0|page 2: HTTP 500'
visit
ok 'R1 a 429 in the middle too' reason_has '^page 2: HTTP 429$'
visit
ok 'R4 and a page for people' reason_has '^page 2: .*HTML where JSON was expected$'
visit
ok 'R1 offsets that begin again end the listing' reason_has '^20 of the 25 postings stated came$'
visit
ok 'R1 so does a silently empty page' reason_has '^20 of the 25 postings stated came$'
ok 'R1 none of them closed anything' is_sql 'SELECT count(*), max(missed) FROM posting WHERE closed_at IS NULL' '25|0'

# ---- a dry run, another service -------------------------------------------------------------------------

make_script 'script(listing(2; 1; 2))'
serve
visit -n
ok 'a dry run asks for details too' out_lines 2
ok 'and stores nothing' is_sql 'SELECT (SELECT count(*) FROM posting) + (SELECT count(*) FROM listed)' 0

jq -n '{"/beeline/careers/list": {body: ({meta: {totalCount: 2}, result: [{id: "7", jobOpeningName: "Beekeeper"},
		{id: "8", jobOpeningName: "Waxer"}]} | tojson)},
	"/beeline/careers/7/detail": {body: ({result: {jobOpening: {description: "<p>Keeps.</p>"}}} | tojson)},
	"/beeline/careers/8/detail": {body: ({result: {jobOpening: {description: "<p>Waxes.</p>"}}} | tojson)}}' \
	>script.json
serve 100 bamboohr:beeline
visit
ok 'BambooHR is read in two phases' out_lines 2
ok 'with its texts' is_sql "SELECT group_concat(description, ' ') FROM posting" 'Keeps. Waxes.'

jq -n '{"/beeline/careers/list": {redirect: "/home"}, "/home": {body: "<!doctype html><h1>HR made easy</h1>"}}' \
	>script.json
serve 100 bamboohr:beeline
visit
ok 'R4 a redirect to the vendor'\''s pages is no empty board' is_sql 'SELECT status FROM visit' blocked

cp "$T_DATA/boards/personio/small.xml" .
jq -n '{"/uhrwerk/xml": [{status: 404}, {file: "small.xml"}, {file: "small.xml"}]}' >script.json
serve 100 personio:uhrwerk
visit
ok 'Personio is asked on its other domain after a 404' out_lines 5
ok 'whose pages are linked' out_has 'https://uhrwerk.jobs.personio.com/job/2140001	'
ok 'which is remembered' is_sql 'SELECT region FROM board' com

# ---- a host that a service leads to ---------------------------------------------------------------------

new_site <<'END'
scrape:
  details: 10
END
jp-board add -q teamtailor:lanternworks
mkdir replay
{
	printf 'HTTP/1.1 200 OK\nContent-Type: application/json\n\n'
	cat "$T_DATA/boards/teamtailor/small.json"
} >replay/jobs
printf 'GET\t%s\t-\tjobs\t%s\n' https://lanternworks.teamtailor.com/jobs.json \
	https://jobs.lantern.example/jobs.json >replay/index.tsv
run jp-scrape -a --replay replay
ok 'a board is read where its service leads' out_lines 3
ok 'which is remembered' is_sql 'SELECT region FROM board' jobs.lantern.example
printf 'GET\thttps://jobs.lantern.example/jobs.json\t-\tjobs\n' >replay/index.tsv
run jp-scrape -a --replay replay
ok 'and asked from then on' is_sql 'SELECT status FROM visit ORDER BY id DESC LIMIT 1' unchanged

done_testing
