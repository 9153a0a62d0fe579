#!/bin/sh
# jp-db over SQLite's file: who may read it, other files, backup, a full disk, faults and damage.
. "${0%/*}/lib.sh"
need_sqlite
need sqlite3

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

new_site <<'END'
site:
  name: Test
END

sql "PRAGMA foreign_keys = OFF; INSERT INTO location (posting_id, n, text) VALUES (12345, 0, 'nowhere')"
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
ok 'whole' same "$(sqlite3 copy.db .dump | cksum)" "$(sqlite3 jobping.db .dump | cksum)"
ok 'in which another program finds a database of ours' same \
	"$(sqlite3 copy.db 'PRAGMA application_id')" 1246785127
rm -f copy.db-*
was=$(cksum <copy.db)
run jp-db backup copy.db
ok 'L07 an old copy is not replaced unasked' exits 64
ok 'and is left alone' same "$(cksum <copy.db)" "$was"
sql 'PRAGMA foreign_keys = OFF; DELETE FROM location WHERE posting_id = 12345'
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

done_testing
