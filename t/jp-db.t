#!/bin/sh
# jp-db: init, migrate, check, backup, gc and config.
. "${0%/*}/lib.sh"
need sqlite3 jq

mode() { stat -c %a "$1"; }

# ---- init -----------------------------------------------------------------------------------------

export JP_CONFIG="$T_WORK/jobping.yaml"
echo 'database: site/data/jobping.db' >"$JP_CONFIG"
for verb in migrate check 'backup x.db' gc; do
	# shellcheck disable=SC2086 # a verb and its operand
	run jp-db $verb
	ok "without a database $verb is unavailable" exits 69
	ok "and says what to do ($verb)" err_has 'there is no database; run jp-db init$'
done
ok 'and makes none' same "$(echo *.db site*)" '*.db site*'

umask 000
run jp-db init
umask 077
ok 'init makes a site' exits 0
ok 'quietly on stdout' no_out
ok 'and on stderr' no_err
ok 'in a folder for its owner' same "$(mode site/data)" 700
ok 'L08 the database is for its owner, whatever the umask' same "$(mode site/data/jobping.db)" 600
ok 'the key file too' same "$(mode site/data/jobping.key)" 600
cp site/data/jobping.key key
run jp-db init
ok 'init again is fine' exits 0
ok 'and says nothing' no_err
ok 'and keeps the key' cmp key site/data/jobping.key
rm site/data/jobping.key
run jp-db init -v
ok 'a missing key is made' test -s site/data/jobping.key
run jp-db check
ok 'a new database is in order' exits 0
ok 'with nothing to say' no_out
run jp-db check -v
ok 'with -v the version is told' err_has 'schema [0-9]+$'

echo 'database: text.db' >"$JP_CONFIG"
yes 'This is a letter.' | head -n 1000 >text.db
run jp-db init
ok 'a file that is no database is bad data' exits 65
ok 'and is named' err_has 'text.db'
ok 'and is left alone' same "$(head -n 1 text.db)" 'This is a letter.'
sqlite3 other.db 'CREATE TABLE recipe (id INTEGER)'
run env JP_DATABASE="$T_WORK/other.db" jp-db init
ok 'a database of another program is bad data' exits 65
ok 'and is left alone, too' same "$(sqlite3 other.db 'PRAGMA application_id')" 0
run env JP_DATABASE=postgresql://jp:hush@db.example.org/jp jp-db init
ok 'PostgreSQL is a matter of another build' exits 78
ok 'and its password is not told' err_lacks hush
run jp-db initialise
ok 'L02 an unknown verb is a usage error' exits 64
run jp-db backup
ok 'a backup needs a file' exits 64

new_site <<'END'
site:
  name: Test
END

version=$(sql 'PRAGMA user_version')
sqlite3 -batch jobping.db 'PRAGMA user_version = 999' >/dev/null
for verb in init migrate check gc; do
	run jp-db $verb
	ok "Q02 $verb leaves a newer database alone" exits 78
	ok "and says so ($verb)" err_has 'schema 999, this program knows only'
done
sqlite3 -batch jobping.db "PRAGMA user_version = $version" >/dev/null

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
		'https://a.example/$1', 1, 1, x'00', 1, $1, $1, $2, $3, $4);
	INSERT INTO posting_event (posting_id, kind, at) VALUES ($1, 'new', $now);
	INSERT INTO location (posting_id, n, text) VALUES ($1, 0, 'Ghent');"
}

# message ID STATE DAYS_AGO SENT_AT: with a match of posting 1 (search ID) and its group noted.
message()
{
	sql "PRAGMA foreign_keys=ON;
	INSERT INTO message (id, subscriber_id, message_id, state, subject, body, n_postings,
		composed_at, next_try_at, sent_at) VALUES ($1, 1, '$1@jobs.example', '$2', 's', x'4142', 1,
		$(before "$3"), 0, $4);
	INSERT INTO search (id, subscriber_id, name, query, next_at, created_at, updated_at)
		VALUES ($1, 1, 's$1', '', 0, 0, 0);
	INSERT INTO match (id, search_id, posting_id, score, reasons, matched_at, message_id)
		VALUES ($1, $1, 1, 50, '[]', 0, $1);
	INSERT INTO sent (subscriber_id, group_id, posting_id, message_id, at) VALUES (1, $1, 1, $1, 0);"
}

sql "INSERT INTO board (id, kind, token, next_at, created_at) VALUES (1, 'feed', 'a', 0, 0);
INSERT INTO visit (board_id, at, status, complete, bytes, ms, n_postings, n_bad, n_new, n_changed,
	n_closed) SELECT 1, $now - value * $day, 'ok', 1, 0, 0, 0, 0, 0, 0, 0
	FROM generate_series(20, 40);
INSERT INTO run (program, worker, started_at) SELECT 'jp-x', 'w', $now - value * $day
	FROM generate_series(81, 100);
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

cat >expected <<'END'
visits	10	30d
runs	10	90d
events	1	365d
postings	2	365d
bodies	3	30d
messages	1	365d
pending	1	30d
unsubscribed	2	4w
END
dump() { sql .dump | grep -v query_stat | sort | cksum; }
was=$(dump)
run jp-db gc -n
ok 'gc -n tells what would go' out_is <expected
ok 'L07 and changes nothing' same "$(dump)" "$was"
run jp-db gc
ok 'G04 gc removes what is old' exits 0
ok 'and tells how much' out_is <expected
ok 'quietly else' no_err
ok 'what is younger stays' same "$(sql 'SELECT (SELECT count(*) FROM visit),
	(SELECT count(*) FROM posting), (SELECT count(*) FROM message),
	(SELECT group_concat(id) FROM subscriber)')" '11|2|5|1,3,4,5'
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

sql "INSERT INTO visit (board_id, at, status, complete, reason, bytes, ms, n_postings, n_bad, n_new,
	n_changed, n_closed) SELECT 1, 0, 'ok', 1, printf('%.200c', 'r'), 0, 0, 0, 0, 0, 0, 0
	FROM generate_series(1, 2500)"
size=$(stat -c %s jobping.db)
run jp-db gc
ok 'more than one portion goes in one run' out_has '^visits	2500	'
ok 'and the file is smaller afterwards' test "$(stat -c %s jobping.db)" -lt $((size - 400000))
ok 'G03 what was removed is not left in the file' same \
	"$(cat jobping.db* | grep -a -c rrrrrrrrrrrrrrrrrrrr)" 0
ok 'nor a log beside it' same "$(stat -c %s jobping.db-wal 2>/dev/null || echo 0)" 0

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
sql 'INSERT INTO location (posting_id, n, text) VALUES (12345, 0, "nowhere")'
run jp-db check
ok 'a row that refers to nothing is damage' exits 1
ok 'and is told alone' out_is <<'END'
location 0: refers to a posting that is not there
END

# ---- backup ---------------------------------------------------------------------------------------

run jp-db backup copy.db
ok 'backup copies the database' exits 0
ok 'silently' no_out
ok 'into a file for its owner' same "$(mode copy.db)" 600
ok 'and nothing else' same "$(echo copy.db*)" copy.db
ok 'whole' same "$(sqlite3 copy.db .dump | cksum)" "$(sql .dump | cksum)"
ok 'in which another program finds a database of ours' same \
	"$(sqlite3 copy.db 'PRAGMA application_id')" 1246785127
rm -f copy.db-*
was=$(cksum <copy.db)
run jp-db backup copy.db
ok 'L07 an old copy is not replaced unasked' exits 64
ok 'and is left alone' same "$(cksum <copy.db)" "$was"
sql 'DELETE FROM location WHERE posting_id = 12345'
run jp-db backup --yes copy.db
ok 'with --yes it is' exits 0
run env JP_DATABASE="$T_WORK/copy.db" jp-db check
ok 'and a site can live on it' err_lacks .
for target in jobping.db ./jobping.db jobping.db-wal; do
	run jp-db backup --yes "$target"
	ok "$target is no place for a backup" exits 64
	ok "and says why ($target)" err_has 'is the database itself'
done
ln jobping.db alias.db
run jp-db backup --yes alias.db
ok 'nor is another name of it' exits 64
rm alias.db
run jp-db backup no/such.db
ok 'a missing folder is unavailable' exits 69
ok 'and named' err_has 'no/such.db'

# ---- a full disk ----------------------------------------------------------------------------------

# short BLOCKS COMMAND...: no file may grow beyond so many blocks of 512 bytes.
short()
{
	blocks=$1
	shift
	run sh -c "trap '' XFSZ; ulimit -f $blocks; exec \"\$@\"" sh "$@"
}
short 200 jp-db backup full.db
ok 'a backup that does not fit is for later' exits 75
ok 'and says that there is none' err_has 'no backup made'
ok 'and leaves nothing' same "$(echo full*)" 'full*'
short 200 env JP_DATABASE="$T_WORK/small.db" jp-db init
ok 'a database that does not fit is for later' exits 75
run env JP_DATABASE="$T_WORK/small.db" jp-db init
ok 'and is made once there is room' exits 0
run env JP_DATABASE="$T_WORK/small.db" jp-db check
ok 'wholly' exits 0

if unshare -m sh -c 'mount -t tmpfs none tmp' 2>/dev/null; then
	cat >on-tmpfs <<'END'
mount -t tmpfs -o size=1m none tmp || exit 1
export JP_DATABASE="$PWD/tmp/jobping.db"
dd if=/dev/zero of=tmp/filler bs=1k count=$((1024 - $1)) 2>/dev/null
jp-db init
echo $?
rm tmp/filler
jp-db init && jp-db check
echo $?
END
	for room in 8 64 200; do
		run unshare -m sh on-tmpfs $room
		ok "on a full disk with $room KiB left init is for later, then done" out_is <<'END'
75
0
END
		ok "with one message ($room)" err_lines 1
	done
	ok 'that says what to do' err_has 'the disk is full; nothing was changed, make room'
else
	skip 'on a full disk init is for later, then done' 'mounting is not permitted'
fi

# ---- faults ---------------------------------------------------------------------------------------

# Every call of the driver fails once; whatever was done, the database is sound and init ends well.
n=0
T_STATUS=75
while [ "$T_STATUS" = 75 ] && [ "$n" -lt 500 ]; do
	n=$((n + 1))
	rm -f fault.db*
	run env JP_TEST_DB_FAIL=$n JP_DATABASE="$T_WORK/fault.db" jp-db init
	[ "$T_STATUS" = 75 ] && [ "$(wc -l <"$T_ERR")" != 1 ] && break
done
ok "init fails $((n - 1)) times with one line and then succeeds" exits 0
n=0
bad=
T_STATUS=75
while [ "$T_STATUS" = 75 ] && [ "$n" -lt 500 ]; do
	n=$((n + 1))
	cp copy.db fault.db
	run env JP_TEST_DB_FAIL=$n JP_DATABASE="$T_WORK/fault.db" jp-db gc -q
	[ "$(sqlite3 fault.db 'PRAGMA integrity_check')" = ok ] || bad="$bad $n"
	rm -f fault.db*
done
ok "gc fails $((n - 1)) times and then succeeds" exits 0
ok 'more than a few times' test "$n" -gt 20
ok 'and never leaves damage' same "$bad" ''

# ---- damage ---------------------------------------------------------------------------------------

cp copy.db torn.db
dd if=/dev/zero of=torn.db bs=4096 seek=20 count=12 conv=notrunc 2>/dev/null
run env JP_DATABASE="$T_WORK/torn.db" jp-db check
ok 'a damaged file is found' test "$T_STATUS" = 1 -o "$T_STATUS" = 70
ok 'and told' test -s "$T_OUT" -o -s "$T_ERR"
head -c 30000 copy.db >cut.db
run env JP_DATABASE="$T_WORK/cut.db" jp-db check
ok 'a file that was cut is found' test "$T_STATUS" = 1 -o "$T_STATUS" = 65 -o "$T_STATUS" = 70

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
