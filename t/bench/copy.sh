#!/bin/sh
# jp-db reindex and jp-db copy on 100,000 postings: from SQLite to PostgreSQL and back, and whether the
# dumps are the same.  Usage:
#
#	copy.sh SCRAPED.db FOLDER
#
# SCRAPED.db is what the bench of scraping leaves; its postings are multiplied, each with another
# title.  One figure a line: name, value, unit.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
scraped=$1 folder=$2
n=${N:-100000}
export JP_CONFIG="$folder/copy.yaml"
db=$folder/many.db

tell() { printf 'copy %s\t%s\t%s\n' "$1" "$2" "$3"; }
now() { date +%s%N | sed 's/......$//'; }
# timed COMMAND...: sets ms.
timed() {
	began=$(now)
	"$@"
	ms=$(($(now) - began))
}
per_second() { echo $(($1 * 1000 / (ms + 1))); }
dump() {
	sqlite3 "$1" .dump | sed -e '/posting_text/d; /^INSERT INTO text_index/d; /sqlite_stat/d' \
		-e '/^ANALYZE/d; /^PRAGMA writable_schema/d; /sqlite_sequence/d'
	sqlite3 "$1" 'SELECT * FROM sqlite_sequence ORDER BY name'
}

rm -f "$folder"/many.db* "$folder"/back.db*
echo "database: $db" >"$JP_CONFIG"
cp "$scraped" "$db"
times=$((n / $(sqlite3 "$db" 'SELECT count(*) FROM posting') + 1))
sqlite3 "$db" "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN;
UPDATE text_index SET version = 0;
CREATE TEMP TABLE p AS SELECT * FROM posting;
CREATE TEMP TABLE k (k INTEGER, n INTEGER);
INSERT INTO k SELECT value, value * (SELECT max(id) FROM posting) FROM generate_series(1, $times - 1);
INSERT INTO posting_event (posting_id, kind, at) SELECT posting_id + k.n, kind, at FROM posting_event, k;
INSERT INTO location SELECT posting_id + k.n, l.n, text, city, region, country FROM location l, k;
INSERT INTO posting_skill SELECT posting_id + k.n, skill FROM posting_skill, k;
UPDATE p SET external_id = 'x' || external_id;
INSERT INTO posting SELECT p.id + k.n, board_id, external_id || '-' || k, requisition, title || ' ' || k, company,
	description, url, apply_url, employment_type, level, remote, department, salary_min, salary_max,
	salary_currency, salary_period, language, posted_at, posted_flags, updated_at, valid_through, first_seen,
	last_seen, missed, closed_at, close_reason, hash, hash_version, dedupe_key + k, group_id, revision, match_due
	FROM k, p;
COMMIT;"
n=$(sqlite3 "$db" 'SELECT count(*) FROM posting')
rows=$(sqlite3 "$db" 'SELECT (SELECT count(*) FROM posting) + (SELECT count(*) FROM posting_event) +
	(SELECT count(*) FROM location) + (SELECT count(*) FROM posting_skill)')
tell postings "$n" postings
tell rows "$rows" rows
timed jp-db reindex
tell reindex "$(per_second "$n")" postings/s
tell 'index size' "$(($(sqlite3 "$db" 'SELECT sum(length(block)) FROM posting_text_data') / n))" B/posting

server="python3 $top/t/servers/postgres.py --set shared_buffers=256MB --set max_wal_size=4GB"
if ! $server true 2>/dev/null; then
	echo '# skipped: copy (no PostgreSQL server)'
	exit 0
fi
cat >"$folder/copy-pg.sh" <<'END'
url=$(echo "$JP_TEST_POSTGRES" | sed 's|\(://[^:]*\):[^@]*@|\1@|')
PGPASSWORD=$(echo "$JP_TEST_POSTGRES" | sed 's|^[^:]*://[^:]*:\([^@]*\)@.*|\1|')
export PGPASSWORD
"$JP_TEST_PSQL" -X -q -d "$JP_TEST_POSTGRES" -c 'CREATE DATABASE many'
began=$(date +%s%N)
jp-db copy -q "$1" "${url%/*}/many" || exit
middle=$(date +%s%N)
jp-db copy -q "${url%/*}/many" "$2" || exit
end=$(date +%s%N)
echo $(((middle - began) / 1000000)) $(((end - middle) / 1000000))
END
# shellcheck disable=SC2086,SC2046 # words
set -- $($server sh "$folder/copy-pg.sh" "$db" "$folder/back.db")
ms=$1
tell 'to PostgreSQL, verified and indexed' "$(per_second "$n")" postings/s
ms=$2
tell 'to SQLite, verified and indexed' "$(per_second "$n")" postings/s
dump "$db" | sha256sum >"$folder/there.sum"
dump "$folder/back.db" | sha256sum >"$folder/back.sum"
cmp "$folder/there.sum" "$folder/back.sum"
tell 'the dump is the same' 1 yes
