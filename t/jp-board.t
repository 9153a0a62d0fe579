#!/bin/sh
# jp-board: boards by name, by URL and by list.
. "${0%/*}/lib.sh"

is_sql() { same "$(sql "$1")" "$2"; }

run jp-board list
ok 'without a database it says what to do' exits 69
new_site </dev/null
run jp-board list
ok 'at first there is no board' no_out

# ---- add ------------------------------------------------------------------------------------------

run jp-board add --company Umbra --interval 2h https://jobs.lever.co/umbra greenhouse:larkspur
ok 'boards are added by URL and by name' exits 0
ok 'which are told' out_is <<'END'
1	lever:umbra	added
2	greenhouse:larkspur	added
END
ok 'with company and interval' is_sql \
	"SELECT DISTINCT company, interval_ms, CAST(disabled_at IS NULL AS INTEGER) FROM board" 'Umbra|7200000|1'
run jp-board add --company 'Larkspur Robotics' https://boards.greenhouse.io/larkspur/jobs/1
ok 'one that is there is changed' out_is <<'END'
2	greenhouse:larkspur	changed
END
run jp-board add greenhouse:larkspur
ok 'or not' out_is <<'END'
2	greenhouse:larkspur	unchanged
END
ok 'and keeps what was said of it' is_sql \
	"SELECT company, interval_ms FROM board WHERE id = 2" 'Larkspur Robotics|7200000'
run jp-board add ashby:new https://example.org/careers
ok 'a URL that is not recognised is an error' exits 65
ok 'which says what to do' err_is <<'END'
jp-board: no board is recognised in this URL; if it is an RSS, Atom or JSON feed, write feed: before it
END
ok 'then none is added' is_sql 'SELECT count(*) FROM board' 2
run jp-board add 'https://larkspur.example/jobs?gh_jid=5'
ok 'a job page on the own site names its service' err_is <<'END'
jp-board: this page is of greenhouse, on the employer's own site; name the board as greenhouse:TOKEN
END
run jp-board add monster:acme
ok 'an unknown kind is an error' err_has \
	'^jp-board: "monster:acme" names no board: give a .*, or KIND:TOKEN with a kind of greenhouse, lever, ashby, .*feed$'
run jp-board add greenhuose:acme
ok 'the kind that was probably meant is named' err_is <<'END'
jp-board: "greenhuose:acme" names no board; did you mean greenhouse:acme?
END
run jp-board add --interval 1s greenhouse:x
ok 'an interval of a second is a usage error' exits 64
run jp-board add
ok 'so is no board' exits 64
run jp-board add -n greenhouse:other
ok 'a dry run tells' out_has '	greenhouse:other	added$'
ok 'and adds nothing' is_sql 'SELECT count(*) FROM board' 2

# ---- list, show --------------------------------------------------------------------------------------

run env JP_CLOCK=2026-09-20T08:00:00Z jp-board add feed:https://night.example/all.rss
run jp-board list
ok 'the list is sorted by name' out_has '^[0-9]+	feed:https://night.example/all.rss		new	0	2026-09-20T08:00:00Z	never visited		0.00	1.00	10	$'
ok 'every board has a line' out_lines 3
sql 'UPDATE board SET pace_ms = 14814513 WHERE id = 1'
run jp-board list
ok 'the adapted interval is shown in whole minutes' out_has '^1	.*	246m	'
sql 'UPDATE board SET pace_ms = NULL'
run jp-board list -j
ok 'JSON has documented keys' out_jq \
	'map(keys == ["about","board","company","exempt","id","interval","next_at","open","status","success","weight","yield"]) | all'
ok 'and null for what is unknown' out_jq '.[0].company == null'
run jp-board show lever:umbra
ok 'show tells all of one' exits 0
ok 'a key and a value a line' out_has '^interval	2h$'
run jp-board show -j 1
ok 'as one object' out_jq 'length == 1 and .[0].token == "umbra" and .[0].visits == []'
run jp-board show 99
ok 'a board that is not there is bad data' exits 65
ok 'and is said to be missing' err_is <<'END'
jp-board: 99: no such board; jp-board list shows them
END

# what each kind of visit makes of a board
standing()
{
	sql "UPDATE board SET last_status = '$1', failures = $2, last_visit_at = 1, last_success_at = $3
		WHERE id = 1; DELETE FROM visit;
		INSERT INTO visit (board_id, at, status, complete, reason, bytes, ms, n_postings, n_bad,
		n_new, n_changed, n_closed) VALUES (1, 1, '$1', 0, $4, 0, 0, 0, 0, 0, 0, 0)"
	run jp-board list
}
standing ok 0 1790000000000 NULL
ok 'ok' out_has '	ok	0	.*	0 open postings	'
standing partial 0 1790000000000 "'page 2: HTTP 500'"
ok 'partial is ok with a note' out_has '	ok	.*; the last listing was not complete: page 2: HTTP 500	'
standing suspect 0 1790000000000 NULL
ok 'suspect is a word of its own' out_has '	suspect	.*; the last listing is waited out	'
standing error 2 1790000000000 "'timed out'"
ok 'failing' out_has '	failing	.*	no answer on 2 visits in a row, last read 2026-09-21: timed out	'
standing blocked 1 NULL "'HTTP 403'"
ok 'blocked' out_has '	blocked	.*	refused on 1 visit in a row, never read: HTTP 403	'
standing gone 3 NULL "'HTTP 404'"
ok 'gone' out_has '	gone	.*	no such board on 3 visits in a row, never read: HTTP 404	'

# ---- on a terminal -------------------------------------------------------------------------------------

# too_wide N: lines of the output of more than so many columns.
too_wide() { python3 -c 'import sys; n = int(sys.argv[1])
for line in open(sys.argv[2], encoding="utf-8"):
    if len(line.rstrip("\n")) > n: print(line, end="")' "$1" "$T_OUT"; }
jp-board add -q --company 'A company whose name takes up more than half a line' \
	feed:https://careers.a-very-long-name-of-a-company.example/jobs/all/of/them.rss
sql "UPDATE board SET last_status = 'blocked', failures = 3, pace_ms = 7200000, last_visit_at = 1,
	last_success_at = 1790000000000 WHERE token LIKE '%long-name%'"
run python3 "$T_TOP/t/terminal.py" 80 jp-board list
ok 'the list ends well on a terminal' exits 0
ok 'no line is wider than 80 columns' same "$(too_wide 80)" ''
ok 'what the scheduler counts is left out there' same "$(head -n 1 "$T_OUT" | tr -s ' ')" \
	'ID BOARD STATUS OPEN NEXT VISIT ABOUT'
ok 'what is cut says so' out_has '^ *[0-9]+  feed:https://[^ ]*…  blocked '
run python3 "$T_TOP/t/terminal.py" 400 jp-board list
ok 'with room for all there is all' same "$(head -n 1 "$T_OUT" | tr -s ' ')" \
	'ID BOARD COMPANY STATUS OPEN NEXT VISIT ABOUT INTERVAL YIELD SUCCESS WEIGHT'
run env JP_SCRAPE_EXEMPT='feed: agreed by letter with all who publish them' \
	python3 "$T_TOP/t/terminal.py" 80 jp-board list
ok 'H04 but why robots.txt is not asked stays' out_has ' EXEMPT'
ok 'and fits, too' same "$(too_wide 80)" ''
jp-board remove -q --yes feed:https://careers.a-very-long-name-of-a-company.example/jobs/all/of/them.rss

# ---- disable, enable, remove ---------------------------------------------------------------------------

run jp-board disable --reason 'asked us to stop' lever:umbra
ok 'a board is disabled' exits 0
run jp-board list
ok 'with the reason' out_has '^1	lever:umbra	Umbra	disabled	0		asked us to stop	'
run env JP_CLOCK=2026-09-21T08:00:00Z jp-board enable 1
ok 'and enabled, due at once with its failures forgotten' is_sql \
	'SELECT disabled_at, disabled_reason, failures, next_at FROM board WHERE id = 1' \
	'||0|1789977600000'
run jp-board disable -n 1
ok 'a dry run disables nothing' is_sql 'SELECT count(*) FROM board WHERE disabled_at IS NOT NULL' 0
run jp-board remove 1
ok 'L07 nothing is removed unasked' exits 64
ok 'it stays' is_sql 'SELECT count(*) FROM board' 3
run jp-board remove -n 1
ok 'nor by a dry run' is_sql 'SELECT count(*) FROM board' 3
run jp-board remove --yes lever:umbra
ok '--yes removes' is_sql 'SELECT count(*) FROM board' 2
ok 'with its visits' is_sql 'SELECT count(*) FROM visit' 0
run jp-board add lever:umbra
ok 'an id is never used again' out_has '^[4-9]	lever:umbra	added$'

# ---- import, export ---------------------------------------------------------------------------------------

cat >list.yaml <<'END'
# boards of the region
- greenhouse:larkspur
- https://jobs.lever.co/owl
- board: ashby:Nord%20Tal
  company: Nordtal
  interval: 6h
  weight: 30
- kind: feed
  token: https://day.example/jobs.rss
  enabled: no
END
run jp-board import list.yaml
ok 'a list is imported' exits 0
ok 'what it did is told' out_is <<'END'
3	0	1	0
END
ok 'with all that it says' is_sql \
	"SELECT token, company, interval_ms FROM board WHERE kind = 'ashby'" 'Nord Tal|Nordtal|21600000'
ok 'disabled where it says so' is_sql \
	"SELECT token, disabled_reason FROM board WHERE disabled_at IS NOT NULL" \
	'https://day.example/jobs.rss|by the operator'
run jp-board import list.yaml
ok 'twice it changes nothing' out_is <<'END'
0	0	4	0
END
run jp-board export
ok 'the export' exits 0
cp "$T_OUT" export.yaml
sql 'SELECT kind, token, company, interval_ms, weight, CAST(disabled_at IS NULL AS INTEGER) FROM board ORDER BY 1, 2' >before.txt
sql 'DELETE FROM board'
run sh -c 'exec jp-board import - <export.yaml'
ok 'is a list for import' exits 0
sql 'SELECT kind, token, company, interval_ms, weight, CAST(disabled_at IS NULL AS INTEGER) FROM board ORDER BY 1, 2' >after.txt
ok 'that gives the same boards' diff -u before.txt after.txt
jp-board export >again.yaml
ok 'and the same export' cmp export.yaml again.yaml

# refused SENTENCE MESSAGE: the list on stdin is an error with its line, and nothing is changed.
refused()
{
	{ echo '- greenhouse:never' && cat; } >bad.yaml
	run jp-board import bad.yaml
	ok "$1 is refused" exits 65
	ok "$1: the message has its line" err_has "^jp-board: bad\.yaml:$2"
	ok "$1: nothing is added" is_sql "SELECT count(*) FROM board WHERE token = 'never'" 0
}
refused 'an unknown key' '3: unknown key "colour"' <<'END'
- board: lever:x
  colour: red
END
refused 'a bad name' '2: "nonsense" names no board' <<'END'
- nonsense
END
refused 'half a pair' '2: kind and token go together' <<'END'
- kind: lever
END
refused 'no name' '2: no board, url, or kind and token' <<'END'
- company: X
END
refused 'two names' '3: the board is named twice' <<'END'
- board: lever:x
  url: https://jobs.lever.co/y
END
refused 'a board twice' '3: lever:x stands in the file twice' <<'END'
- lever:x
- https://jobs.lever.co/x
END
refused 'a bad interval' '3: interval is a duration from 5m to 30d' <<'END'
- board: lever:x
  interval: often
END
refused 'a bad switch' '3: enabled is yes or no' <<'END'
- board: lever:x
  enabled: perhaps
END
refused 'a list in a list' '2: a board is a text or a mapping' <<'END'
- [lever:x]
END
refused 'a password in a feed' '2: a feed.s URL carries no user name or password' <<'END'
- feed:https://user:secret@x.example/a.rss
END
ok 'M12 and is not repeated' err_lacks secret
echo 'board: lever:x' >bad.yaml
run jp-board import bad.yaml
ok 'what is no list is refused' err_has '^jp-board: bad\.yaml: not a list of boards$'
run jp-board import missing.yaml
ok 'a file that is not there is unavailable' exits 69
: >empty.yaml
run jp-board import empty.yaml
ok 'an empty file is no list' exits 65
run jp-board import -n list.yaml
ok 'a dry run imports' exits 0

run jp-board import -n "$T_TOP/examples/boards.yaml"
ok 'the example is such a list' exits 0

# ---- lists of slugs, as they are published ------------------------------------------------------------------

cat >lever.csv <<'END'
name,slug,url
#paid,umbra2,https://jobs.lever.co/umbra2
"Owl, Inc.",owl,https://jobs.lever.co/owl
Umbra again,umbra2,https://jobs.lever.co/umbra2/
No URL,quill,
Odd,a b,https://jobs.lever.co/a%20b
Elsewhere,els,https://els.breezy.hr
END
printf 'Broken,"x\n' >>lever.csv
run jp-board import lever.csv
ok 'a list of slugs is imported' exits 0
ok 'added, changed, known, refused' out_is <<'END'
3	0	2	2
END
ok 'what is refused has its line' err_is <<'END'
jp-board: lever.csv:6: "a b" cannot be a lever board: a token has letters, digits, "-", "_" and "." only
jp-board: lever.csv:8: a quote is never closed
END
ok 'names are the companies' is_sql "SELECT company FROM board WHERE token = 'umbra2'" '#paid'
ok 'the file names the kind where there is no URL' is_sql "SELECT kind FROM board WHERE token = 'quill'" lever
ok 'and where the URL is of no service that is known' is_sql "SELECT kind FROM board WHERE token = 'els'" lever
run jp-board import lever.csv
ok 'again, all are known' out_is <<'END'
0	0	5	2
END

{
	echo 'kind;x,ats,token,company'
	echo 'x,workday,ropeworks.wd5/Careers,Ropeworks'
	echo 'x,smartrecruiters,Tidewater,Tidewater Works'
	i=0
	while [ $i -lt 9 ]; do
		echo "x,breezy,b$i,B"
		i=$((i + 1))
	done
} >mixed.csv
gzip -c mixed.csv >mixed.csv.gz
run jp-board import mixed.csv.gz
ok 'a list of several kinds, as gzip' out_is <<'END'
2	0	0	9
END
ok 'the first refusals are told one by one' err_has '^jp-board: mixed.csv.gz:4: a kind that is not known$'
ok 'and the others counted' err_has '^jp-board: mixed.csv.gz: 4 more lines are refused$'
ok 'a kind with terms waits for the operator' is_sql \
	"SELECT count(*) FROM board WHERE kind = 'smartrecruiters' AND disabled_at IS NOT NULL" 1
printf 'url\nhttps://x.breezy.hr\n' >none.csv
run jp-board import none.csv
ok 'a list without a board that can be read is bad data' exits 65
run jp-board import lever.csv mixed.csv
ok 'several lists are one import' out_is <<'END'
0	0	7	11
END
{
	echo 'ats,slug,company'
	i=0
	while [ $i -lt 1203 ]; do
		case $((i % 3)) in
		0) echo "greenhouse,many$i,\"Skær \"\"$i\"\" \\ Sons\"" ;;
		1) echo "smartrecruiters,Many$i," ;;
		2) echo "lever,many$((i / 12 * 12))," ;;
		esac
		i=$((i + 1))
	done
} >many.csv
run jp-board import many.csv
ok 'a long list, some of it twice' out_is <<'END'
903	0	300	0
END
ok 'is added in its order' is_sql "SELECT count(*) FROM board a JOIN board b ON b.id = a.id + 1
	WHERE a.kind = 'greenhouse' AND a.token LIKE 'many%' AND b.kind = 'smartrecruiters'
	AND CAST(substr(b.token, 5) AS bigint) = CAST(substr(a.token, 5) AS bigint) + 1" 401
ok 'companies as they are written' is_sql "SELECT company FROM board WHERE token = 'many900'" 'Skær "900" \ Sons'
ok 'none where none is' is_sql "SELECT count(*) FROM board WHERE substr(token, 1, 4) = 'Many' AND company IS NULL" 401
ok 'each with its terms' is_sql "SELECT count(*) FROM board WHERE substr(token, 1, 4) = 'Many' AND disabled_at IS NOT NULL
	AND disabled_reason IS NOT NULL AND kind = 'smartrecruiters'" 401
ok 'the others enabled' is_sql "SELECT count(*) FROM board WHERE substr(token, 1, 4) = 'many' AND disabled_at IS NULL
	AND disabled_reason IS NULL AND host IS NOT NULL AND weight = 10" 502
run jp-board import many.csv
ok 'again, all of it is known' out_is <<'END'
0	0	1203	0
END
head -c 60 mixed.csv.gz >cut.csv.gz
run jp-board import lever.csv cut.csv.gz
ok 'a gzip that is cut is refused' exits 65
ok 'in words' err_has '^jp-board: cut.csv.gz: a gzip that is broken$'

# ---- hostile names -------------------------------------------------------------------------------------------

run jp-board add --company "$(printf 'Evil\033[31m\nCo')" greenhouse:evil
run jp-board list
ok 'control bytes of a company are not printed raw' out_lacks "$(printf '\033')"
run jp-board list -q
ok '-q prints nothing' no_out

# ---- terms ----------------------------------------------------------------------------------------

run jp-board add remotive:all
ok 'a kind whose terms want a word is added' exits 0
ok 'and its terms are shown' err_has '^jp-board: remotive:all: added, but disabled until you enable it: .*four fetches a day.*sign-ups'
ok 'disabled' is_sql "SELECT count(*) FROM board WHERE kind = 'remotive' AND disabled_at IS NOT NULL" 1
run jp-board add remotive:all
ok 'added again it stays as it is' no_err
run jp-board enable remotive:all
ok 'enabling it shows them again' err_has '^jp-board: remotive:all: by enabling it you answer for this: .*other job sites'
ok 'and enables it' is_sql "SELECT count(*) FROM board WHERE kind = 'remotive' AND disabled_at IS NULL" 1
run jp-board add --company Acme remotive:all
ok 'a change leaves it enabled' is_sql "SELECT count(*) FROM board WHERE kind = 'remotive' AND disabled_at IS NULL" 1

done_testing
