#!/bin/sh
# jp-mail: who is mailed what and when, once; what is refused; what an operator can do.
. "${0%/*}/lib.sh"
need jq

new_site <<'END'
site: {url: "https://site.example", contact: "ops@site.example"}
mail:
  transport: maildir
  maildir: box
  from: jobs@site.example
  max_postings: 5
END
at() { export JP_CLOCK="2026-03-$1Z"; }
mails() { find box -type f 2>/dev/null | wc -l; }
state() { sql "SELECT group_concat(state, ' ') FROM (SELECT state FROM message ORDER BY id) AS m"; }

# post N...: open postings, each a group of its own.
post()
{
	for i; do
		sql "INSERT INTO posting (id, board_id, external_id, title, company, description, url,
			apply_url, first_seen, last_seen, hash, hash_version, dedupe_key, group_id,
			match_due)
			VALUES ($i, 1, '$i', 'Engineer $i', 'Kieselwerke', 'We build.',
			'https://jobs.example/$i', 'https://jobs.example/$i', 1772400000000,
			1772400000000, CAST('0' AS blob), 1, $i, $i, 0)"
	done
}

# found SEARCH POSTING SCORE
found()
{
	sql "INSERT INTO match (search_id, posting_id, score, reasons, matched_at)
		VALUES ($1, $2, $3, '[{\"points\":$3,\"what\":\"title has \\\"engineer\\\"\"}]',
		1772420000000)"
}

at 02T05:00:00 # a Monday
sql "INSERT INTO board (kind, token, next_at, created_at) VALUES ('feed', 'x', 0, 0)"
for who in ann bob cat; do
	jp-user add -q --consent form $who@readers.example
	jp-user search add -q --query engineer $who@readers.example
done
jp-user add -q pam@readers.example # pending
jp-user search add -q --query engineer pam@readers.example
post 1 2 3 4 5 6 7 8

# ---- when -------------------------------------------------------------------------------------------

found 1 1 50
found 1 2 60
found 4 1 50
run jp-mail
ok 'C05 before the hour nobody is due' no_out
ok 'and that is fine' exits 0
at 02T08:00:00
run jp-mail -n
ok 'a dry run tells what would be composed' out_is <<'END'
	1	composed	2		
END
ok 'and composes nothing' same "$(sql 'SELECT count(*) FROM message')" 0
run jp-mail
ok 'at the hour a digest goes out' exits 0
ok 'one line for it' out_has '^1	1	sent	2	[0-9a-f]{32}@site.example	delivered$'
ok 'C01 nothing on stderr' no_err
ok 'one mail is there' same "$(mails)" 1
ok 'O01 the pending one got none' same "$(sql 'SELECT count(*) FROM message WHERE subscriber_id = 4')" 0
ok 'both postings stand in it, the best first' same \
	"$(sed -n 's|^  \(https://jobs.example/.\).*|\1|p' box/new/* | tr '\n' ' ')" \
	'https://jobs.example/2 https://jobs.example/1 '
ok 'M01 to the subscriber' file_has "$(echo box/new/*)" '^To: <?ann@readers.example>?'
run jp-mail
ok 'a second run at once sends nothing' no_out
found 1 3 70
run jp-mail
ok 'nor before the next day' no_out
at 03T08:00:00
run jp-mail -q
ok 'the next day it does, and -q is silent' no_out
ok 'two mails are there' same "$(mails)" 2
at 05T21:00:00
run jp-mail
ok 'nothing new, no mail' no_out
ok 'C05 missed days are not made up for one by one' same \
	"$(sql 'SELECT next_at FROM search WHERE id = 1')" 1772784000000

# ---- what -------------------------------------------------------------------------------------------

jp-user search add -q --query kieselwerke --name second bob@readers.example
for i in 1 2 3 4 5 6 7 8; do
	found 2 $i $((i * 10))
	found 5 $i $((100 - i * 10))
done
sql "UPDATE posting SET group_id = 3 WHERE id = 4; UPDATE posting SET closed_at = 1, close_reason = 'expired' WHERE id = 5"
at 06T08:00:00
run jp-mail
ok 'at most mail.max_postings, near-duplicates once, closed ones never' out_has '	2	sent	5	'
ok 'the rest waits' same "$(sql 'SELECT count(*) FROM match JOIN posting p ON p.id = posting_id
	WHERE message_id IS NULL AND search_id = 2 AND closed_at IS NULL')" 1
at 07T08:00:00
run jp-mail
ok 'and comes the next day' out_has '	2	sent	1	'
at 08T08:00:00
run jp-mail
ok 'then there is nothing more' no_out
ok 'promise 2: each group once' same \
	"$(sql 'SELECT count(*), count(DISTINCT group_id) FROM sent WHERE subscriber_id = 2')" '6|6'
sql 'DELETE FROM search WHERE subscriber_id = 2'
jp-user search add -q --query engineer bob@readers.example
found "$(sql 'SELECT max(id) FROM search')" 1 99
at 10T08:00:00
run jp-mail
ok 'not even to a new search once the old one is gone' no_out

# ---- stdin ------------------------------------------------------------------------------------------

post 11 12
found 1 11 50
found 3 11 50
printf '3\t11\t50\tengineer\n' >lines
at 11T08:00:00
run sh -c 'jp-mail - <lines'
ok 'lines on stdin select subscribers' out_has '	3	sent	1	'
ok 'and nobody else' out_lines 1
run sh -c 'jp-mail - </dev/null'
ok 'no lines select nobody' no_out
printf '{"subscriber":1,"posting":11}\n' >lines
run sh -c 'jp-mail - <lines'
ok 'JSON Lines do too' out_has '	1	sent	1	'
printf 'x\ty\n' >lines
run sh -c 'jp-mail - <lines'
ok 'lines that name nobody are bad data' exits 65
ok 'and are told' err_has '^jp-mail: stdin: line 1'
run jp-mail list
ok 'L02 an unknown verb is a usage error' exits 64

# ---- promise 3 ---------------------------------------------------------------------------------------

# A message that is composed but not sent yet: its transport is in the way.
composed_only()
{
	mv box box.away && : >box
	run jp-mail
	rm box && mv box.away box
}
found 1 12 50
at 12T08:00:00
before=$(mails)
composed_only
ok 'where no Maildir can be made, it is unavailable' exits 69
ok 'a clear message' err_has '^jp-mail: mail.maildir: .*box'
ok 'the message waits' same "$(sql 'SELECT state FROM message ORDER BY id DESC LIMIT 1')" composed
jp-user pause -q 1
at 12T12:00:00
run jp-mail
ok 'promise 3: paused since it was composed' out_has '	1	failed	1	.*	the subscriber is paused$'
ok 'not mailed' same "$(mails)" "$before"
jp-user resume -q 1
at 13T08:00:00
run jp-mail
ok 'what was in it comes after the pause' out_has '	1	sent	1	'
ok 'once' same "$(mails)" $((before + 1))
run jp-mail retry --yes "$(sql "SELECT id FROM message WHERE state = 'failed'")"
ok 'and the refused message cannot be sent after all' exits 65

post 13 14
found 1 13 50
at 14T08:00:00
composed_only
run jp-mail preview ann@readers.example
ok 'a preview of nothing new says no' exits 1
ok 'to a person, too' err_has '^jp-mail: nothing is new for this subscriber$'
body=$(jp-mail show "$(sql 'SELECT max(id) FROM message')")
token=$(printf '%s\n' "$body" | sed -n 's|.*<https://site.example/u/\([a-z2-7]*\)>.*|\1|p')
before=$(mails)
jp-user unsubscribe -q "$token"
at 15T12:00:00
run jp-mail
ok 'U07 unsubscribed since it was composed: not mailed' out_has '	1	failed	1	'
ok 'not even the mail that was ready' same "$(mails)" "$before"
found 1 14 50
at 16T08:00:00
run jp-mail
ok 'nor ever again' no_out
sql "UPDATE subscriber SET status = 'active' WHERE id = 1"
run jp-mail
ok 'U09 the suppression alone is enough' no_out
run jp-db check
ok 'jp-db check finds no promise broken' exits 0

# ---- two at once -------------------------------------------------------------------------------------

sql 'DELETE FROM subscriber'
awk 'BEGIN { print "email,query"; for (i = 0; i < 60; i++) printf "u%d@many.example,engineer\n", i }' \
	>many.csv
jp-user import -q --consent form many.csv
sql "INSERT INTO match (search_id, posting_id, score, reasons, matched_at)
	SELECT s.id, p.id, 50, '[]', 0 FROM search s, posting p WHERE p.closed_at IS NULL"
at 17T08:00:00
rm -rf box
jp-mail >one 2>one.err &
one=$!
jp-mail >two 2>two.err &
two=$!
wait $one
ok 'C04 two at once: the first succeeds' same $? 0
wait $two
ok 'the second too' same $? 0
ok 'both are quiet' same "$(cat one.err two.err)" ''
ok 'each subscriber is mailed once' same "$(mails)" 60
ok 'and to each their own' same \
	"$(sed -n 's/^To: <*\([^>]*\)>*$/\1/p' box/new/* | sort -u | wc -l)" 60
ok 'told by one of them' same "$(cat one two | sort -u | wc -l)" 60

# ---- what a killed run left --------------------------------------------------------------------------

# As a run leaves it that is killed between the delivery and the commit.
again="UPDATE message SET state = 'sending', lease_until = $((1773734400000 + 60000)), sent_at = NULL
	WHERE id IN (SELECT id FROM message ORDER BY id DESC LIMIT 3)"
sql "$again"
run jp-mail
ok 'while its lease lasts a message is left alone' no_out
at 17T08:02:00
run jp-mail
ok 'then it is found in the Maildir' out_lines 3
ok 'as sent' out_has '	sent	'
ok 'promise 2: into a Maildir exactly once' same "$(mails)" 60
rm -rf box
sql "$again"
run jp-mail
ok 'what was not delivered yet is' same "$(mails)" 3
sql "$again; UPDATE message SET transport = 'smtp' WHERE state = 'sending'"
run jp-mail
ok 'S04 by SMTP it is in doubt' out_has '	held	'
ok 'three are held' out_lines 3
run jp-mail
ok 'and stay so' no_out
run jp-mail log --state held
ok 'log shows them' out_lines 3
id=$(sql "SELECT max(id) FROM message WHERE state = 'held'")
run jp-mail drop "$id"
ok 'L07 drop needs --yes without a terminal' exits 64
run jp-mail drop --yes "$id"
ok 'dropped' same "$(sql "SELECT state FROM message WHERE id = $id")" failed
id=$(sql "SELECT max(id) FROM message WHERE state = 'held'")
message_id=$(sql "SELECT message_id FROM message WHERE id = $id")
run jp-mail retry -n "$id"
ok 'a dry run retries nothing' same "$(sql "SELECT state FROM message WHERE id = $id")" held
run jp-mail retry --yes "$id"
run jp-mail
ok 'M02 retried under the same Message-ID' out_has "^$id	.*	sent	.*	$message_id	"
run env JP_MAIL_HELD=resend jp-mail
ok 'mail.held: resend sends the last one again' out_lines 1
run jp-mail drop --yes "$id"
ok 'what is sent cannot be dropped' exits 65
run jp-mail show 999999
ok 'no such message' exits 65
run jp-mail log --state lost
ok 'no such state' exits 64
run jp-mail log -j -l 2
ok 'L04 log as JSON' out_jq 'length == 2 and .[1].state == "sent" and (.[0].attempts | type) == "number"'

# ---- several runs ------------------------------------------------------------------------------------

ok 'runs are recorded' test "$(sql "SELECT count(*) FROM run WHERE program = 'jp-mail' AND exit_code = 0")" -gt 10
ok 'jp-db check finds nothing' jp-db check

# ---- configuration -----------------------------------------------------------------------------------

at 19T08:00:00
run env JP_MAIL_TRANSPORT=smtp JP_SITE_URL=http://site.example jp-mail
ok 'without an https site.url SMTP refuses' exits 78
ok 'and says what to set' err_has '^jp-mail: .*site.url'
run env JP_MAIL_TRANSPORT=sendmail JP_MAIL_FROM=jobs@localhost jp-mail
ok 'so does sendmail from localhost' exits 78
run env JP_MAIL_TRANSPORT=smtp JP_MAIL_SMTP_HOST=mail.example.org JP_MAIL_SMTP_TLS=none jp-mail
ok 'S03 no mail in clear text to another machine' exits 78
ok 'nothing was composed for any of them' same \
	"$(sql "SELECT count(*) FROM message WHERE composed_at >= 1773907200000")" 0
rm jobping.key
run jp-mail
ok 'without the key file nothing is sent' exits 78
ok 'and the message names it' err_has 'jobping.key'

done_testing
