#!/bin/sh
# jp-mail by SMTP: what a run does with each way in which a server can answer (S01-S04, B01, B07).
. "${0%/*}/lib.sh"
need python3 jq

mkdir sink
: >rules
start python3 "$T_SERVERS/smtpd.py" --dir sink --rules rules --log log
port=${T_LINE#port }
new_site <<END
site: {url: "https://site.example", contact: "ops@site.example"}
mail:
  transport: smtp
  from: jobs@site.example
  retry_min: 15m
  give_up: 1d
  smtp: {host: 127.0.0.1, port: $port, tls: none, timeout: 15s, connections: 1}
END
at() { export JP_CLOCK="2026-03-$1Z"; }
taken() { find sink -name '*.eml' | wc -l; }
state_of() { sql "SELECT m.state FROM message m JOIN subscriber u ON u.id = subscriber_id
	WHERE email LIKE '$1@%' ORDER BY m.id DESC LIMIT 1"; }

# A new posting for everybody.
news()
{
	sql "INSERT INTO posting (board_id, external_id, title, company, description, url, apply_url,
		first_seen, last_seen, hash, hash_version, dedupe_key, match_due)
		VALUES (1, (SELECT count(*) FROM posting), 'Engineer', 'Kieselwerke', '.hidden dot',
		'https://jobs.example/', 'https://jobs.example/', 0, 0, CAST('0' AS blob), 1, 1, 0);
	UPDATE posting SET group_id = id;
	INSERT INTO match (search_id, posting_id, score, reasons, matched_at)
		SELECT s.id, (SELECT max(id) FROM posting), 50, '[]', 0 FROM search s"
}

at 02T05:00:00
sql "INSERT INTO board (kind, token, next_at, created_at) VALUES ('feed', 'x', 0, 0)"
for who in ann bob cat dan eve; do
	jp-user add -q --consent form $who@readers.example
	jp-user search add -q --query engineer $who@readers.example
done

# ---- all is well -------------------------------------------------------------------------------------

news
at 02T08:00:00
run jp-mail
ok 'five digests are sent' out_lines 5
ok 'each with the server'"'"'s reply' out_has '	sent	1	.*	250 2.0.0 taken$'
ok 'C01 nothing on stderr' no_err
ok 'over one connection' same "$(grep -c connect log)" 1
ok 'B01 from an address that tells them apart' same \
	"$(cat sink/*.env | grep -c '^bounce+[a-z2-7]*@site.example$')" 5
ok 'B01 none twice' same "$(cat sink/*.env | grep '^bounce+' | sort -u | wc -l)" 5
ok 'B01 the local part fits 64 octets' same "$(cat sink/*.env | grep -cE '^.{65,}@')" 0
ok 'M03 what arrived has CRLF everywhere' same \
	"$(grep -cv "$(printf '\r')\$" sink/1.eml)" 0
ok 'M02 under the Message-ID of the row' file_has sink/1.eml \
	"^Message-ID: <$(sql "SELECT message_id FROM message m JOIN subscriber u ON u.id = m.subscriber_id
		WHERE email = '$(sed -n 2p sink/1.env)'")>"

# ---- refusals ------------------------------------------------------------------------------------------

cat >rules <<'END'
rcpt ann@ 550 5.1.1 <ann@readers.example> is unknown here
rcpt bob@ 552 5.2.2 mailbox full
rcpt cat@ 450 4.2.0 busy
end dan@ 554 5.7.1 looks like advertising
END
news
at 03T08:00:00
run jp-mail
ok 'one refusal of many is no failure of the run' exits 0
ok 'the others go on' out_has '	5	sent	1	'
ok 'S01 5yz is final' same "$(state_of ann) $(state_of bob) $(state_of dan)" 'failed failed failed'
ok 'S01 4yz waits' same "$(state_of cat)" composed
ok 'B07 5.1.1 stops the address' same \
	"$(sql "SELECT status FROM subscriber WHERE email LIKE 'ann@%'")" bounced
ok 'U09 and is remembered' same "$(sql 'SELECT reason FROM suppression')" bounced
ok 'B04 other 5.x.x count' same \
	"$(sql "SELECT status, bounces_hard FROM subscriber WHERE email LIKE 'bob@%'")" 'active|1'
ok 'B04 5.7.x is about us' same \
	"$(sql "SELECT status, bounces_hard FROM subscriber WHERE email LIKE 'dan@%'")" 'active|0'
ok 'G05 a reply is kept without the address' same \
	"$(sql "SELECT reply FROM message WHERE reply LIKE '550%'")" '550 5.1.1 <the recipient> is unknown here'
ok 'nor is it in what is told' out_lacks 'ann@readers'
: >rules
at 03T08:10:00
run jp-mail
ok 'S01 not before a quarter of an hour' no_out
at 03T08:15:00
run jp-mail
ok 'S01 then it is tried again' out_has '	3	sent	1	'
before=$(taken)
news
at 04T08:00:00
run jp-mail
ok 'B04 whoever bounced gets nothing any more' out_lines 4
ok 'the others do' same "$(taken)" $((before + 4))

# ---- patience ------------------------------------------------------------------------------------------

echo 'rcpt cat@ 421 4.7.0 slow down' >rules
news
at 05T08:00:00
run jp-mail
ok 'S02 421: what was sent is sent, the run is no failure' exits 0
ok 'S02 the one that was refused waits' out_has '	3	retry	1	.*	421 4.7.0 slow down$'
ok 'S02 the rest was not tried' same "$(sql "SELECT count(*) FROM message WHERE state = 'composed'")" 3
: >rules
at 05T08:15:00
run jp-mail
ok 'a later run sends them' out_lines 3
news
at 06T08:00:00
echo 'greet * 421 4.3.2 too busy' >rules
run jp-mail
ok 'where nothing at all could be sent: 75' exits 75
ok 'and why, once' err_is <<END
jp-mail: mail.smtp: 127.0.0.1:$port: 421 4.3.2 too busy
END
: >rules
at 06T09:00:00
run jp-mail
ok 'nothing was lost by that' out_lines 4

# ---- giving up -----------------------------------------------------------------------------------------

echo 'rcpt bob@ 450 4.2.0 busy' >rules
news
at 07T08:00:00
run jp-mail -q
for hour in 07T08:20:00 07T09:00:00 07T11:00:00 07T15:00:00 07T20:00:00 08T01:00:00 08T06:00:00; do
	at $hour
	run jp-mail -q
done
ok 'S01 given up after mail.give_up' same "$(state_of bob)" failed
ok 'S01 after several tries' test "$(sql 'SELECT max(attempts) FROM message')" -gt 4
ok 'B04 that counts as soft' same \
	"$(sql "SELECT bounces_soft FROM subscriber WHERE email LIKE 'bob@%'")" 1

# ---- doubt ---------------------------------------------------------------------------------------------

echo 'end cat@ keep-close' >rules
news
before=$(taken)
at 09T08:00:00
run jp-mail
ok 'S04 taken, but the reply never came: held' out_has '	3	held	1	'
ok 'the others are sent' same "$(taken)" $((before + 4))
: >rules
at 09T12:00:00
run jp-mail
ok 'S04 it stays held' no_out
run env JP_MAIL_HELD=resend jp-mail
ok 'S04 or is sent again, if that is the policy' out_has '	3	sent	1	'
ok 'M02 the same message again, byte for byte' same \
	"$(grep -l cat@ sink/*.env | sed 's/env$/eml/' | xargs md5sum | cut -c 1-32 | sort | uniq -d | wc -l)" 1

# ---- killed ---------------------------------------------------------------------------------------------

echo 'end dan@ silent' >rules
news
at 10T08:00:00
jp-mail >killed 2>&1 &
pid=$!
until_true grep -q '^[0-9]* rule end silent' log || t_die 'no message comes' killed
kill -9 $pid
wait $pid 2>/dev/null
ok 'killed in the middle of a message' same "$(state_of dan)" sending
: >rules
before=$(taken)
at 10T08:01:00
run jp-mail
ok 'while its lease lasts nobody takes it' same "$(state_of dan)" sending
at 10T09:00:00
run jp-mail
ok 'S04 then it is held' same "$(state_of dan)" held
ok 'and what was not tried is sent' same "$(state_of eve)" sent
ok 'never twice' same "$(cat sink/*.eml | grep -i '^Message-ID:' | sort | uniq -d | wc -l)" 1

# ---- stopped ---------------------------------------------------------------------------------------------

echo 'rcpt bob@ silent' >rules
news
at 11T08:00:00
lines=$(wc -l <log)
env JP_MAIL_SMTP_TIMEOUT=60s jp-mail >stopped 2>&1 &
pid=$!
offered() { tail -n "+$((lines + 1))" log | grep -q ' rule rcpt silent'; }
until_true offered || t_die 'no message comes' stopped
kill -TERM $pid
begin=$(date +%s)
wait $pid
ok 'SIGTERM ends a run long before its timeout' test "$(($(date +%s) - begin))" -le 30
ok 'nothing is left in its hands' same "$(sql "SELECT count(*) FROM message WHERE state = 'sending'")" 0
: >rules
at 11T09:00:00
run jp-mail
ok 'what it gave back is sent' same "$(state_of bob) $(state_of cat) $(state_of eve)" 'sent sent sent'

stop "$T_PID"
news
at 12T08:00:00
run jp-mail
ok 'no server at all: 75' exits 75
ok 'one line says so' err_lines 1
ok 'jp-db check finds nothing' jp-db check

done_testing
