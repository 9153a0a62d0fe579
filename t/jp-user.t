#!/bin/sh
# jp-user: subscribers, consents, suppression, imports and exports, saved searches.
. "${0%/*}/lib.sh"
need jq

new_site </dev/null
export JP_CLOCK=2026-03-02T05:00:00Z # a Monday

# ---- add, and consents ------------------------------------------------------------------------------

run jp-user add ann@readers.example
ok 'add' exits 0
ok 'gives the id' out_is <<'END'
1	added
END
ok 'says nothing else' no_err
ok 'O01 without a consent an address is pending' same "$(sql 'SELECT status FROM subscriber')" pending
run jp-user resume ann@readers.example
ok 'O01 and cannot be resumed out of it' exits 65
run jp-user add --timezone Europe/Berlin --hour 7 --name 'Ann Böhm' ANN@Readers.example
ok 'adding again changes' out_is <<'END'
1	changed
END
run jp-user add --consent 'asked by phone' ann@readers.example
ok 'a consent activates' same "$(sql 'SELECT status FROM subscriber')" active
ok 'O02 it is stored with what, when and which way' \
	same "$(sql 'SELECT text, way, at FROM consent')" 'asked by phone|command line|1772427600000'
ok 'what was not named stays' same "$(sql 'SELECT hour, timezone, name FROM subscriber')" \
	'7|Europe/Berlin|Ann Böhm'
run jp-user add --consent 'asked by phone' ann@readers.example
ok 'the same consent is stored once' same "$(sql 'SELECT count(*) FROM consent')" 1
run jp-user add -n --consent x bob@readers.example
ok 'a dry run succeeds' exits 0
ok 'and keeps nothing' same "$(sql 'SELECT count(*) FROM subscriber')" 1

for bad in 'a b@c.example' 'a@b@c.example' 'a,b@c.example' a@ @b '"a"@b.example' ''; do
	run jp-user add -- "$bad"
	ok "not an address: '$bad'" exits 65
	ok "one line says so: '$bad'" err_lines 1
done
run jp-user add --hour 24 eve@readers.example
ok 'an hour out of range' exits 65
ok 'is named' err_is <<'END'
jp-user: hour: not a whole number from 0 to 23
END
run jp-user add --timezone Europe/Atlantis eve@readers.example
ok 'an unknown time zone' exits 65
run jp-user add --frequency hourly eve@readers.example
ok 'an unknown frequency' exits 65
run jp-user add --weekday 0 eve@readers.example
ok 'a weekday out of range' exits 65
ok 'none of them was added' same "$(sql 'SELECT count(*) FROM subscriber')" 1

# ---- lists ------------------------------------------------------------------------------------------

run jp-user list
ok 'list' out_is <<'END'
1	ann@readers.example	Ann Böhm	active	Europe/Berlin	7	daily
END
run jp-user list -j
ok 'L04 list as JSON' out_jq '.[0] | .id == 1 and .hour == 7 and .status == "active"'
run jp-user list --status paused
ok 'nobody is paused' no_out
run jp-user show -j 1
ok 'show tells consents' out_jq '.[0].consents[0].text == "asked by phone"'
run jp-user show nobody@readers.example
ok 'nobody is nobody' exits 65
ok 'G05 and is not named' err_is <<'END'
jp-user: no such subscriber; jp-user list shows them
END

# ---- saved searches ------------------------------------------------------------------------------------

run jp-user search add --query 'rust OR go' --remote remote --remote hybrid --location Berlin \
	--salary-min '60000 EUR/year' --min-score 20 ann@readers.example
ok 'a search is saved' exits 0
ok 'and has an id' out_is <<'END'
1	stored
END
ok 'due at the next hour of its subscriber' \
	same "$(sql 'SELECT next_at FROM search')" 1772431200000
run jp-user search show -j 1 1
ok 'all of it is kept' out_jq '.[0] | .name == "rust OR go" and .min_score == 20
	and .remote == ["hybrid", "remote"] and .locations == ["Berlin"]
	and .salary_min == "60000 EUR/year"'
run jp-user search add --query '(rust' ann@readers.example
ok 'a query that is broken' exits 65
ok 'is explained' err_has '^jp-user: search: query, column 1: '
run jp-user search add --name weekly --query java --frequency weekly 1
run jp-user search list 1
ok 'search list' out_is <<'END'
1	rust OR go	rust OR go		2026-03-02T06:00:00Z	
2	weekly	java	weekly	2026-03-02T06:00:00Z	
END
run jp-user search add -n 1 'java -manager'
ok 'a query is an operand as well' exits 0
run jp-user search add -n --query java 1 go
ok 'but not twice' exits 64
ok 'which is said' err_is <<'END'
jp-user: the query is there twice; leave one
END
run jp-user search pause 1 2
ok 'a search is paused' same "$(sql 'SELECT paused_at FROM search WHERE id = 2')" 1772427600000
run env JP_CLOCK=2026-03-05T05:00:00Z jp-user search resume 1 2
ok 'and resumed: due at the next hour, not at once' \
	same "$(sql 'SELECT paused_at, next_at FROM search WHERE id = 2')" '|1773036000000'
run jp-user search show 1 99
ok 'no such search' exits 65
run jp-user search remove 1 2
ok 'L07 removing a search needs --yes without a terminal' exits 64
run jp-user search remove --yes 1 2
ok 'it is removed' same "$(sql 'SELECT group_concat(id) FROM search')" 1
run jp-user add --hour 20 ann@readers.example
ok 'a new hour moves the searches' same "$(sql 'SELECT next_at FROM search')" 1772478000000
run env JP_CLOCK=2026-03-03T05:00:00Z jp-user add --hour 21 ann@readers.example
ok 'C05 what is due stays due' same "$(sql 'SELECT next_at FROM search')" 1772478000000

# ---- pause, resume, unsubscribe, remove -------------------------------------------------------------------

run jp-user pause 1
ok 'paused' same "$(sql 'SELECT status FROM subscriber')" paused
run env JP_CLOCK=2026-03-09T05:00:00Z jp-user resume 1
ok 'resumed' same "$(sql 'SELECT status FROM subscriber')" active
ok 'the digest comes at the next hour' same "$(sql 'SELECT next_at FROM search')" 1773086400000

run jp-user unsubscribe nonsense
ok 'not a token' exits 65
# The token of the digest's link is what unsubscribes: taken from a digest.
sql "INSERT INTO board (kind, token, next_at, created_at) VALUES ('feed', 'x', 0, 0);
	INSERT INTO posting (board_id, external_id, title, company, description, url, apply_url,
		first_seen, last_seen, hash, hash_version, dedupe_key, group_id)
	VALUES (1, '1', 'Engineer', 'Kieselwerke', 'x', 'https://j.example/1',
		'https://j.example/1', 0, 0, CAST('0' AS blob), 1, 1, 1);
	INSERT INTO match (search_id, posting_id, score, reasons, matched_at)
	VALUES (1, 1, 50, '[]', 0)"
run env JP_SITE_URL=https://site.example jp-mail preview ann@readers.example
token=$(sed -n 's|.*https://site.example/u/\([a-z2-7]*\).*|\1|p' "$T_OUT" | head -n 1)
run jp-user unsubscribe -n "$token"
ok 'a dry run unsubscribes nobody' same "$(sql 'SELECT status FROM subscriber')" active
run jp-user unsubscribe "$token"
ok 'U03 the token alone unsubscribes' exits 0
ok 'at once' same "$(sql 'SELECT status FROM subscriber')" unsubscribed
run jp-user unsubscribe "$token"
ok 'U04 again is fine' exits 0
run jp-user resume ann@readers.example
ok 'U09 who unsubscribed cannot be resumed' exits 65
run jp-user add --consent x ann@readers.example
ok 'U09 nor added again' exits 77
ok 'U09 and the reason has no address' err_is <<'END'
jp-user: the address is suppressed: its owner unsubscribed, or it bounced
END
run jp-user remove 1
ok 'L07 remove needs --yes without a terminal' exits 64
run jp-user remove -n 1
ok 'a dry run removes nothing' same "$(sql 'SELECT count(*) FROM subscriber')" 1
run jp-user remove --yes 1
ok 'removed with searches and consents' same \
	"$(sql 'SELECT (SELECT count(*) FROM subscriber), (SELECT count(*) FROM search),
		(SELECT count(*) FROM consent), (SELECT count(*) FROM match)')" '0|0|0|0'
run jp-user add --consent x ann@READERS.example
ok 'U09 the address stays suppressed after that' exits 77
ok 'no address is left in the database' same \
	"$(dump | grep -c 'ann@')" 0

# ---- import and export ------------------------------------------------------------------------------------

cat >list.yaml <<'END'
- email: bob@readers.example
  name: Bob
  timezone: Europe/Paris
  searches:
    - name: one
      query: java
    - query: "python, remote"
      remote: [remote]
- email: ann@readers.example
- email: not an address
- email: cat@readers.example
  hour: noon
- name: nobody
- email: dan@readers.example
  searches:
    - query: go
    - query: (broken
- email: eve@readers.example
  colour: green
- email: fay@readers.example
  consent: signed the form
END
run jp-user import list.yaml
ok 'an import with bad entries succeeds' exits 0
ok 'counting them' out_is <<'END'
2	0	6
END
ok 'each is named with its line' err_is <<'END'
jp-user: list.yaml:9: the address is suppressed: its owner unsubscribed, or it bounced
jp-user: list.yaml:10: address: no "@"
jp-user: list.yaml:12: hour: not a whole number from 0 to 23
jp-user: list.yaml:13: email is missing
jp-user: list.yaml:17: search: query, column 1: the parenthesis is never closed
jp-user: list.yaml:19: unknown key "colour"
END
ok 'a bad search keeps its subscriber out' same \
	"$(sql "SELECT count(*) FROM subscriber WHERE email LIKE 'dan%'")" 0
ok 'O01 pending without, active with a consent' same \
	"$(sql 'SELECT email, status FROM subscriber ORDER BY email')" 'bob@readers.example|pending
fay@readers.example|active'
run jp-user import --consent 'terms of March' list.yaml
ok 'again, with a consent for all' out_is <<'END'
0	2	6
END
ok 'who was pending is active' same \
	"$(sql "SELECT status FROM subscriber WHERE email LIKE 'bob%'")" active
ok 'nothing is there twice' same "$(sql 'SELECT count(*) FROM search')" 2

run jp-user export
cp "$T_OUT" all.yaml
ok 'an export has the consents' out_has 'terms of March'
run jp-user export --csv
cp "$T_OUT" all.csv
ok 'a CSV export has a header and a line a search' lines 4 all.csv
for form in all.yaml all.csv; do
	mkdir -p "other-$form"
	echo 'database: other.db' >"other-$form/jobping.yaml"
	run jp-db init -C "other-$form/jobping.yaml"
	run jp-user import -C "other-$form/jobping.yaml" --consent 'moved here' $form
	ok "$form is read by another site" sh -c "grep -q '^2	[01]	0\$' '$T_OUT'"
	run jp-user export -C "other-$form/jobping.yaml" --csv
	ok "$form gives the same subscribers and searches" file_is "$T_OUT" <all.csv
done
run jp-user export -C other-all.yaml/jobping.yaml
ok 'O02 consents travel with their time and way' out_has '"2026-03-02T05:00:00Z"'

cat >new.csv <<'END'
email,name,hour,search,query,locations,skills
gus@readers.example,"Gus, ""the"" Great",6,,rust,Berlin; Hamburg,
gus@readers.example,,,second,java,,python;sql
hal@readers.example,Hal,,,,,
bad address,x,,,,,
ida@readers.example,a,b,c,d,e,f,g
"jim@readers.example
END
run jp-user import --consent form new.csv
ok 'CSV: three bad ones do not stop it' out_is <<'END'
2	1	3
END
ok 'they are named with their lines' err_is <<'END'
jp-user: new.csv:5: address: no "@"
jp-user: new.csv:6: more fields than the header has
jp-user: new.csv:7: a quote is never closed
END
run jp-user show -j gus@readers.example
ok 'a search a line, lists by semicolons, empty fields change nothing' out_jq '.[0]
	| .name == "Gus, \"the\" Great" and .hour == 6
	and .searches[0].locations == ["Berlin", "Hamburg"]
	and .searches[1].name == "second" and .searches[1].skills == ["python", "sql"]'
ok 'no search columns, no search' same "$(sql "SELECT count(*) FROM search WHERE subscriber_id =
	(SELECT id FROM subscriber WHERE email LIKE 'hal%')")" 0
printf 'email,shoe_size\nkim@readers.example,41\n' >odd.csv
run jp-user import odd.csv
ok 'an unknown column refuses the file' exits 65
printf 'name\nkim\n' >odd.csv
run jp-user import odd.csv
ok 'so does a header without email' exits 65
printf 'email\nkim\n' >odd.csv
run jp-user import odd.csv
ok 'all entries bad: 65' exits 65
printf 'a: {b\n' >odd.yaml
run jp-user import odd.yaml
ok 'broken YAML: 65' exits 65
ok 'with file and line' err_has '^jp-user: odd.yaml:2:1: '
run jp-user import none.yaml
ok 'no such file' exits 69
run sh -c 'printf "email\nlea@readers.example\n" | jp-user import -'
ok 'from stdin, told apart by its first line' out_is <<'END'
1	0	0
END
run jp-user import -n list.yaml
ok 'a dry run of an import keeps nothing' same \
	"$(sql 'SELECT count(*) FROM subscriber')" 5

cat >status.yaml <<'END'
- email: moe@readers.example
  status: unsubscribed
- email: ned@readers.example
  status: paused
  consent: yes, please
- email: oda@readers.example
  status: active
END
run jp-user import status.yaml
ok 'U09 who unsubscribed elsewhere is suppressed here' same \
	"$(sql 'SELECT count(*) FROM suppression')" 2
ok 'O01 active without a consent is pending; paused stays paused' same \
	"$(sql "SELECT status FROM subscriber WHERE email < 'p' AND email > 'm' ORDER BY email")" \
	'paused
pending'

# ---- many ----------------------------------------------------------------------------------------------------

many=10000
on_sqlite || many=2000 # each takes several ways to the server and back
awk -v n=$many 'BEGIN { print "email,query,locations"
	for (i = 0; i < n; i++) printf "u%d@many.example,engineer %d,Berlin\n", i, i }' >many.csv
run jp-user import --consent many many.csv
ok 'thousands are imported' out_is <<END
$many	0	0
END
ok 'jp-db check finds nothing wrong' jp-db check

done_testing
