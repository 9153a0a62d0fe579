#!/bin/sh
# jp-db: init, migrate, reindex, check, gc and config, on any engine; what concerns SQLite's file is in
# jp-db-file.t.
. "${0%/*}/lib.sh"
need jq

# ---- init -----------------------------------------------------------------------------------------

T_DB=$(new_database none)
export JP_CONFIG="$T_WORK/jobping.yaml"
printf 'database: %s\nsite: {name: Test}\n' "$T_DB" >"$JP_CONFIG"
for verb in migrate check gc; do
	run jp-db $verb
	ok "without a database $verb is unavailable" exits 69
	ok "and says what to do ($verb)" err_has '(there is no database|the database is empty); run jp-db init$'
done
run jp-db init
ok 'init makes a site' exits 0
ok 'quietly on stdout' no_out
ok 'and on stderr' no_err
run jp-db init
ok 'init again is fine' exits 0
ok 'and says nothing' no_err
run jp-db migrate
ok 'nothing is to be migrated' exits 0
run jp-db check
ok 'a new database is in order' exits 0
ok 'with nothing to say' no_out
run jp-db check -v
ok 'with -v the version is told' err_has 'schema [0-9]+$'

run env JP_DATABASE=postgresql://jp:hush@localhost:1/jp JP_DB_CONNECT_TIMEOUT=100ms jp-db init
ok 'a server that is not there may be there later' exits 75
ok 'and the password is not told' err_lacks hush
run env JP_DATABASE=postgresql://jp:hu/sh@localhost/jp jp-db init
ok 'a URL that libpq cannot read is bad configuration' exits 78
ok 'and nothing of it is told' err_lacks '"hu|sh@'
run jp-db initialise
ok 'L02 an unknown verb is a usage error' exits 64
run jp-db backup
ok 'a backup needs a file' exits 64

if on_sqlite; then
	set_version() { sql "PRAGMA user_version = $1"; }
	version() { sql 'PRAGMA user_version'; }
else
	set_version() { sql "UPDATE jp_schema SET version = $1"; }
	version() { sql 'SELECT version FROM jp_schema'; }
fi
was=$(version)
set_version 999 >/dev/null
for verb in init migrate check gc; do
	run jp-db $verb
	ok "Q02 $verb leaves a newer database alone" exits 78
	ok "and says so ($verb)" err_has 'schema 999, this program knows only'
done
set_version "$was" >/dev/null

# ---- a site with a past ---------------------------------------------------------------------------

export JP_CLOCK=2026-06-01T00:00:00Z
now=1780272000000
day=86400000
before() { echo $((now - $1 * day)); }

# posting ID CLOSED_AT REASON MISSED
posting()
{
	sql "INSERT INTO posting (id, board_id, external_id, title, company, description, url, apply_url,
		first_seen, last_seen, hash, hash_version, dedupe_key, group_id, closed_at, close_reason,
		missed) VALUES ($1, 1, 'x$1', 'Welder', 'Harbour Works', 'Welds.', 'https://a.example/$1',
		'https://a.example/$1', 1, 1, CAST('0' AS blob), 1, $1, $1, $2, $3, $4);
	INSERT INTO posting_event (posting_id, kind, at) VALUES ($1, 'new', $now);
	INSERT INTO location (posting_id, n, text) VALUES ($1, 0, 'Ghent');"
}

# message ID STATE DAYS_AGO SENT_AT: with a match of posting 1 (search ID) and its group noted.
message()
{
	sql "INSERT INTO message (id, subscriber_id, message_id, state, subject, body, n_postings,
		composed_at, next_try_at, sent_at) VALUES ($1, 1, '$1@jobs.example', '$2', 's', CAST('AB' AS blob), 1,
		$(before "$3"), 0, $4);
	INSERT INTO search (id, subscriber_id, name, query, next_at, created_at, updated_at)
		VALUES ($1, 1, 's$1', '', 0, 0, 0);
	INSERT INTO match (id, search_id, posting_id, score, reasons, matched_at, message_id)
		VALUES ($1, $1, 1, 50, '[]', 0, $1);
	INSERT INTO sent (subscriber_id, group_id, posting_id, message_id, at) VALUES (1, $1, 1, $1, 0);"
}

sql "INSERT INTO board (id, kind, token, next_at, created_at) VALUES (1, 'feed', 'a', 0, 0);
INSERT INTO visit (board_id, at, status, complete, bytes, ms, n_postings, n_bad, n_new, n_changed,
	n_closed) SELECT 1, $now - CAST(value AS BIGINT) * $day, 'ok', 1, 0, 0, 0, 0, 0, 0, 0
	FROM generate_series(20, 40) AS value;
INSERT INTO run (program, worker, started_at) SELECT 'jp-x', 'w', $now - CAST(value AS BIGINT) * $day
	FROM generate_series(81, 100) AS value;
INSERT INTO subscriber (id, email, email_key, timezone, frequency, hour, weekday, status, created_at,
	updated_at) VALUES
	(1, 'a@x.example', 'a@x.example', 'UTC', 'daily', 8, 1, 'active', 0, 0),
	(2, 'b@x.example', 'b@x.example', 'UTC', 'daily', 8, 1, 'pending', $(before 31), 0),
	(3, 'c@x.example', 'c@x.example', 'UTC', 'daily', 8, 1, 'pending', $(before 29), 0),
	(4, 'd@x.example', 'd@x.example', 'UTC', 'daily', 8, 1, 'pending', $(before 31), 0),
	(5, 'e@x.example', 'e@x.example', 'UTC', 'daily', 8, 1, 'unsubscribed', 0, $(before 27)),
	(6, 'f@x.example', 'f@x.example', 'UTC', 'daily', 8, 1, 'unsubscribed', 0, $(before 29)),
	(7, 'g@x.example', 'g@x.example', 'UTC', 'daily', 8, 1, 'bounced', 0, $(before 29));
INSERT INTO consent (subscriber_id, text, way, at) VALUES (1, 'yes', 'link', 0), (4, 'yes', 'link', 0)"
posting 1 NULL NULL 0
posting 2 "$(before 300)" "'missing'" 2
posting 3 "$(before 400)" "'missing'" 2
posting 4 "$(before 400)" "'expired'" 0
sql "INSERT INTO posting_event (posting_id, kind, at) VALUES (1, 'changed', $(before 366))"
sql "INSERT INTO task (id, type, state, due, turn, priority, run_at, created_at, payload) VALUES
	(1, 'a', 'done', $(before 8), 0, 0, 0, 0, '1'), (2, 'b', 'done', $(before 8), 0, 0, 0, 0, '1'),
	(3, 'a', 'done', $(before 6), 0, 0, 0, 0, '1'), (4, 'a', 'dead', $(before 90), 0, 0, 0, 0, '1'),
	(5, 'a', 'waiting', $(before 90), 0, 0, 0, 0, '1');
INSERT INTO rate (type, part, at, n_before, n_after, keep_until) VALUES
	('a', '', 0, 0, 1, $(before 8)), ('a', 'key:k', 0, 0, 1, $(before 6))"
message 1 sent 400 "$(before 400)"
message 2 sent 40 "$(before 40)"
message 3 failed 40 NULL
message 4 held 40 NULL
message 5 composed 500 NULL
message 6 sent 20 "$(before 20)"

run jp-db check
ok 'a site in order has nothing to say' exits 0
ok 'indeed nothing' no_out

# ---- gc -------------------------------------------------------------------------------------------

torn=$(copy_database "$T_DB" torn)
cat >expected <<'END'
visits	10	30d
runs	10	90d
events	1	365d
postings	2	365d
bodies	3	30d
messages	1	365d
pending	1	30d
unsubscribed	2	4w
tasks	2	1w
rates	1	1w
END
rows() { dump | grep -v query_stat | cksum; }
was=$(rows)
run jp-db gc -n
ok 'gc -n tells what would go' out_is <expected
ok 'L07 and changes nothing' same "$(rows)" "$was"
run jp-db gc
ok 'G04 gc removes what is old' exits 0
ok 'and tells how much' out_is <expected
ok 'quietly else' no_err
ok 'what is younger stays' same "$(sql 'SELECT (SELECT count(*) FROM visit),
	(SELECT count(*) FROM posting), (SELECT count(*) FROM message),
	(SELECT group_concat(id) FROM subscriber)')" '11|2|5|1,3,4,5'
ok 'tasks stay that are not done, or dead' same "$(sql 'SELECT (SELECT count(*) FROM task),
	(SELECT min(id) FROM task), (SELECT count(*) FROM rate)')" '3|3|1'
ok 'its own run is noted' same "$(sql "SELECT exit_code FROM run WHERE program = 'jp-db'")" 0
ok 'a posting takes its places and events along' same \
	"$(sql 'SELECT count(*) FROM location WHERE posting_id > 2
		UNION ALL SELECT count(*) FROM posting_event WHERE posting_id > 2' | tr '\n' ' ')" '0 0 '
ok 'texts go from what is sent or failed, never from what may be sent yet' same \
	"$(sql 'SELECT id FROM message WHERE body IS NOT NULL' | tr '\n' ' ')" '4 5 6 '
ok 'no match of a message that is gone waits again' same \
	"$(sql 'SELECT count(*) FROM match WHERE message_id IS NULL')" 0
ok 'that its posting was sent is known for ever' same \
	"$(sql 'SELECT group_id FROM sent WHERE message_id IS NULL')" 1
run jp-db gc -j
ok 'a second gc finds nothing' out_jq 'map(.pruned) | add == 0'
ok 'its JSON has the documented keys' out_jq '.[0] | keys == ["older_than", "pruned", "what"]'
run jp-db gc -q
ok 'C01 gc -q is silent' no_out
ok 'everywhere' no_err
run jp-db check
ok 'after gc the promises hold' exits 0

# Every call of the driver fails once, until none is left: what one run did stays done.
kept()
{
	for table in visit posting posting_event location subscriber message; do
		sql_of "$1" "SELECT '$table', count(*) FROM $table"
	done
	sql_of "$1" 'SELECT id, CAST(body IS NULL AS INTEGER) FROM message ORDER BY id'
}
n=0
T_STATUS=75
while [ "$T_STATUS" = 75 ] && [ "$n" -lt 500 ]; do
	n=$((n + 1))
	run env JP_TEST_DB_FAIL=$n JP_DATABASE="$torn" jp-db gc -q
	[ "$T_STATUS" != 75 ] || [ "$(wc -l <"$T_ERR")" = 1 ] || break
done
ok "gc fails $((n - 1)) times with one line and then succeeds" exits 0
ok 'more than a few times' test "$n" -gt 20
ok 'with what one run without faults leaves' same "$(kept "$torn")" "$(kept "$T_DB")"

sql "INSERT INTO visit (board_id, at, status, complete, reason, bytes, ms, n_postings, n_bad, n_new,
	n_changed, n_closed) SELECT 1, 0, 'ok', 1, '$(printf '%0200d' 0 | tr 0 r)', 0, 0, 0, 0, 0, 0, 0
	FROM generate_series(1, 2500) AS value"
on_postgres || size=$(stat -c %s "$T_DB")
run jp-db gc
ok 'more than one portion goes in one run' out_has '^visits	2500	'
if on_sqlite; then
	ok 'and the file is smaller afterwards' test "$(stat -c %s "$T_DB")" -lt $((size - 400000))
	ok 'G03 what was removed is not left in the file' same \
		"$(cat "$T_DB"* | grep -a -c rrrrrrrrrrrrrrrrrrrr)" 0
	ok 'nor a log beside it' same "$(stat -c %s "$T_DB-wal" 2>/dev/null || echo 0)" 0
fi

# ---- reindex --------------------------------------------------------------------------------------

index_state() { sql 'SELECT CASE WHEN version > 0 AND upto IS NULL THEN 1 ELSE 0 END FROM text_index'; }

for verb in reindex migrate init; do
	sql 'UPDATE text_index SET version = 0, upto = 3'
	run jp-db $verb
	ok "$verb builds the full-text index" exits 0
	ok "with nothing to say ($verb)" no_err
	ok "and all of it ($verb)" same "$(index_state)" 1
done
sql 'UPDATE text_index SET upto = 1'
run jp-db reindex
ok 'one that was interrupted is gone on with' same "$(index_state)" 1
run jp-db reindex -q
ok 'and a whole one is made anew' same "$(index_state)" 1

# ---- check ----------------------------------------------------------------------------------------

sql "UPDATE posting SET closed_at = 5, close_reason = 'missing', missed = 1 WHERE id = 1;
UPDATE posting SET close_reason = NULL WHERE id = 2;
UPDATE message SET sent_at = NULL WHERE id = 2;
UPDATE message SET state = 'sending', lease_until = $now - 3 * $day WHERE id = 4;
UPDATE message SET state = 'lost' WHERE id = 3;
UPDATE message SET body = NULL WHERE id = 5;
DELETE FROM sent WHERE message_id = 6;
DELETE FROM consent WHERE subscriber_id = 1"
run jp-db check
ok 'broken promises are an answer' exits 1
ok 'told a line each' out_is <<'END'
posting 1: closed as missing, but only 1 complete listings lacked it
posting 2: closed without a reason
message 2: sent, but not when
message 6: sent, but its postings are not noted as sent
message 5: composed, but it has no text
message 3: has a state of its own
subscriber 1: active without a consent
message 4: sending, but its worker is gone; run jp-mail
END
ok 'without addresses' out_lacks '@'
run jp-db check -j
ok 'as JSON too' out_jq 'length == 8 and (map(keys) | unique == [["problem"]])'
run jp-db check -q
ok 'with -q the status tells' exits 1
ok 'alone' no_out
# ---- config ---------------------------------------------------------------------------------------

run jp-db config
ok 'config prints the keys' exits 0
ok 'with the value of the file' out_has '^site.name	Test	JobPing$'
ok 'with a default' out_has '^gc.visits	30d	30d$'
ok 'and no password' out_has '^mail.smtp.password	unset	'
run env JP_MAIL_SMTP_PASSWORD=hush JP_GC_VISITS=10d jp-db config
ok 'of a password only that it is set' out_has '^mail.smtp.password	set	'
ok 'L06 never itself' out_lacks hush
ok 'the environment counts' out_has '^gc.visits	10d	30d$'
run env JP_DATABASE=postgresql://jp:hush@db.example.org/jp jp-db config -j
ok 'the password of a database is hidden' out_lacks hush
ok 'its host is not' out_jq 'map(select(.key == "database"))[0].value
	== "postgresql://jp:***@db.example.org/jp"'

done_testing
