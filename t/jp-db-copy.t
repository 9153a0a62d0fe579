#!/bin/sh
# jp-db copy: the demonstration's database to another engine and back again, with a dump by another
# program as the judge; killed on the way; what is refused.
. "${0%/*}/lib.sh"
need sqlite3 jq

# The demonstration in a folder of our own.
mkdir b
ln -s "$BUILD/bin" b/bin
BUILD=$T_WORK/b sh "$T_TOP/examples/demo/run" >demo.out 2>&1 || t_die 'no demonstration' demo.out
demo=$T_WORK/b/demo/jobping.db
sqlite3 -cmd "PRAGMA foreign_keys = ON" "$demo" "DELETE FROM search WHERE id = (SELECT max(id) FROM search)"

# Everything but what is derived: the index, the planner's statistics.  Ids that were given are sorted,
# for they have no order.
dump()
{
	sqlite3 "$1" .dump | sed -e '/posting_text/d; /^INSERT INTO text_index/d; /sqlite_stat/d' \
		-e '/^ANALYZE/d; /^PRAGMA writable_schema/d; /sqlite_sequence/d'
	sqlite3 "$1" 'SELECT * FROM sqlite_sequence ORDER BY name'
}
# The words that the index has of each posting.
index()
{
	sqlite3 "$1" "CREATE VIRTUAL TABLE temp.w USING fts5vocab(main, posting_text, instance);
		SELECT term, doc FROM temp.w ORDER BY 1, 2"
}
# A database on the engine under test; a server's password comes by the environment.
case $T_ENGINE in
sqlite) ;;
*)
	PGPASSWORD=$(echo "$JP_TEST_POSTGRES" | sed 's|^[^:]*://[^:]*:\([^@]*\)@.*|\1|')
	export PGPASSWORD
	;;
esac
no_password() { echo "$1" | sed 's|\(://[^:/]*\):[^@]*@|\1@|'; }
target()
{
	t_new=$(new_database "$1") || t_die 'no database'
	no_password "$t_new"
}
export JP_CONFIG="$T_WORK/b/demo/jobping.yaml"
dump "$demo" >demo.sql
index "$demo" >demo.index
ok 'the demonstration has something to copy' test "$(wc -l <demo.sql)" -gt 1500
ok 'and an index' test "$(wc -l <demo.index)" -gt 5000

# ---- there and back ---------------------------------------------------------------------------------

middle=$(target middle)
run jp-db copy "$demo" "$middle"
ok 'the demonstration is copied' exits 0
ok 'without a word on stderr' no_err
ok 'a line a table, with rows and digest' out_has '^posting	[0-9]*	[0-9a-f]{64}$'
ok 'every table' same "$(wc -l <"$T_OUT")" \
	"$(sqlite3 "$demo" "SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND schema = 'main'
		AND name NOT LIKE 'sqlite_%' AND name NOT IN ('text_index', 'copying')")"
cp "$T_OUT" there.tsv
run jp-db copy -j "$middle" back.db
ok 'and back' exits 0
jq -r '[.table, .rows, .sha256] | @tsv' "$T_OUT" >back.tsv
ok 'the digests are the same' cmp there.tsv back.tsv
dump back.db >back.sql
ok 'and so is the dump' cmp demo.sql back.sql
index back.db >back.index
ok 'and the index' cmp demo.index back.index
run env JP_DATABASE="$T_WORK/back.db" jp-db check
ok 'and nothing is wrong with it' exits 0
ok 'its mode is that of a database' same "$(stat -c %a back.db)" 600

JP_DATABASE=$middle
export JP_DATABASE
run jp-db check
ok 'nothing is wrong with the copy' exits 0
cp "$demo" work.db
run jp-board add -q greenhouse:one-more
ok 'programs work with it' exits 0
run env JP_DATABASE="$T_WORK/work.db" jp-board add -q greenhouse:one-more
sqlite3 work.db "SELECT id FROM board WHERE token = 'one-more'" >want
run jp-board list -j
ok 'and ids go on as they would have' same \
	"$(jq 'select(.token == "one-more" or .board == "greenhouse:one-more").id' "$T_OUT")" "$(cat want)"
unset JP_DATABASE

# ---- what is refused --------------------------------------------------------------------------------

run jp-db copy "$demo" "$middle"
ok 'a database in use is no target' exits 64
ok 'and is named' err_has 'is not empty; copy into a new database'
run jp-db copy "$demo" "$demo"
ok 'nor is the source itself' exits 64
ok 'which is said' err_is <<'END'
jp-db: both are the same database
END
run jp-db copy postgresql://jp:hush@db.example.org/jobping x.db
ok 'promise 7: a password in an argument is refused' exits 64
ok 'with a word about where it belongs' err_has 'pgpass'
ok 'and is not told' err_lacks hush
run jp-db copy 'postgresql://db.example.org/jobping?user=jp&password=hush' x.db
ok 'in whichever form' exits 64
ok 'of which none is told' err_lacks hush
run jp-db copy none.db x.db
ok 'a source that is not there' exits 69
ok 'makes no target' same "$(echo x.db*)" 'x.db*'
run jp-db copy "$demo"
ok 'there are two of them' exits 64

run jp-db copy -n "$demo" dry.db
ok '-n tells what would be copied' exits 0
ok 'table by table' same "$(cut -f 1,2 "$T_OUT" | sort)" "$(cut -f 1,2 there.tsv | sort)"
ok 'and makes nothing' same "$(echo dry.db*)" 'dry.db*'
run jp-db copy -n "$demo" "$middle"
ok 'but refuses what would be refused' exits 64

# ---- while others write -----------------------------------------------------------------------------

cp "$demo" busy.db
touch go
(while [ -e go ]; do
	sqlite3 -cmd '.timeout 5000' busy.db "UPDATE posting SET last_seen = last_seen + 1;
		INSERT INTO run (program, worker, started_at) VALUES ('x', 'y', 1)"
done) 2>writer.err &
writer=$!
run jp-db copy -q busy.db snapshot.db
rm go
wait "$writer"
ok 'others may write meanwhile' exits 0
run jp-db copy -q snapshot.db snapshot2.db
dump snapshot.db >a.sql
dump snapshot2.db >b.sql
ok 'one moment is copied' cmp a.sql b.sql
ok 'in which every update is whole' same "$(sqlite3 snapshot.db \
	'SELECT count(DISTINCT last_seen - (SELECT last_seen FROM old.posting o WHERE o.id = p.id)) FROM posting p' \
	-cmd "ATTACH '$demo' AS old")" 1

# ---- killed -----------------------------------------------------------------------------------------

preload=$BUILD/t/preload/fault.so
if [ -n "${JP_ASAN:-}" ] || [ ! -f "$preload" ] || ! on_sqlite; then
	skip 'killed at any write, it is finished by the next run' 'about files, and not with sanitizers'
	done_testing
	exit
fi
n=1 killed=0 unfinished=0 bad=
while [ "$n" -lt 20000 ]; do
	rm -f k.db*
	code=0
	JP_TEST_FAULT=torn:$n LD_PRELOAD=$preload jp-db copy -q "$demo" k.db >k.out 2>&1 || code=$?
	[ $code -ne 0 ] || break
	[ $code -eq 137 ] || bad="$bad $n: exit $code;"
	killed=$((killed + 1))
	if ! JP_DATABASE=$T_WORK/k.db jp-stats runs >k.out 2>&1; then
		unfinished=$((unfinished + 1))
	elif [ "$(sqlite3 k.db 'SELECT count(*) FROM board')" != 0 ]; then
		dump k.db | cmp -s - demo.sql || bad="$bad $n: taken for a database;"
	fi
	jp-db copy -q "$demo" k.db >k.out 2>&1 || {
		# It was whole already.
		grep -q 'is not empty' k.out || bad="$bad $n: not finished: $(cat k.out);"
	}
	dump k.db | cmp -s - demo.sql || bad="$bad $n: another dump;"
	index k.db | cmp -s - demo.index || bad="$bad $n: another index;"
	if [ -n "${JP_SOAK:-}" ]; then n=$((n + 1)); else n=$((n + n / 4 + 3)); fi
done
ok 'killed at any write, it is finished by the next run' same "$bad" ''
ok 'many times' test "$killed" -gt 10
ok 'and nobody takes it for a database before' test "$unfinished" -gt 8
done_testing
