# jp-stats: the overview, what fails, what ran, and whether somebody must look.
. "${0%/*}/lib.sh"
need jq

export JP_CLOCK=2026-11-22T12:00:00Z
now=1795348800000
minute=60000
hour=3600000
day=86400000

# ---- nothing yet ---------------------------------------------------------------------------------

run jp-stats
ok 'without a database there is nothing to tell' exits 69
ok 'and it says what to do' err_has 'jp-db init'
ok 'and prints nothing' no_out

new_site </dev/null
run jp-stats
ok 'an empty site has an overview' exits 0
ok 'without a word on stderr' no_err
ok 'all counts are there' out_lines 34
ok 'and nothing is counted' out_lacks '	[1-9]'
run jp-stats health
ok 'a site without boards is well' exits 0
ok 'health has nothing to say' no_out
for verb in boards runs queries; do
	run jp-stats "$verb"
	ok "$verb of an empty site" exits 0
	ok "no error in $verb" no_err
done

# ---- a site that has seen something -------------------------------------------------------------------

sql "
INSERT INTO board (kind, token, next_at, failures, last_status, created_at, last_success_at, last_visit_at,
	disabled_at, disabled_reason) VALUES
	('greenhouse', 'acme', $now - $hour, 0, 'ok', 0, $now - $hour, $now - $hour, NULL, NULL),
	('lever', 'bravo', $now + $hour, 2, 'error', 0, NULL, $now - $minute, NULL, NULL),
	('ashby', 'gone', $now - $day, 5, 'gone', 0, NULL, $now - $day, $now - 2 * $day, 'the board is gone'),
	('feed', 'https://a.example/x?y', $now + $minute, 0, 'partial', 0, NULL, NULL, NULL, NULL);
INSERT INTO task (type, state, due, turn, priority, run_at, created_at, payload) VALUES
	('email', 'waiting', 0, 0, 0, $now - $hour, 0, '1'), ('match', 'waiting', 0, 0, 0, $now - $minute, 0, '1'),
	('match', 'done', $now - $hour, 0, 0, 0, 0, '1'), ('match', 'done', $now - 2 * $day, 0, 0, 0, 0, '1');
INSERT INTO visit (board_id, at, status, complete, reason, bytes, ms, n_postings, n_bad, n_new, n_changed,
	n_closed) VALUES
	(2, $now - $hour, 'error', 0, 'older', 0, 0, 0, 0, 0, 0, 0),
	(2, $now - $minute, 'error', 0, 'HTTP 503
in two lines', 0, 0, 0, 0, 0, 0, 0);
INSERT INTO posting (board_id, external_id, title, company, description, url, apply_url, first_seen,
	last_seen, closed_at, hash, hash_version, dedupe_key, match_due) VALUES
	(1, 'a', 'A', 'Acme', '', '', '', 0, 0, NULL, CAST('0' AS blob), 1, 1, 1),
	(1, 'b', 'B', 'Acme', '', '', '', 0, 0, NULL, CAST('0' AS blob), 1, 2, 0),
	(1, 'c', 'C', 'Acme', '', '', '', 0, 0, 5, CAST('0' AS blob), 1, 3, 0);
INSERT INTO posting_event (posting_id, kind, at) VALUES
	(1, 'new', $now - $hour), (2, 'new', $now - 2 * $hour), (3, 'new', $now - 2 * $day),
	(3, 'closed', $now - $day), (1, 'changed', $now - $minute);
INSERT INTO subscriber (email, email_key, timezone, frequency, hour, weekday, status, created_at, updated_at)
VALUES ('anna@example.org', 'anna@example.org', 'UTC', 'daily', 8, 1, 'active', 0, 0),
	('ben@example.org', 'ben@example.org', 'UTC', 'daily', 8, 1, 'paused', 0, 0),
	('cleo@example.org', 'cleo@example.org', 'UTC', 'daily', 8, 1, 'pending', 0, 0);
INSERT INTO search (subscriber_id, name, query, next_at, created_at, updated_at, paused_at, match_due) VALUES
	(1, 'rust', 'rust', $now + $hour, 0, 0, NULL, 0), (1, 'old', 'cobol', $now - $day, 0, 0, 1, 1),
	(2, 'go', 'go', $now - $day, 0, 0, NULL, 1);
INSERT INTO message (subscriber_id, message_id, state, subject, n_postings, composed_at, next_try_at) VALUES
	(1, 'a@x', 'sent', '', 1, $now - $hour, 0), (1, 'b@x', 'sent', '', 1, $now - 2 * $day, 0),
	(1, 'c@x', 'composed', '', 1, $now - $hour, $now + $hour);
INSERT INTO match (search_id, posting_id, score, reasons, matched_at, message_id) VALUES
	(1, 1, 50, '[]', 0, NULL), (1, 2, 50, '[]', 0, 1);
INSERT INTO run (program, worker, started_at, finished_at, exit_code, n_done, n_failed, note) VALUES
	('jp-scrape', 'h:1:a', $now - 2 * $hour, $now - 2 * $hour + 1500, 0, 3, 1, NULL),
	('jp-match', 'h:2:b', $now - $hour, $now - $hour + 20, 0, 7, 0, 'all	done'),
	('jp-mail', 'h:3:c', $now - 3 * $day, $now - 3 * $day, 0, 1, 0, NULL),
	('jp-mail', 'h:4:d', $now - 10 * $minute, $now - 9 * $minute, 0, 0, 0, NULL),
	('jp-scrape', 'h:5:e', $now - $minute, NULL, NULL, 0, 0, NULL);
DELETE FROM query_stat;
INSERT INTO query_stat (name, n, total_us, max_us, buckets) VALUES
	('quick', 100, 900, 40, '[0,0,0,50,45,0,5]'), ('slow', 2, 5000000, 4000000, '[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,0,1]');
"

run jp-stats
ok 'the overview' exits 0
ok 'counts what there is' out_is <<'END'
boards	total	4		
boards	disabled	1		
boards	failing	1		
boards	due	1		
postings	open	2		
postings	unmatched	1		
postings-24h	new	2		
postings-24h	changed	1		
postings-24h	closed	1		
postings-24h	reopened	0		
postings-24h	expired	0		
subscribers	active	1		
subscribers	pending	1		
subscribers	paused	1		
subscribers	unsubscribed	0		
subscribers	bounced	0		
searches	active	2		
searches	paused	1		
searches	unmatched	1		
matches	waiting	1		
messages	composed	1		
messages	sending	0		
messages	held	0		
messages-24h	sent	1		
messages-24h	failed	0		
tasks	waiting	2		
tasks	delayed	0		
tasks	running	0		
tasks	dead	0		
tasks	buried	0		
tasks	due	2	2026-11-22T11:00:00Z	email
tasks-24h	done	1		
tasks-24h	dead	0		
next	board		2026-11-22T11:00:00Z	greenhouse:acme
next	digest		2026-11-22T13:00:00Z	
last-run	jp-mail	0	2026-11-22T11:50:00Z	10 minutes ago, well, 0 done, 0 failed
last-run	jp-match	0	2026-11-22T11:00:00Z	1 hour ago, well, 7 done, 0 failed
last-run	jp-scrape		2026-11-22T11:59:00Z	1 minute ago, not ended, 0 done, 0 failed
runs-24h	unfinished	1	2026-11-22T11:59:00Z	jp-scrape
END
ok 'and says nothing else' no_err
ok 'G05 no address is in it' out_lacks '@'

run jp-stats -j
ok 'L04 the same as JSON Lines' out_jq 'length == 39 and all(keys == ["area", "at", "detail", "name", "value"])'
ok 'numbers are numbers, what is unknown is null' out_jq '.[0] == {area: "boards", name: "total", value: 4, at: null, detail: null}'

run jp-stats boards
ok 'boards that fail' exits 0
ok 'the worst first, the disabled last, with the reason of the last visit' out_is <<'END'
2	lever:bravo	error	2		2026-11-22T11:59:00Z	2026-11-22T13:00:00Z		HTTP 503\nin two lines
4	feed:https://a.example/x?y	partial	0			2026-11-22T12:01:00Z		
3	ashby:gone	gone	5		2026-11-21T12:00:00Z	2026-11-21T12:00:00Z	2026-11-20T12:00:00Z	the board is gone
END
run jp-stats boards -a -j
ok 'with -a the others too' out_jq 'map(.board) | sort == ["ashby:gone", "feed:https://a.example/x?y", "greenhouse:acme", "lever:bravo"]'
run jp-stats boards --limit 1
ok 'at most so many' out_lines 1

run jp-stats runs
ok 'runs, the last one first' out_is <<'END'
5	jp-scrape	h:5:e	2026-11-22T11:59:00Z				0	0	
4	jp-mail	h:4:d	2026-11-22T11:50:00Z	2026-11-22T11:51:00Z	60000	0	0	0	
2	jp-match	h:2:b	2026-11-22T11:00:00Z	2026-11-22T11:00:00.020Z	20	0	7	0	all\tdone
1	jp-scrape	h:1:a	2026-11-22T10:00:00Z	2026-11-22T10:00:01.500Z	1500	0	3	1	
3	jp-mail	h:3:c	2026-11-19T12:00:00Z	2026-11-19T12:00:00Z	0	0	1	0	
END
run jp-stats runs jp-mail -s 1d
ok 'of one program, within a day' out_lines 1
run jp-stats runs -l 2
ok 'the last two' out_lines 2
run jp-stats runs jp-nothing
ok 'a program that never ran has no runs' no_out
ok 'which is no failure' exits 0

run jp-stats queries
ok 'statements, what took most first' out_is <<'END'
slow	2	1048576	4000000	4000000	4000000	5000000
quick	100	8	16	40	40	900
END

# ---- health ---------------------------------------------------------------------------------------

run jp-stats health
ok 'one failed board, one run going on: all is well' exits 0
ok 'and nothing is said' no_out

# unwell WORD SQL: makes it so, and health says that word alone.
unwell()
{
	t_well=$JP_DATABASE
	JP_DATABASE=$(copy_database "$JP_DATABASE" unwell)
	sql_of "$JP_DATABASE" "$2"
	run jp-stats health
	ok "$1: is unwell" exits 1
	ok "$1: that is the only problem" out_lines 1
	ok "$1: and it has its word" out_has "^$1	"
	ok "$1: nothing on stderr" no_err
	drop_database "$JP_DATABASE"
	JP_DATABASE=$t_well
}

export JP_DATABASE="$T_DB"
unwell boards "UPDATE board SET failures = 3, failing_since = $now - $day WHERE id = 2;
	INSERT INTO alert (board_id, opened_at) VALUES (2, $now)"
unwell crowded "INSERT INTO host (key, interval_ms, at_once, per_hour, per_day, seen_at)
	VALUES ('crowd.example', 2000, 1, 1, 1, 0);
	UPDATE board SET host = 'crowd.example', requests_avg = 9 WHERE id = 2"
unwell dead-tasks "INSERT INTO task (type, state, due, priority, run_at, created_at, payload)
	VALUES ('email', 'dead', $now - $hour, 0, 0, 0, '1'), ('email', 'dead', $now - 2 * $day, 0, 0, 0, '1')"
unwell disabled "UPDATE board SET disabled_at = $now - $hour WHERE id = 3"
unwell failing "UPDATE run SET exit_code = 75 WHERE program = 'jp-match'"
unwell held "UPDATE message SET state = 'held' WHERE id = 1"
unwell late-boards "UPDATE board SET next_at = $now - 4 * $hour WHERE id = 1"
unwell late-digests "UPDATE search SET next_at = $now - 4 * $hour WHERE id = 1"
unwell late-mail "UPDATE message SET next_try_at = $now - 4 * $hour WHERE id = 3"
unwell late-tasks "INSERT INTO task (type, state, due, turn, priority, run_at, created_at, payload)
	VALUES ('email', 'waiting', 0, 0, 0, $now - 4 * $hour, 0, '1'),
	('quiet', 'waiting', 0, 0, 0, $now - 9 * $hour, 0, '1'), ('new', 'waiting', 0, 0, 0, $now, 0, '1');
	INSERT INTO task_type (type, paused_at) VALUES ('quiet', 1)"
unwell silent "DELETE FROM run WHERE program = 'jp-match'"
unwell silent "UPDATE run SET started_at = $now - 5 * $hour WHERE program = 'jp-mail'"
unwell undelivered "UPDATE message SET state = 'failed' WHERE id = 1"
unwell unfinished "UPDATE run SET started_at = $now - 5 * $hour, finished_at = NULL, exit_code = NULL WHERE id = 3"

run jp-stats health -a 30m
ok 'a shorter span finds more' exits 1
ok 'of the board and the runs' out_has '^late-boards	1	2026-11-22T11:00:00Z	1 board has not been visited when due, for up to 1 hour;'
run jp-stats health -q -a 30m
ok 'with -q the exit status tells' exits 1
ok 'alone' no_out
run jp-stats health -j -a 30m
ok 'as JSON' out_jq 'length > 0 and all(keys == ["count", "problem", "since", "what"])'

# ---- manners ----------------------------------------------------------------------------------------

run jp-stats nonsense
ok 'L02 an unknown verb is a usage error' exits 64
run jp-stats runs a b
ok 'so is an operand too many' exits 64
run jp-stats boards -l 0
ok 'and a limit of nothing' exits 64
run jp-stats -q
ok '-q prints nothing' no_out
ok 'and is well' exits 0
run ldd "$BUILD/bin/jp-stats"
ok 'links no libcurl, libxml2 or GMime' out_lacks 'curl|xml2|gmime'

dump >before
run jp-stats
dump >after
ok 'it only reads' cmp before after

done_testing
