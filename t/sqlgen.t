#!/bin/sh
# The generator of sql/: what it makes, and what it refuses, always with the file and the line.
. "${0%/*}/lib.sh"

mkdir gen

# made FILE...: runs the generator.
made()
{
	run "$BUILD/sqlgen" -o gen "$@"
}

# refuses SENTENCE FILE:LINE-AND-TEXT: the statements on stdin are refused with that, and nothing is
# written.
refuses()
{
	cat >a.sql
	rm -f gen/*
	made a.sql
	ok "refused: $1" exits 1
	ok "$1: says where and what" err_has "^$2"
	ok "$1: in one line" err_lines 1
	ok "$1: writes nothing" same "$(ls gen)" ''
}

# ---- what it makes --------------------------------------------------------------------------------

cat >001-first.sql <<'END'
-- The "first" \ one.
CREATE TABLE thing (id INTEGER PRIMARY KEY);
END
cat >001-first@postgres.sql <<'END'
CREATE TABLE thing (id BIGINT);
END
echo 'ALTER TABLE thing ADD x TEXT;' >002-second.sql
cat >thing.sql <<'END'
-- Things, and what is done to them.

-- Finds things: "all" of them.
-- It has two sentences.
-- name: thing_find
-- args: min:int
-- args: kind:text? remote:text?
-- cols: id:int price:real? tags:list
SELECT t.id, t.price, t.tags -- a comment; with :colons
FROM thing t /* :another; */
WHERE t.size > :min AND t.note <> 'it''s :not; "this"' AND t."od:d" = t.x::int
	/*? AND t.kind = :kind ?*/
	/*? AND t.remote = :remote AND t.size < :min ?*/;

-- Counts things.
-- name: thing_count
-- cols: n:int
-- scan: there are three of them
SELECT count(*) AS n FROM thing;

-- Removes a thing.
-- name: thing_remove
-- args: id:int
DELETE FROM thing WHERE id = :id;
-- name: thing_remove @postgres
DELETE FROM ONLY thing WHERE :id = id;
END
made 002-second.sql thing.sql 001-first.sql 001-first@postgres.sql
ok 'statements and migrations are made into C' exits 0
ok 'says nothing' no_err
ok 'a statement becomes a constant' file_has gen/sql.h 'JP_SQL_THING_FIND,'
ok 'the last constant is their number' file_has gen/sql.h 'JP_SQL_N$'
ok 'a column becomes a constant with its place' file_has gen/sql.h 'JP_COL_THING_FIND_TAGS = 2,'
ok 'arguments keep type and whether they may be null' file_has gen/sql.c \
	'thing_find_args.. = .."min", JP_TYPE_INT, 0., ."kind", JP_TYPE_TEXT, 1.'
ok 'columns too' file_has gen/sql.c '"price", JP_TYPE_REAL, 1., ."tags", JP_TYPE_LIST, 0.'
ok 'a reason to scan is kept' file_has gen/sql.c 'scan = "there are three of them"'
ok 'comments are left out of the text' file_lacks gen/sql.c 'colons|another'
ok 'strings, quoted names and casts are left alone' file_has gen/sql.c \
	"> \\?1 AND t.note <> 'it''s :not; .\"this.\"' AND t..\"od:d.\" = t.x::int"
ok 'PostgreSQL gets its placeholders' file_has gen/sql.c '> \$1 AND t.note'
ok 'arguments keep their numbers where a block is left out' file_has gen/sql.c \
	'AND t.remote = \?3 AND t.size < \?1'
ok 'a block knows its arguments' file_has gen/sql.c '.thing_find_sqlite, 2, .0x2, 0x5'
ok 'two blocks make four texts' same "$(sed -n '/thing_find_sqlite\[\]/,/};/p' gen/sql.c |
	grep -c 'SELECT t.id')" 4
ok 'DELETE writes' file_has gen/sql.c '"thing_remove", .file = "thing.sql", .is_write = 1'
ok 'SELECT does not' file_has gen/sql.c '"thing_count", .file = "thing.sql", .is_write = 0'
ok 'a variant is for its engine' file_has gen/sql.c 'DELETE FROM ONLY thing WHERE \$1 = id'
ok 'and only for it' file_has gen/sql.c 'DELETE FROM thing WHERE id = \?1'
ok 'migrations stand in the order of their numbers' same \
	"$(sed -n 's/^	{\([0-9]*\), "\(.*\)", {".*/\1 \2/p' gen/sql.c | tr '\n' ,)" '1 first,2 second,'
ok 'what needs an escape in C gets one' file_has gen/sql.c '"-- The ."first." .. one'
ok 'each engine has its migration' file_has gen/sql.c 'id BIGINT'

cat >main.c <<'END'
#include <stdio.h>
#include "db/statement.h"
int main(void)
{
	const jp_statement *s = &jp_statements[JP_SQL_THING_FIND];
	printf("%d %s %u %u %s\n", JP_SQL_N, s->name, s->n_args, s->n_cols, s->args[1].name);
	printf("%d\n", JP_COL_THING_COUNT_N);
	return 0;
}
END
# shellcheck disable=SC2046 # flags are words
run cc -std=gnu11 -Wall -Wextra -Werror -Igen -I"$T_TOP/lib" \
	$(pkg-config --cflags glib-2.0 libcjson) gen/sql.c main.c -o main
ok 'the C compiles without a warning' exits 0
run ./main
ok 'and holds what was written' out_is <<'END'
3 thing_find 3 3 kind
0
END

touch -d '2001-01-01' gen/sql.h gen/sql.c
made 002-second.sql thing.sql 001-first.sql 001-first@postgres.sql
ok 'a file that stays the same is not touched' same "$(find gen -type f -newermt 2002-01-01)" ''
sed 's/t.size > :min/t.size >= :min/' thing.sql >changed && mv changed thing.sql
made 002-second.sql thing.sql 001-first.sql 001-first@postgres.sql
ok "a change inside a statement touches the table alone" same \
	"$(find gen -type f -newermt 2002-01-01)" gen/sql.c

# ---- headers --------------------------------------------------------------------------------------

refuses 'SQL without a name' 'a.sql:2: SQL without a name' <<'END'
-- A sentence.
SELECT 1;
END
refuses 'no sentence' 'a.sql:1: x: no sentence' <<'END'
-- name: x
-- cols: a:int
SELECT 1 AS a;
END
refuses 'a name twice' 'a.sql:7: x: is already in a.sql:2' <<'END'
-- One.
-- name: x
-- cols: a:int
SELECT 1 AS a;

-- Two.
-- name: x
-- cols: a:int
SELECT 2 AS a;
END
refuses 'two names above one statement' 'a.sql:3: a second name' <<'END'
-- One.
-- name: x
-- name: y
DELETE FROM t;
END
refuses 'a name in capitals' 'a.sql:2: a name is 1 to 63' <<'END'
-- One.
-- name: Xy
DELETE FROM t;
END
refuses 'a name with the wrong engine' 'a.sql:2: after the name stands "@mysql"' <<'END'
-- One.
-- name: x @mysql
DELETE FROM t;
END
refuses 'the name of the number of statements' 'a.sql:2: "n" is taken' <<'END'
-- One.
-- name: n
DELETE FROM t;
END
refuses 'a misspelt header' 'a.sql:3: "arg:" is not name: args:' <<'END'
-- One.
-- name: x
-- arg: id:int
DELETE FROM t WHERE id = :id;
END
refuses 'a blank line below the header' 'a.sql:3: x: the statement does not follow' <<'END'
-- One.
-- name: x

DELETE FROM t;
END
refuses 'a header without a statement' 'a.sql:2: x: has no statement' <<'END'
-- One.
-- name: x
END
refuses 'what only a key can be' 'a.sql:3: gives: says "name", not id' <<'END'
-- A sentence.
-- name: x
-- gives: name
INSERT INTO t (a) VALUES (1);
END
for text in 'UPDATE t SET a = 1' 'INSERT INTO t (a) VALUES (1) RETURNING id'; do
	refuses "an id of: $text" 'a.sql:4: x: gives: id is for an INSERT without RETURNING' <<END
-- A sentence.
-- name: x
-- gives: id
$text;
END
done
refuses 'many of something else' 'a.sql:3: many: says "ids", not rows' <<'END'
-- A sentence.
-- name: x
-- many: ids
INSERT INTO t (a) VALUES (1);
END
for text in 'DELETE FROM t WHERE a = :a' 'INSERT INTO t (a) SELECT :a' 'INSERT INTO t (a) VALUES (1)' \
	'INSERT INTO t (a) VALUES (:a) ON CONFLICT DO NOTHING' 'INSERT INTO t (a) VALUES (1, :a)'; do
	args='-- args: a:int'
	[ "$text" != 'INSERT INTO t (a) VALUES (1)' ] || args='-- Two.'
	refuses "many of: $text" 'a.sql:4: x: many: is for INSERT INTO ... VALUES' <<END
-- A sentence.
$args
-- many: rows
-- name: x
$text;
END
done
refuses 'a scan without a reason' 'a.sql:3: scan: says no reason' <<'END'
-- One.
-- name: x
-- scan:
DELETE FROM t;
END
refuses 'no semicolon before the end' 'a.sql:2: x: has no semicolon' <<'END'
-- One.
-- name: x
DELETE FROM t
END
refuses 'no semicolon before the next header' 'a.sql:2: x: has no semicolon' <<'END'
-- One.
-- name: x
DELETE FROM t

-- Two.
-- name: y
DELETE FROM u;
END
refuses 'two statements under one name' 'a.sql:3: x: text after the semicolon' <<'END'
-- One.
-- name: x
DELETE FROM t; DELETE FROM u;
END

# ---- arguments and columns ------------------------------------------------------------------------

refuses 'an unknown argument' 'a.sql:5: x: ":nme" is not among its args' <<'END'
-- One.
-- name: x
-- args: name:text
DELETE FROM t
WHERE name = :nme;
END
refuses 'an argument that is not used' 'a.sql:2: x: argument "b" is not used' <<'END'
-- One.
-- name: x
-- args: a:int b:int
DELETE FROM t WHERE a = :a;
END
refuses 'an argument twice' 'a.sql:3: argument "a" is there twice' <<'END'
-- One.
-- name: x
-- args: a:int a:text
DELETE FROM t WHERE a = :a;
END
refuses 'an argument without a type' 'a.sql:3: argument "a" is not NAME:TYPE' <<'END'
-- One.
-- name: x
-- args: a
DELETE FROM t WHERE a = :a;
END
refuses 'an argument of an unknown type' 'a.sql:3: argument "a" has the type "integer"' <<'END'
-- One.
-- name: x
-- args: a:integer
DELETE FROM t WHERE a = :a;
END
refuses 'a column of no type' 'a.sql:3: column "a" has the type ""' <<'END'
-- One.
-- name: x
-- cols: a:?
SELECT a FROM t;
END
refuses 'a column twice' 'a.sql:3: column "a" is there twice' <<'END'
-- One.
-- name: x
-- cols: a:int a:int
SELECT a, a FROM t;
END
refuses 'two columns with one constant' 'a.sql:7: a: column "b_c" has the same constant' <<'END'
-- One.
-- name: a_b
-- cols: c:int
SELECT 1 AS c;

-- Two.
-- name: a
-- cols: b_c:int
SELECT 1 AS b_c;
END
refuses 'a placeholder of the engine' 'a.sql:4: x: placeholders are written :name' <<'END'
-- One.
-- name: x
DELETE FROM t
WHERE id = ?;
END
refuses 'a numbered placeholder' 'a.sql:3: x: placeholders are written :name' <<'END'
-- One.
-- name: x
DELETE FROM t WHERE id = $1;
END

# ---- the statement --------------------------------------------------------------------------------

for all in 'SELECT *' 'SELECT t.*' 'SELECT DISTINCT *' 'SELECT a, *' 'SELECT a,
	t.*'; do
	refuses "$(echo "$all" | tr '\n\t' '  ')" 'a.sql:[45]: x: name the columns' <<END
-- One.
-- name: x
-- cols: a:int
$all FROM t;
END
done
refuses 'RETURNING *' 'a.sql:4: x: name the columns' <<'END'
-- One.
-- name: x
-- cols: a:int
DELETE FROM t RETURNING *;
END
for or in ':a IS NULL OR b = :a' 'b = :a OR :a IS NULL' '(:a is null) or b = :a' \
	'b = :a OR (:a IS NULL)'; do
	refuses "$or" 'a.sql:4: x: ":x IS NULL OR" scans' <<END
-- One.
-- name: x
-- args: a:int?
DELETE FROM t WHERE $or;
END
done
refuses 'a pragma' 'a.sql:3: x: begins with "PRAGMA"' <<'END'
-- One.
-- name: x
PRAGMA user_version;
END
refuses 'a string that is never closed' 'a.sql:3: a . is never closed' <<'END'
-- One.
-- name: x
DELETE FROM t WHERE a = 'it''s;
END
refuses 'a comment that is never closed' 'a.sql:3: a comment is never closed' <<'END'
-- One.
-- name: x
DELETE FROM t /* for now;
END

# ---- blocks and variants --------------------------------------------------------------------------

refuses 'an argument of blocks alone that may not be null' \
	'a.sql:5: x: a block without an argument that may be null' <<'END'
-- One.
-- name: x
-- args: a:int
DELETE FROM t
WHERE 1 /*? AND a = :a ?*/;
END
refuses 'an argument of a block, not to be null, that is not used elsewhere' \
	'a.sql:2: x: argument "b" is used only in blocks' <<'END'
-- One.
-- name: x
-- args: a:int? b:int
DELETE FROM t WHERE 1 /*? AND a = :a AND b = :b ?*/;
END
refuses 'a block without an argument' 'a.sql:3: x: a block without' <<'END'
-- One.
-- name: x
DELETE FROM t WHERE 1 /*? AND a = 1 ?*/;
END
refuses 'a block inside a block' 'a.sql:4: x: a block inside a block' <<'END'
-- One.
-- name: x
-- args: a:int? b:int?
DELETE FROM t WHERE 1 /*? AND a = :a /*? AND b = :b ?*/ ?*/;
END
refuses 'a block that is never closed' 'a.sql:4: x: /\*\? is never closed' <<'END'
-- One.
-- name: x
-- args: a:int?
DELETE FROM t WHERE 1 /*? AND a = :a;
END
refuses 'a block that is never opened' 'a.sql:4: x: \?\*/ without' <<'END'
-- One.
-- name: x
-- args: a:int
DELETE FROM t WHERE 1 AND a = :a ?*/;
END
refuses 'a sixth block' 'a.sql:4: x: more than 5 blocks' <<'END'
-- One.
-- name: x
-- args: a:int?
DELETE FROM t WHERE 1 /*? AND a=:a ?*/ /*? AND b=:a ?*/ /*? AND c=:a ?*/ /*? AND d=:a ?*/ /*? AND e=:a ?*/ /*? AND f=:a ?*/;
END
refuses 'a variant of nothing' 'a.sql:5: y: a variant of nothing' <<'END'
-- One.
-- name: x
DELETE FROM t;

-- name: y @postgres
DELETE FROM t;
END
refuses 'a variant with columns of its own' 'a.sql:6: x: a variant inherits' <<'END'
-- One.
-- name: x
-- cols: a:int
SELECT a FROM t;

-- name: x @postgres
-- cols: a:text
SELECT a FROM t;
END
refuses 'a variant with an unknown argument' 'a.sql:7: x: ":b" is not among' <<'END'
-- One.
-- name: x
-- args: a:int
DELETE FROM t WHERE a = :a;

-- name: x @postgres
DELETE FROM t WHERE a = :b;
END
refuses 'a variant that forgets an argument' 'a.sql:6: x: argument "a" is not used' <<'END'
-- One.
-- name: x
-- args: a:int
DELETE FROM t WHERE a = :a;

-- name: x @postgres
DELETE FROM t;
END
refuses 'a variant that writes where the statement reads' 'a.sql:6: x: one engine writes' <<'END'
-- One.
-- name: x
-- cols: a:int
SELECT a FROM t;

-- name: x @postgres
DELETE FROM t RETURNING a;
END

cat >a.sql <<'END'
-- One.
-- name: x
-- args: a:int
-- cols: b:int
SELECT b FROM t WHERE b = :a;

-- name: x @postgres
SELECT b FROM t WHERE b = :a FOR NO KEY UPDATE SKIP LOCKED;
END
made a.sql
ok 'a row that is held is not written' exits 0
ok 'which the table tells' file_has gen/sql.c 'name = "x",.*is_write = 0'

# ---- what PostgreSQL gets -------------------------------------------------------------------------

cat >001-types.sql <<'END'
-- A table of every kind, INTEGER and TEXT in a comment.
CREATE TABLE kind (
	id   INTEGER PRIMARY KEY AUTOINCREMENT,
	n    INTEGER NOT NULL DEFAULT 0,  -- a number
	text TEXT NOT NULL DEFAULT 'TEXT, STRICT',
	size REAL,
	body BLOB,
	UNIQUE (n, text)
) STRICT;
CREATE TABLE pair (
	a INTEGER REFERENCES kind (id),
	b TEXT,
	PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;
UPDATE kind SET n = 1, size = 2;
INSERT INTO pair (a, b) SELECT CAST(text AS INTEGER), CAST(n AS TEXT) FROM kind;
ALTER TABLE kind ADD COLUMN late TEXT;
END
cat >a.sql <<'END'
-- A row whose id is wanted.
-- name: put
-- gives: id
INSERT INTO t (a) VALUES (1);
-- A row, or many.
-- name: add
-- args: n:int name:text what:blob? x:real
-- many: rows
INSERT INTO t (a, b, c, d, e) VALUES (:name, :n, :n, :what, :x);
-- Whole numbers and texts.
-- name: pick
-- args: ids:list names:texts? at:int
-- cols: id:int
SELECT id FROM t WHERE id IN (SELECT value FROM json_each(:ids))
	/*? AND name IN (SELECT value FROM json_each(:names)) ?*/ AND at = :at;
END
made a.sql 001-types.sql
ok 'a migration is written once' exits 0
ok 'what adds a row adds many: from a table of their arguments' file_has gen/sql.c \
	'"INSERT INTO t .a, b, c, d, e. SELECT c1, c0, c0, c2, c3 FROM jp_rows"'
ok 'on PostgreSQL from a list, with their types' file_has gen/sql.c \
	'c3 FROM json_to_recordset.CAST..1 AS json.. AS r .c0 bigint, c1 text, c2 bytea, c3 double'
ok 'and what adds one knows that' file_has gen/sql.c '.many = &add_many,'
# The second text of the migration, and the texts of the statement.
sed -n '/jp_migrations/,$p' gen/sql.c | sed 's/^\t    "//; s/\\n"$//; s/\\"/"/g; s/\\t/ /g' >migrated
ok 'ids are identities' file_has migrated '^ id   BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,$'
ok 'whole numbers have eight bytes' file_has migrated '^ n    BIGINT NOT NULL DEFAULT 0,'
ok 'a column may be called text, and texts sort by bytes' \
	file_has migrated '^ text TEXT COLLATE "C" NOT NULL DEFAULT .TEXT, STRICT.,$'
ok 'reals are double' file_has migrated '^ size DOUBLE PRECISION,$'
ok 'blobs are bytea' file_has migrated '^ body BYTEA,$'
ok 'what only SQLite knows of a table goes' same "$(grep -c '^) *;$' migrated)" 2
ok 'commas of other statements stay' same "$(grep -c 'SET n = 1, size = 2;' migrated)" 2
ok 'a cast has no collation' file_has migrated 'CAST.text AS BIGINT., CAST.n AS TEXT. FROM'
ok 'a later column has one' file_has migrated 'ADD COLUMN late TEXT COLLATE "C";'
ok 'SQLite gets it as it stands' file_has migrated '^\) STRICT, WITHOUT ROWID;$'
ok 'PostgreSQL returns the id of a new row' file_has gen/sql.c 'VALUES .1. RETURNING id"'
ok 'and SQLite does not' file_has gen/sql.c 'VALUES .1."'
ok 'a list is of whole numbers' file_has gen/sql.c 'FROM jp_each_int\(\$1\)\)'
ok 'or of texts' file_has gen/sql.c 'FROM jp_each_text\(\$2\)\)'
ok 'SQLite reads both' file_has gen/sql.c 'FROM json_each\(\?1\)\)'
ok 'both are lists in C' file_has gen/sql.c '"names", JP_TYPE_LIST, 1'
for foreign in 'CREATE VIRTUAL TABLE t USING fts5 (a)' 'PRAGMA user_version=3' \
	'CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END' 'SELECT rowid FROM t' \
	"UPDATE t SET a = json_extract(b, '\$.c')"; do
	echo "$foreign;" >001-types.sql
	made a.sql 001-types.sql
	ok "refused without a file of its own: ${foreign%% t *}" exits 1
	ok 'says what to do' err_has '^001-types.sql:1: .*@postgres.sql beside this file$'
done
echo 'CREATE VIRTUAL TABLE t USING fts5 (a);' >001-types.sql
echo 'SELECT 1;' >001-types@postgres.sql
made a.sql 001-types.sql 001-types@postgres.sql
ok 'and taken with it' exits 0
echo 'SELECT 2;' >000-ours@postgres.sql
made a.sql 001-types.sql 001-types@postgres.sql 000-ours@postgres.sql
ok 'before the first migration comes what makes a database ours' exits 0
ok 'which is a text of its own' file_has gen/sql.c 'jp_postgres_base\[\] = "SELECT 2;'
mv 000-ours@postgres.sql 000-ours.sql
made a.sql 000-ours.sql
ok 'on PostgreSQL alone' exits 1
rm -f 000-ours.sql 001-types*

# ---- files ----------------------------------------------------------------------------------------

printf -- '-- One.\n-- name: x\nDELETE FROM t;\n' >a.sql
echo >003-third.sql
made a.sql 001-first.sql 003-third.sql
ok 'a gap between migrations is refused' exits 1
ok 'says which one is missing' err_has 'a migration 3 but no migration 2'
made a.sql 001-first@postgres.sql
ok 'a variant of no migration is refused' exits 1
ok 'names it' err_has '001-first@postgres.sql: a variant of no migration'
cp 001-first.sql 001-other.sql
made a.sql 001-first.sql 001-other.sql
ok 'two migrations with one number are refused' exits 1
ok 'names both' err_has '001-other.sql: migration 1 is already in 001-first.sql'
made 001-first.sql
ok 'no statement at all is refused' exits 1
made a.sql missing.sql
ok 'a missing file is refused' exits 1
ok 'names it' err_has 'missing.sql: No such file'
printf -- '-- One.\n-- name: x\nDELETE\000FROM t;\n' >nul.sql
made nul.sql
ok 'a NUL byte is refused' exits 1
run "$BUILD/sqlgen" a.sql
ok 'no folder is a usage error' exits 64
mkdir gen/sql.c.tmp
rm -f gen/sql.c
made a.sql
ok 'a file that cannot be written is an error' exits 1

done_testing
