#!/bin/sh
# jp-board discover and verify: the board behind a page, and what one request says of each board.
. "${0%/*}/lib.sh"
need python3 jq

is_sql() { same "$(sql "$1")" "$2"; }

echo '{}' >script.json
start python3 "$T_SERVERS/httpd.py" script.json --log log
port=${T_LINE#port }
site=http://127.0.0.1:$port
new_site <<END
http:
  allow: [127.0.0.1/32]
  min_interval: 0s
  retries: 0
  timeout: 30s
boards:
  ashby: $site
  greenhouse: $site
  lever: $site
  lever_eu: $site
  recruitee: $site
  teamtailor: $site
  workday: $site
END

# discover OPERAND...: with a log of its own.
discover()
{
	: >log
	run jp-board discover "$@"
}
asked() { cut -f 5 log | grep -v -F /robots.txt | cut -d '?' -f 1 | paste -s -d ' '; }

cp "$T_DATA/boards/lever/small.json" lever.json
cp "$T_DATA/boards/greenhouse/small.json" greenhouse.json
cp "$T_DATA/boards/teamtailor/small.json" teamtailor.json
cp "$T_DATA/boards/recruitee/small.json" recruitee.json
cp "$T_DATA/boards/jobposting/small.html" job.html
cat >feed.rss <<END
<rss version="2.0"><channel><title>Night Jobs</title><item><title>Cook</title>
<link>https://night.example/1</link><guid>1</guid></item></channel></rss>
END
jq -n '{
	"/v0/postings/umbra": {file: "lever.json"},
	"/v1/boards/acme/jobs": {file: "greenhouse.json"},
	"/v1/boards/other/jobs": {body: "{\"jobs\":[],\"meta\":{\"total\":0}}"},
	"/careers.lantern.localhost/jobs.json": {file: "teamtailor.json"},
	"/jobs.nordlys.localhost/api/offers/": {file: "recruitee.json"},
	"/embed": {body: "<!doctype html><script src=\"https://boards.greenhouse.io/embed/job_board/js?for=acme\"></script><p>Jobs"},
	"/escaped": {body: "<!doctype html><script>x={\"u\":\"https:\\/\\/jobs.lever.co\\/umbra?a=1\\u0026b=2\"}</script>"},
	"/two": {body: "<!doctype html><a href=\"https://job-boards.greenhouse.io/other/jobs/1\">1</a> <a href=\"https://jobs.lever.co/umbra/1\">2</a> <a href=https://jobs.lever.co/umbra/2>3</a>"},
	"/both": {body: "<!doctype html><a href=\"//jobs.lever.co/umbra\">2</a><a href=\"https://boards.greenhouse.io/acme\">3</a>"},
	"/feed": {body: "<!doctype html><link title=\"Open positions\" rel=\"alternate\" type=\"application/rss+xml\" href=\"/all.rss\"><link rel=alternate type=application/rss+xml href=/blog.rss>"},
	"/all.rss": {file: "feed.rss"},
	"/job": {file: "job.html"},
	"/home": {body: "<!doctype html><a href=\"#jobs\">x</a> <a class=\"c\" href=\"/about/careers\">Work here</a>"},
	"/about/careers": {body: "<!doctype html><iframe src=\"https://jobs.lever.co/umbra?embed=1\"></iframe>"},
	"/nothing": {body: "<!doctype html><p>We like tea."},
	"/leads": {redirect: "https://jobs.lever.co/umbra"},
	"/assets": {body: "<!doctype html><link rel=stylesheet href=\"https://assets-aws.teamtailor-cdn.com/a.css\">"},
	"/plain": {body: "<!doctype html><h1>Offers</h1>"},
	"/gone": {status: 404}
	}' >script.json

# ---- discover -------------------------------------------------------------------------------------------

discover https://jobs.lever.co/umbra/a1/apply
ok 'an address that says it all' exits 0
ok 'is checked with one request' same "$(asked)" /v0/postings/umbra
ok 'kind, token, postings and how it was found are told' out_is <<'END'
lever:umbra	ok	5		its address		
END
ok 'and nothing else' no_err
ok 'nothing is added' is_sql 'SELECT count(*) FROM board' 0

discover "$site/embed"
ok 'an embed in the page' out_has '^greenhouse:acme	ok	[0-9]+	[^	]+	an address in the page		$'
ok 'takes one request of the page and one of the board' same "$(asked)" '/embed /v1/boards/acme/jobs'
ok 'as ourselves, never as a browser' same \
	"$(cut -f 6 log | jq -r '.headers["user-agent"]' | cut -d / -f 1 | sort -u)" JobPing
discover "$site/escaped"
ok 'an address in a script' out_has '^lever:umbra	ok	5	'
discover "$site/leads"
ok 'a redirect to a service that gives no page' out_has '^lever:umbra	ok	5		where its address leads	'
discover "$site/feed"
ok 'a feed that the page names' out_has "^feed:$site/all.rss	ok	1	.*	a feed that the page names	"
ok 'but not its blog' out_lines 1
discover "$site/all.rss"
ok 'a feed itself' out_has "^feed:$site/all.rss	ok	1	.*	it is a feed	"
discover "$site/job"
ok 'jobs that the page describes' out_has "^jobposting:$site/job	"
discover "$site/home"
ok 'a link to the careers page is followed' out_has '^lever:umbra	ok	'
ok 'once' same "$(asked)" '/home /about/careers /v0/postings/umbra'
discover "http://careers.lantern.localhost:$port/assets"
ok 'assets of a service on the employer'\''s own host' out_is <<'END'
teamtailor:careers.lantern.localhost	ok	3	Lantern Works	the page loads what teamtailor pages load		
END
discover "http://jobs.nordlys.localhost:$port/plain"
ok 'or the paths where services keep their lists' out_is <<'END'
recruitee:jobs.nordlys.localhost	ok	5	Nordlys Foods	the path of its lists answers		
END
discover "$site/nothing"
ok 'nothing found is 1' exits 1
ok 'and no line' no_out
ok 'and no message' no_err
discover "$site/gone"
ok 'a page that cannot be had is unavailable' exits 69
ok 'in one line' err_is <<END
jp-board: $site/gone: HTTP 404
END
discover 'not a domain'
ok 'nonsense is bad data' exits 65
ok 'in words' err_has 'neither the URL of a careers page nor a domain'
discover -j https://jobs.lever.co/umbra
ok 'as JSON' same "$(jq -r '"\(.board) \(.status) \(.postings) \(.company)"' "$T_OUT")" 'lever:umbra ok 5 null'
discover http://169.254.169.254/latest
ok 'H10 no private address is looked at' exits 69
ok 'and it is said why' err_has 'not a public address'

# ---- several, and --add ----------------------------------------------------------------------------------

discover "$site/two"
ok 'several are listed, the most mentioned first' out_is <<'END'
lever:umbra	ok	5		an address in the page		
greenhouse:other	empty	0		an address in the page	no postings; some services answer so for a name they do not know	
END
discover -n --add "$site/two"
ok 'a dry run adds nothing' is_sql 'SELECT count(*) FROM board' 0
discover --add --company 'Umbra AS' "$site/two"
ok 'the one with postings is added' exits 0
ok 'with its company' is_sql 'SELECT kind, token, company FROM board' 'lever|umbra|Umbra AS'
id=$(sql 'SELECT id FROM board') # a dry run may have used up one
discover "$site/two"
ok 'a board that is there has its id' out_has "^lever:umbra	ok	5		an address in the page		$id\$"
discover --add "$site/both"
ok 'two with postings are none of our choice' exits 1
ok 'which is said' err_has '^jp-board: which of these it is cannot be told; add the right one by name$'
ok 'both are told' out_lines 2
ok 'and none is added' is_sql 'SELECT count(*) FROM board' 1

# ---- verify -----------------------------------------------------------------------------------------------

jq -n '{
	"/v0/postings/umbra": {file: "lever.json"},
	"/v1/boards/short/jobs": {body: "{\"jobs\":[{\"id\":1,\"title\":\"Cook\"}],\"meta\":{\"total\":9}}"},
	"/v1/boards/empty/jobs": {body: "{\"jobs\":[],\"meta\":{\"total\":0}}"},
	"/v1/boards/shut/jobs": {status: 403},
	"/v1/boards/people/jobs": {body: "<!doctype html><p>Are you human?"},
	"/v1/boards/gone/jobs": {status: 404},
	"/v1/boards/down/jobs": {status: 500},
	"/v0/postings/moved": {status: 404},
	"/posting-api/job-board/odd": {body: "{\"jobs\":"},
	"/wday/cxs/ropeworks/Careers/jobs": {body: ({total: 45, jobPostings: [range(20)
		| {title: "Cook", externalPath: "/job/x/Cook_JR-\(.)"}]} | tojson)}}' >script.json
jp-board add -q greenhouse:short greenhouse:empty greenhouse:shut greenhouse:people greenhouse:gone \
	greenhouse:down lever:moved ashby:odd workday:ropeworks.wd5/Careers
jp-board disable greenhouse:empty
: >log
run jp-board verify
ok 'every board is looked at' exits 0
ok 'with a line each' out_lines 10
ok 'ok' out_has "^$id	lever:umbra	ok	5	\$"
ok 'ok, of several pages' out_has '	workday:ropeworks.wd5/Careers	ok	45	$'
ok 'R1 truncated' out_has '	greenhouse:short	truncated	1	1 jobs came, meta.total says 9$'
ok 'R2 empty' out_has '	greenhouse:empty	empty	0	no postings; some services answer so for a name'
ok 'R4 blocked' out_has '	greenhouse:shut	blocked		HTTP 403$'
ok 'R4 a page for people is blocked' out_has '	greenhouse:people	blocked		.*HTML where JSON was expected$'
ok 'R4 gone' out_has '	greenhouse:gone	gone		HTTP 404$'
ok 'R4 gone in both regions' same "$(cut -f 5 log | grep -c moved)" 2
ok 'no answer' out_has '	greenhouse:down	error		HTTP 500$'
ok 'nor one that can be read' out_has '	ashby:odd	error		.*not JSON'
ok 'one request each' same "$(grep -v -c -F /robots.txt log)" 11
ok 'nothing is stored' is_sql 'SELECT (SELECT count(*) FROM visit) + (SELECT count(*) FROM posting)' 0
ok 'nothing is said' no_err
run jp-board verify greenhouse:gone "$id"
ok 'those that are named' out_lines 2
run jp-board verify greenhouse:never
ok 'one that is not there is bad data' exits 65
ok 'by its name' err_is <<'END'
jp-board: greenhouse:never: no such board; jp-board list shows them, jp-board add adds one
END
run jp-board verify greenhouse:never "$id" 4711
ok 'the others are looked at all the same' exits 0
ok 'once' out_lines 1
ok 'as they are' out_has "^$id	lever:umbra	"
ok 'and those that are not there are told' err_is <<'END'
jp-board: greenhouse:never: no such board; jp-board list shows them, jp-board add adds one
jp-board: 4711: no such board; jp-board list shows them, jp-board add adds one
END

done_testing
