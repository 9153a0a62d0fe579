#!/bin/sh
# What comes from outside is broken, huge or hostile: the source is named in one clear line, the exit
# status is the design's, nothing is lost, and the other boards and subscribers go on as without it.
. "${0%/*}/lib.sh"
need python3 jq

# ---- three good boards and people, to whom a bad one is added ------------------------------------------

good='{"jobs":[{"id":1,"title":"Welder","absolute_url":"https://jobs.example.org/1","content":"Join steel."},{"id":2,"title":"Clerk","absolute_url":"https://jobs.example.org/2","content":"Keep the books."}],"meta":{"total":2}}'
lever='[{"id":"a1","text":"Baker","hostedUrl":"https://jobs.example.org/a1","descriptionPlain":"Bread before dawn."}]'
feed='<rss version="2.0"><channel><title>Harbour</title><item><title>Sailmaker</title><link>https://jobs.example.org/s</link><guid>s</guid><description>Canvas.</description></item></channel></rss>'

# answer NAME URL: stdin is the body that the tape answers for URL, 200.
answer()
{
	{
		printf 'HTTP/1.1 200 OK\r\n\r\n'
		cat
	} >"tape/$1.http"
	printf 'GET\t%s\t-\t%s.http\n' "$2" "$1" >>tape/index.tsv
}
greenhouse() { echo "https://boards-api.greenhouse.io/v1/boards/$1/jobs?content=true"; }

new_tape()
{
	rm -rf tape
	mkdir tape
	printf %s "$good" | answer good "$(greenhouse good)"
	printf %s "$lever" | answer lever 'https://api.lever.co/v0/postings/good?mode=json'
	printf %s "$feed" | answer feed https://feeds.example.org/harbour.rss
}

# new_people: a fresh site with the three boards and two people.
new_people()
{
	rm -rf jobping.* mail
	export JP_CLOCK=2026-03-02T05:00:00Z
	new_site <<'E'
mail:
  maildir: mail
  from: jobs@harbour.example
E
	jp-board add -q greenhouse:good lever:good feed:https://feeds.example.org/harbour.rss ||
		t_die 'no boards'
	jp-user add -q --consent yes --hour 6 ann@readers.example || t_die 'no ann'
	jp-user add -q --consent yes --hour 6 ben@readers.example || t_die 'no ben'
	jp-user search add -q --name all --query 'welder OR clerk OR baker OR sailmaker' ann@readers.example ||
		t_die 'no search'
	jp-user search add -q --name bread --query 'baker' ben@readers.example || t_die 'no search'
}

# one_pass: as cron would, an hour later than new_people and again at the digests' hour.
one_pass()
{
	export JP_CLOCK=2026-03-02T05:30:00Z
	run jp-scrape --replay tape -a
	scraped=$T_STATUS
	cp "$T_ERR" scrape.err
	jp-match -q || t_die 'jp-match failed'
	export JP_CLOCK=2026-03-02T08:00:00Z
	jp-mail -q || t_die 'jp-mail failed'
}

# mails: to whom, about what, and every link without a token.
mails()
{
	find mail/new -type f | while read -r f; do
		tr -d '\r' <"$f" | awk '/^To: /{to = $0} /^Subject: /{subject = $0}
			/^Content-Type: text\/html/{exit} /^ *https:/ && !/\/[um]\//{print to, subject, $1}'
	done | sort
}
is_sql() { same "$(sql "$1")" "$2"; }

new_tape
new_people
one_pass
mails >want
ok 'three good boards: five postings reach their people' lines 5 want

# bad NAME [STATUS]: the file `body` is what a fourth board answers; the mails must be those of the three.
bad()
{
	new_tape
	answer bad "$(greenhouse bad)" <body
	new_people
	jp-board add -q greenhouse:bad || t_die 'no bad board'
	one_pass
	ok "$1: the run ends well" same "$scraped" 0
	ok 'the failure is recorded' is_sql "SELECT v.status FROM visit v JOIN board b
		ON b.id = v.board_id WHERE b.token = 'bad'" "${2:-error}"
	ok 'one line names the source' named_once
	mails >got
	ok "the others' mails are the same" file_is got <want
}
named_once() { same "$(grep -c '^jp-scrape: bad (greenhouse): ...' scrape.err)/$(wc -l <scrape.err)" 1/1; }

echo '{"jobs":[{"id":1,"title":"Wel' >body
bad 'broken JSON'
echo '{"jobs":{"id":1}}' >body
bad 'a wrong shape'
echo '<!DOCTYPE html><html><body>Down for a while</body></html>' >body
bad 'HTML where JSON was asked' blocked
: >body
bad 'nothing'
python3 -c 'print("{\"jobs\":" + "[" * 100000 + "]" * 100000 + "}")' >body
bad 'deep nesting'
printf '\000\001\377\376{"jobs":[]}' >body
bad 'bytes that are no text'

# ---- a posting among good ones ------------------------------------------------------------------------

# A title of 5 MB, invalid UTF-8, control characters, line ends where a header is made, and no objects.
python3 - >body <<'PY'
import sys
job = ('{"id":%d,"title":"%s","company_name":"%s","absolute_url":"https://jobs.example.org/b%d",'
       '"content":"%s"}')
jobs = [job % (1, "Baker " + "x" * 5000000, "Long", 1, "Bread."),
        job % (2, "Night baker", "Oven\\r\\nBcc: all@readers.example", 2, "Bread."),
        job % (3, "Baker\\u001b[2J\\u0007 of rolls", "Roll", 3, "Bread.\\u0007"),
        job % (4, "Baker @@ of rye", "Rye", 4, "Br@@ead."),
        '{"id":5}', '"no object"', "17"]
body = '{"jobs":[%s],"meta":{"total":7}}' % ",".join(jobs)
sys.stdout.buffer.write(body.encode().replace(b"@@", b"\xff\xc3\x28"))
PY
new_tape
answer bad "$(greenhouse bad)" <body
new_people
jp-board add -q greenhouse:bad || t_die 'no bad board'
one_pass
ok 'hostile postings: the run ends well' same "$scraped" 0
ok 'promise 1: what cannot be read makes the listing incomplete' is_sql \
	"SELECT v.complete FROM visit v JOIN board b ON b.id = v.board_id WHERE b.token = 'bad'" 0
ok 'what can be read is kept' is_sql "SELECT count(*) FROM posting p JOIN board b ON b.id = p.board_id
	WHERE b.token = 'bad' AND p.external_id IN ('1', '2', '3', '4')" 4
ok 'a title is bounded' is_sql 'SELECT CAST(max(length(title)) <= 1000 AS INTEGER) FROM posting' 1
clean() { ! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" "$1"; }
sql 'SELECT title, company, description FROM posting' >stored
ok 'no control character is stored' clean stored
sql 'SELECT title, company FROM posting' >stored
ok 'and no line break in a title or a company' lines "$(sql 'SELECT count(*) FROM posting')" stored
ok 'nor printed' clean "$T_OUT"
mails >got
find mail/new -type f -exec grep -i '^bcc:' {} + >bcc
ok 'M04 a company cannot add a header' lines 0 bcc
sed 's/Subject: .* //' want | sort >want.links
sed 's/Subject: .* //' got | sort >got.links
ok 'every good posting still reaches its people' same "$(comm -23 want.links got.links)" ''
ok 'and those that could be read do too' same "$(grep -c '/b[1-4]$' got)" 8

# ---- a body without end ----------------------------------------------------------------------------------

jq -n --arg good "$good" '{"/v1/boards/good/jobs": {body: $good},
	"/v1/boards/bomb/jobs": {bomb: 2048},
	"/v1/boards/long/jobs": {body: ("x" * 1048576), repeat: 16, chunked: true}}' >script.json
start python3 "$T_SERVERS/httpd.py" script.json
rm -rf jobping.* mail
unset JP_CLOCK
new_site <<E
http:
  allow: [127.0.0.1]
  min_interval: 0s
  retries: 0
  timeout: 60s
  max_body: 8MiB
boards:
  greenhouse: http://127.0.0.1:${T_LINE#port }
E
jp-board add -q greenhouse:bomb greenhouse:long greenhouse:good || t_die 'no boards'
run jp-scrape -a
ok 'two bodies too large: the run ends well' exits 0
ok 'the good board is read' out_lines 2
ok '2 GB behind gzip stop at http.max_body' err_has '^jp-scrape: bomb \(greenhouse\): .*http\.max_body'
ok 'so does what is sent in pieces' err_has '^jp-scrape: long \(greenhouse\): .*http\.max_body'
ok 'a line for each' err_lines 2
ok 'nothing of them is stored' is_sql 'SELECT count(*) FROM posting' 2

# ---- lists of boards and people ----------------------------------------------------------------------------

printf -- '- board: greenhouse:one\n  company: [\n' >boards.yaml
run jp-board import boards.yaml
ok 'broken YAML of boards' exits 65
ok 'is named with its line' err_has '^jp-board: boards\.yaml:[0-9]+:[0-9]+: '
ok 'in one line' err_lines 1
ok 'and adds nothing' is_sql 'SELECT count(*) FROM board' 3

printf '%s\n' email,name 'cora@readers.example,"Cora ""C"" Reed, Jr."' '"a,b@readers.example",A' \
	'eve@readers.example,Eve' >people.csv
run jp-user import --consent yes people.csv
ok 'an address with a comma among good ones' exits 0
ok 'is named by file and line' err_has '^jp-user: people\.csv:3: address: '
ok 'in one line' err_lines 1
ok 'G05 and not by the address' err_lacks readers
ok 'the others are there' is_sql "SELECT group_concat(substr(email, 1, instr(email, '@') - 1), ' ')
	FROM (SELECT email FROM subscriber ORDER BY id) AS s" 'cora eve'
printf '%s\n' email,name '"a,b@readers.example",A' >people.csv
run jp-user import --consent yes people.csv
ok 'a file of which nothing can be used' exits 65
printf -- '- email: [1,2\n' >people.yaml
run jp-user import people.yaml
ok 'broken YAML of people' exits 65
ok 'is named with its line as well' err_has '^jp-user: people\.yaml:[0-9]+:[0-9]+: '

# ---- bytes into the parser, which knows neither network nor database ----------------------------------------

# parse_fails KIND SENTENCE: the file `body` is refused, in one line that names kind and place.
parse_fails()
{
	run sh -c "exec jp-scrape parse $1 <body"
	ok "$1: $2" exits 65
	ok 'is said in one line' err_lines 1
	ok 'that names the source' err_has "^jp-scrape: stdin \\($1\\): .{5}"
	ok 'and nothing else' no_out
}
printf '<rss version=' >body
parse_fails feed 'broken XML'
printf '%s<item><title>Cut off in the mid' "${feed%%</channel>*}" >body
run sh -c 'exec jp-scrape parse feed <body'
ok 'feed: what stands before the break is read' out_jq 'map(.title) == ["Sailmaker"]'
ok 'and the listing is said to be cut' err_has '^jp-scrape: stdin \(feed\): not complete: XML line 1: '
python3 - >body <<'PY'
print('<!DOCTYPE r [<!ENTITY e0 "aaaaaaaaaa">')
for i in range(1, 12):
    print('<!ENTITY e%d "%s">' % (i, ("&e%d;" % (i - 1)) * 10))
print(']><rss version="2.0"><channel><item><title>&e11;</title></item></channel></rss>')
PY
parse_fails feed 'entities that grow to gigabytes'
python3 -c 'print("<a>" * 100000)' >body
parse_fails feed 'XML nested deep'
echo '<html><body>Not found</body></html>' >body
for kind in greenhouse lever ashby; do
	parse_fails $kind 'HTML where JSON was asked'
done
echo '{"ok":false,"error":"Document not found"}' >body
parse_fails lever 'the answer for a board that is not there'
done_testing
