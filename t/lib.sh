# The shell tests' library: TAP in POSIX sh.  A test begins with
#
#	. "${0%/*}/lib.sh"
#
# and then stands in a folder of its own with an empty HOME, a bare PATH (our programs first), the C
# locale, umask 077, an empty stdin and none of our environment variables.  A case is a command and
# what must be true afterwards:
#
#	run jp-find -n rust
#	ok 'L02 an unknown option is a usage error' exits 64
#	ok 'says so in one line' err_is <<'END'
#	jp-find: ...
#	END
#	ok 'prints nothing else' no_out
#	done_testing
#
# A test's database is a SQLite file, or one on the PostgreSQL server that t/servers/postgres.py made,
# directly (T_ENGINE=postgres) or through PgBouncer (pgbouncer); the test is the same.
#
# The program under test is never piped (its status would be lost) and never slept for.
# shellcheck shell=sh
# shellcheck disable=SC2034 # what tests use is set here and used there

T_TOP=$(cd "${0%/*}/.." && pwd) || exit 1
T_NAME=${0##*/}
T_NAME=${T_NAME%.t}
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$T_TOP/$BUILD ;; esac
T_DATA=$T_TOP/t/data
T_SERVERS=$T_TOP/t/servers
JP_DATA=${JP_DATA:-$T_TOP/../shared/data}
T_ENGINE=sqlite
[ -z "${JP_TEST_POSTGRES:-}" ] || T_ENGINE=postgres
[ "${JP_TEST_PREPARE:-}" != false ] || T_ENGINE=pgbouncer
T_WORK=$BUILD/t/work/$T_NAME
[ $T_ENGINE = sqlite ] || T_WORK=$T_WORK-$T_ENGINE
T_OUT=$T_WORK/.out
T_ERR=$T_WORK/.err
T_WHY=$T_WORK/.why
T_NOTES=$T_WORK/.notes
T_DATABASES=$T_WORK/.databases
T_DB=
T_DB_DIR=$T_WORK # where SQLite's files are
T_STATUS=none
T_COMMAND=
T_N=0
T_FAILED=0
T_CRASH=
T_TODO=
T_PIDS=
T_FD=4
# How long a server of a test may live: far longer than any test takes on a busy machine.
[ -n "${JP_SOAK:-}" ] && T_LIFE=36000 || T_LIFE=1800
export T_LIFE

for t_name in $(env | sed -n 's/^\(JP_[A-Z0-9_]*\)=.*/\1/p'); do
	case $t_name in
	JP_ASAN | JP_SOAK | JP_DATA | JP_SEED | JP_TEST_SEED) ;;
	JP_TEST_POSTGRES | JP_TEST_POSTGRES_DIRECT | JP_TEST_PREPARE | JP_TEST_PSQL) ;;
	JP_TEST_TEMPLATE) ;;
	*) unset "$t_name" ;;
	esac
done
unset NO_COLOR TERM EMAIL http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
rm -rf "$T_WORK"
mkdir -p "$T_WORK/home/.config" "$T_WORK/home/.local/share" "$T_WORK/tmp" || exit 1
: >"$T_DATABASES"
umask 077
export BUILD JP_DATA
export JP_TEST_STRICT=1 # a column that is selected and not read is an error
export HOME="$T_WORK/home" TMPDIR="$T_WORK/tmp" LC_ALL=C TZ=UTC PATH="$BUILD/bin:/usr/bin:/bin"
export XDG_CONFIG_HOME="$HOME/.config" XDG_DATA_HOME="$HOME/.local/share" \
	XDG_CACHE_HOME="$HOME/.cache" XDG_STATE_HOME="$HOME/.local/state"
[ $T_ENGINE != pgbouncer ] || export JP_DB_PREPARE=false
cd "$T_WORK" || exit 1
exec </dev/null

# ---- running ------------------------------------------------------------------------------------

# run COMMAND...: keeps its status, stdout and stderr.  Variables for it: run env NAME=VALUE COMMAND.
run()
{
	T_COMMAND="$*"
	T_STATUS=0
	"$@" >"$T_OUT" 2>"$T_ERR" || T_STATUS=$?
	case $T_STATUS in
	99) [ -z "${JP_ASAN:-}" ] || T_CRASH="a sanitizer's report (exit 99)" ;;
	132 | 134 | 135 | 136 | 139) T_CRASH="signal $((T_STATUS - 128))" ;;
	esac
	[ -z "$T_CRASH" ] || ok "no crash: $T_COMMAND" t_not_crashed
}

t_not_crashed()
{
	echo "$T_CRASH" >"$T_WHY"
	T_CRASH=
	return 1
}

# start COMMAND...: a server in the background.  Waits for the first line on its stdout, which becomes
# $T_LINE; its process is $T_PID, its stderr server-PID.err.  It is killed at the end, by its id, and
# ends by itself after $T_LIFE seconds whatever happens.  At most five a test.
start()
{
	t_fifo=$T_WORK/.start$T_FD
	mkfifo "$t_fifo" || t_die 'no fifo'
	timeout -k 60 "$T_LIFE" "$@" >"$t_fifo" 2>"$T_WORK/server-$T_FD.err" &
	T_PID=$!
	T_PIDS="$T_PIDS $T_PID"
	eval "exec $T_FD<\"\$t_fifo\""
	T_LINE=
	# What reads has a time limit, for who starts may hang.
	eval "T_LINE=\$(timeout 300 head -n 1 <&$T_FD) && [ -n \"\$T_LINE\" ]" ||
		t_die "no first line from: $*" "$T_WORK/server-$T_FD.err"
	T_FD=$((T_FD + 1))
}

# stop PID: ends a server of ours and waits for it; one that start began is killed if it takes a minute.
stop()
{
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

# until_true COMMAND...: asks until it is so, for five minutes: far longer than what it waits for takes
# on a busy machine.  Then it is not so, and the test says what it waited for.
until_true()
{
	t_end=$(($(date +%s) + 300))
	until "$@"; do
		[ "$(date +%s)" -lt $t_end ] || return 1
		timeout 0.01 tail -f /dev/null || :
	done
}

# ---- cases ---------------------------------------------------------------------------------------

# ok SENTENCE CHECK...: one case; the check is a function below or any command.
ok()
{
	t_sentence=$1
	shift
	T_N=$((T_N + 1))
	: >"$T_WHY"
	t_todo=${T_TODO:+ # TODO $T_TODO}
	if "$@" 3>>"$T_WHY"; then
		echo "ok $T_N - $t_sentence$t_todo"
	else
		echo "not ok $T_N - $t_sentence$t_todo"
		[ -n "$T_TODO" ] || T_FAILED=$((T_FAILED + 1))
		t_explain "$*" >&2
	fi
	T_TODO=
}

# note SENTENCE: something to know when a case fails, such as a seed; the next case that fails says it.
note()
{
	printf '%s\n' "$*" | sed 's/^/# /' | tee -a "$T_NOTES"
}

t_explain()
{
	echo "# in $T_NAME: $1"
	sed 's/^/#   /' "$T_WHY"
	[ ! -s "$T_NOTES" ] || sed -n '1,60s/^# /#   noted: /p' "$T_NOTES"
	: >"$T_NOTES"
	[ -n "$T_COMMAND" ] || return 0
	echo "# after: $T_COMMAND (exit $T_STATUS)"
	[ ! -s "$T_ERR" ] || sed -n '1,40s/^/#   stderr: /p' "$T_ERR"
	[ ! -s "$T_OUT" ] || sed -n '1,20s/^/#   stdout: /p' "$T_OUT"
}

# todo REASON: the next case is known to fail.
todo()
{
	T_TODO=$1
}

# skip SENTENCE REASON: a case that cannot be tried here.
skip()
{
	T_N=$((T_N + 1))
	echo "ok $T_N - $1 # SKIP $2"
}

# skip_all REASON: the whole file.
skip_all()
{
	echo "1..0 # SKIP $1"
	T_DONE=yes
	exit 0
}

# For tests that read recorded payloads, which are not part of the project.
need_recorded_data()
{
	[ -d "$JP_DATA" ] || skip_all 'skipped: no recorded data'
}

# need COMMAND...: what `make deps-check` installs.
need()
{
	for t_command in "$@"; do
		command -v "$t_command" >/dev/null 2>&1 || [ -x "/usr/sbin/$t_command" ] ||
			skip_all "no $t_command here; make deps-check"
	done
}

done_testing()
{
	echo "1..$T_N"
	T_DONE=yes
	[ "$T_FAILED" = 0 ] || exit 1
	exit 0
}

# ---- checks --------------------------------------------------------------------------------------
# Each is true or says on descriptor 3 why not.

exits()
{
	[ "$T_STATUS" = "$1" ] && return
	echo "exit $T_STATUS, not $1" >&3
	return 1
}

t_same() { diff -u - "$1" >&3; }
out_is() { t_same "$T_OUT"; }
err_is() { t_same "$T_ERR"; }
file_is() { t_same "$1"; }

t_empty()
{
	[ ! -s "$1" ] && return
	echo "$2 is not empty" >&3
	return 1
}
no_out() { t_empty "$T_OUT" stdout; }
no_err() { t_empty "$T_ERR" stderr; }

# Patterns are extended regular expressions.
t_has()
{
	grep -E -q -e "$2" "$1" && return
	echo "no line matches: $2" >&3
	return 1
}
out_has() { t_has "$T_OUT" "$1"; }
err_has() { t_has "$T_ERR" "$1"; }
file_has() { t_has "$1" "$2"; }

t_lacks()
{
	grep -E -e "$2" "$1" >&3
	case $? in
	1) return 0 ;;
	*) echo "but should not match: $2" >&3 ;;
	esac
	return 1
}
out_lacks() { t_lacks "$T_OUT" "$1"; }
err_lacks() { t_lacks "$T_ERR" "$1"; }
file_lacks() { t_lacks "$1" "$2"; }

# lines N FILE: how many there are; out_lines and err_lines of the last run.
lines()
{
	t_lines=$(wc -l <"$2") || return 1
	[ "$t_lines" -eq "$1" ] && return
	echo "$t_lines lines, not $1" >&3
	return 1
}
out_lines() { lines "$1" "$T_OUT"; }
err_lines() { lines "$1" "$T_ERR"; }

# same A B: two words are equal.
same()
{
	[ "$1" = "$2" ] && return
	printf '%s\nis not\n%s\n' "$1" "$2" >&3
	return 1
}

# out_jq FILTER: true for the JSON Lines of stdout, read as one array.
out_jq()
{
	jq -e -s "$1" <"$T_OUT" >/dev/null 2>&3 && return
	echo "not true of stdout: $1" >&3
	return 1
}

# ---- a site --------------------------------------------------------------------------------------

# new_site: jobping.yaml from stdin (nothing: the defaults) with an empty database of its own, named by
# JP_CONFIG and made by jp-db init (begun as a copy of t/template's, where there is one); an older one
# of the same test is forgotten.
new_site()
{
	export JP_CONFIG="$T_WORK/jobping.yaml"
	cat >"$JP_CONFIG"
	rm -f jobping.db*
	if grep -q '^database:' "$JP_CONFIG"; then
		T_DB=$(new_database jobping) || t_die 'no database'
	else
		T_DB=$(t_site) || t_die 'no database'
		echo "database: $T_DB" >>"$JP_CONFIG"
	fi
	jp-db init >"$T_OUT" 2>"$T_ERR" || t_die 'jp-db init failed' "$T_ERR"
}

# t_site: a database with the tables of today, or an empty one.
t_site()
{
	case $T_ENGINE:${JP_TEST_TEMPLATE:-} in
	*:) new_database jobping ;;
	sqlite:*)
		cp "$JP_TEST_TEMPLATE" "$T_DB_DIR/jobping.db" && echo "$T_DB_DIR/jobping.db"
		;;
	*) t_create jobping "TEMPLATE $JP_TEST_TEMPLATE" ;;
	esac
}

# new_database NAME: prints what `database:` says for an empty database: a path, or a URL.
new_database()
{
	case $T_ENGINE in
	sqlite) echo "$T_DB_DIR/$1.db" ;;
	*)
		t_create "$1"
		;;
	esac
}

# t_create NAME [OPTION [BEFORE]]: its number keeps it apart from those that went before.  The files are
# copied, which is a third of the work of copying pages through the log; BEFORE is done first.
t_create()
{
	t_new=$(echo "${T_NAME}_$$_$1" | tr -c 'a-z0-9_\n' _)_$(($(wc -l <"$T_DATABASES") + 1))
	echo "$t_new" >>"$T_DATABASES"
	t_psql postgres "${3:-};
CREATE DATABASE $t_new ${2:-} STRATEGY file_copy" >/dev/null && echo "${JP_TEST_POSTGRES%/*}/$t_new"
}

# renew_site: the site's database is empty again.
renew_site()
{
	new_site <<END
$(grep -v '^database:' "$JP_CONFIG")
END
}

# copy_database FROM TO [OLD]: a copy of one that new_database gave, as it stands; prints what it is called.
# OLD is dropped first.
copy_database()
{
	case $T_ENGINE in
	sqlite)
		rm -f "$T_DB_DIR/$2.db" "$T_DB_DIR/$2.db"-* ${3:+"$3" "$3"-*}
		for t_file in "$1" "$1"-*; do
			[ ! -e "$t_file" ] || cp "$t_file" "$T_DB_DIR/$2.db${t_file#"$1"}"
		done
		echo "$T_DB_DIR/$2.db"
		;;
	*)
		t_create "$2" "TEMPLATE ${1##*/}" "${3:+DROP DATABASE IF EXISTS ${3##*/} WITH (FORCE);}
			SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity WHERE datname = '${1##*/}'"
		;;
	esac
}

# drop_database NAME: one that new_database or copy_database gave is not needed any more.
drop_database()
{
	case $T_ENGINE in
	sqlite) rm -f "$1" "$1"-* ;;
	*) t_psql postgres "DROP DATABASE IF EXISTS ${1##*/} WITH (FORCE)" ;;
	esac
}

# sql STATEMENT: asks the site's database, by another program than ours; sql_of DATABASE STATEMENT: one
# that new_database gave.  What both engines print is the same: a row a line, | between columns, nothing
# for null.  Written for both: truth as CAST(... AS INTEGER), bytes as CAST('...' AS blob).
sql()
{
	sql_of "$T_DB" "$1"
}
sql_of()
{
	case $1 in
	postgresql://*) t_psql "${1##*/}" "$2" ;;
	*) sqlite3 -batch -cmd '.timeout 30000' -cmd 'PRAGMA foreign_keys = ON' "$1" "$2" ;;
	esac
}
# t_psql NAME STATEMENT: a row that came with its id leaves none of the ids below to others, as on SQLite.
t_psql()
{
	case $2 in
	*'INSERT INTO'*) printf '%s\n;\nSELECT t_sqlite.pass_ids();\n' "$2" ;;
	*) printf '%s\n' "$2" ;;
	esac | PGOPTIONS='-c search_path=public,t_sqlite -c client_min_messages=warning' \
		"$JP_TEST_PSQL" -X -q -A -t -F '|' -v ON_ERROR_STOP=1 "${JP_TEST_POSTGRES_DIRECT%/*}/$1"
}

# dump: every row of the site's database, in an order that does not change.
dump()
{
	case $T_ENGINE in
	sqlite) sqlite3 -batch -cmd '.timeout 30000' "$T_DB" .dump ;;
	*) "${JP_TEST_PSQL%psql}pg_dump" --inserts "${JP_TEST_POSTGRES_DIRECT%/*}/${T_DB##*/}" ;;
	esac | grep -v '^.\(un\)*restrict ' | sort
}

# on_sqlite, on_postgres: for the few cases that are about one of them.
on_sqlite() { [ "$T_ENGINE" = sqlite ]; }
on_postgres() { [ "$T_ENGINE" != sqlite ]; }

# The whole file is about SQLite's own, or about a server.
need_sqlite() { on_sqlite || skip_all 'about SQLite'; }
need_postgres() { on_postgres || skip_all 'about PostgreSQL'; }

# ---- the end -------------------------------------------------------------------------------------

t_die()
{
	echo "not ok $((T_N + 1)) - the test goes on: $1"
	[ $# -lt 2 ] || sed 's/^/# /' "$2" >&2
	exit 1
}

# at_end COMMAND: done at the end, whatever ended the test; its failure is none of the test's.
T_AT_END=:
at_end()
{
	T_AT_END="$T_AT_END; $1"
}

t_end()
{
	t_status=$?
	[ -n "${T_DONE:-}" ] || [ "$t_status" != 0 ] || t_status=1 # ended before done_testing
	for t_pid in $T_PIDS; do
		stop "$t_pid"
	done
	eval "$T_AT_END"
	if on_postgres && [ -s "$T_DATABASES" ]; then
		sed 's/.*/DROP DATABASE IF EXISTS & WITH (FORCE);/' "$T_DATABASES" >"$T_WORK/.drop"
		t_psql postgres "$(cat "$T_WORK/.drop")" || t_status=1
	fi
	cd "$T_TOP" || exit 1
	if [ "$t_status" = 0 ]; then
		rm -rf "$T_WORK"
	else
		echo "# kept: $T_WORK" >&2
	fi
	exit "$t_status"
}
# t_ended: somebody has had enough, such as t/run of a test that hangs.
t_ended()
{
	echo "# ended by a signal, after case $T_N (${t_sentence:-none}); the last run was: ${T_COMMAND:-none}" >&2
	exit 1
}
trap t_end EXIT
trap t_ended HUP INT TERM
