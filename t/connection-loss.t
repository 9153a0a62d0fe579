#!/bin/sh
# The connection to PostgreSQL is lost at the Nth request of every program (t/servers/pgproxy.py): the
# request never reaches the server, half of it does, or the server's answer is lost, a COMMIT's among
# them; the connection is reset or ends.  The program goes on with another connection or ends with 75
# and one line; then everything is run again, and nothing may be lost or doubled.  Also: a server that
# falls silent, and backends that are terminated.  (A pooler that is started anew is in t/pooler.t.)
#
# JP_SEED picks the sample of N that `make check` tries; JP_SOAK tries every N in every way.
. "${0%/*}/lib.sh"
need_postgres
need jq python3

seed=${JP_SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
if [ -n "${JP_SOAK:-}" ]; then
	stride=1 ways='before half after'
elif [ "$T_ENGINE" = pgbouncer ]; then
	stride=13 ways=turns # beside the direct one
else
	stride=7 ways=turns
fi
. "$T_TOP/t/accident.sh"
note "JP_SEED=$seed, every N from $((seed % stride + 1)) in steps of $stride"

# proxied URL: the same through the proxy.
hosts=${JP_TEST_POSTGRES#*@}
plan=0
echo "0 never 0 rst" >plan
start python3 "$T_SERVERS/pgproxy.py" --to "${hosts%%/*}" --plan plan
proxy=${T_LINE#port }
proxied()
{
	echo "${1%@*}@127.0.0.1:$proxy/${1##*/}"
}
# lose WHERE N HOW: what happens from now on.  Never in the background, where the number would be lost,
# and the proxy would go on counting by the plan before.
lose()
{
	plan=$((plan + 1))
	rm -f plan.done
	echo "$plan $1 $2 $3" >plan
}
# through COMMAND...: runs it through the proxy; gives the exit status.
through()
{
	JP_DATABASE=$(proxied "$JP_DATABASE") "$@" >faulty.out 2>faulty.err
}
lossy()
{
	lose "$1" "$2" "$3"
	shift 3
	through "$@"
}
# ended CODE PROGRAM: as a program may end whose connection was lost.
ended()
{
	case $1 in
	0) [ ! -s faulty.err ] && went_on=$((went_on + 1)) ;;
	75) [ "$(wc -l <faulty.err)" = 1 ] && grep -Eq "^$2: .*; try again( \([0-9A-Z]*(: .*)?\))?$" faulty.err ;;
	*) return 1 ;;
	esac
}
# sweep STATE CHECK COMMAND...: N from the seed's start in steps of the stride until none is left, by a
# reset and by an end in turn, and where also in turn or in every way; CHECK is what must be so in the
# end.
sweep()
{
	state=$1 check=$2
	shift 2
	for way in $ways; do
		n=$((seed % stride + 1)) tried=0 bad=0 went_on=0
		while [ "$n" -lt 2000 ]; do
			[ $((tried % 2)) = 0 ] && how=rst || how=end
			where=$way
			[ "$way" != turns ] || case $((tried % 3)) in
			0) where=after ;;
			1) where=before ;;
			2) where=half ;;
			esac
			$state
			code=0
			lossy "$where" "$n" "$how" "$@" || code=$?
			[ -e plan.done ] || break
			tried=$((tried + 1))
			if ! ended "$code" "$1" || ! $check >check.out 2>&1; then
				note "$* $where:$n $how: exit $code: $(head -n 3 faulty.err)"
				sed 's/^/# /' check.out
				bad=1
				break
			fi
			n=$((n + stride))
		done
		ok "$1 $2: the connection is lost, $way ($tried tried, up to $n, $went_on went on)" \
			test "$bad" = 0 -a "$tried" -gt 0 -a "$n" -lt 2000
	done
}

three_states
export JP_CLOCK=2026-03-03T12:00:00Z
ends_well()
{
	finish || return 1
	rows >rows.got
	delivered >mails.got
	agree "$where $n $how"
}
sweep 'fresh before_scrape' ends_well jp-scrape -q --replay "$site/day3"
sweep 'fresh before_match' ends_well jp-match -q
sweep 'fresh before_mail' ends_well jp-mail -q

# ---- imports and gc -------------------------------------------------------------------------------

empty=$(new_database empty) || t_die 'no database'
JP_DATABASE=$empty must jp-db init -q
empty_site()
{
	JP_DATABASE=$(copy_database "$empty" jobping "$JP_DATABASE")
}
import()
{
	jp-user import -q --consent test "$site/people.yaml"
}
people_are_whole()
{
	import || return 1
	people >people.got
	diff people.want people.got
}
empty_site
must import
people >people.want
sweep empty_site people_are_whole jp-user import -q --consent test "$site/people.yaml"

export JP_CLOCK=2027-09-01T12:00:00Z
old_rows()
{
	for t in visit posting posting_event location message match run; do
		db "SELECT '$t', count(*) FROM $t"
	done | grep -v '^run'
}
is_pruned()
{
	jp-db gc -q || return 1
	old_rows >old.got
	diff old.want old.got
}
fresh before_mail
old_rows >old.was
must jp-db gc -q
old_rows >old.want
ok 'there is something to prune' test "$(cmp -s old.was old.want; echo $?)" = 1
sweep 'fresh before_mail' is_pruned jp-db gc -q
export JP_CLOCK=2026-03-03T12:00:00Z

# ---- a server that falls silent -------------------------------------------------------------------

# The request is sent and nothing is ever heard; the server keeps what the transaction holds.
fresh before_mail
lose before 12 silent
through env JP_DB_STATEMENT_TIMEOUT=1s jp-mail -q &
run_id=$!
ok 'a server falls silent' until_true test -e plan.done
code=0
wait "$run_id" || code=$?
ok 'a silent server is for later' same "$code" 75
ok 'and told so' file_has faulty.err '^jp-mail: postgresql://.*the database server does not answer; try again$'
db "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
	WHERE datname = current_database() AND pid <> pg_backend_pid()" >terminated
ok 'and then all ends well' ends_well

fresh before_mail
lose before 12 silent
through jp-mail -q &
run_id=$!
until_true test -e plan.done || t_die 'no server falls silent' faulty.err
pkill -TERM -P "$run_id" || kill -TERM "$run_id"
begin=$(date +%s)
code=0
wait "$run_id" || code=$?
ok 'SIGTERM ends even a program that waits for a silent server' test "$code" = 75 -o "$code" = 143
ok 'long before any timeout' test $(($(date +%s) - begin)) -le 100

# ---- terminated backends --------------------------------------------------------------------------

# A server that is restarted, or an operator: the backend ends while the program runs.
fresh before_scrape
terminate()
{
	while kill -0 "$1" 2>/dev/null; do
		db "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${JP_DATABASE##*/}'
			AND pid <> pg_backend_pid()" >>terminated
	done
}
jp-scrape -q --replay "$site/day3" 2>faulty.err &
run_id=$!
terminate "$run_id"
code=0
wait "$run_id" || code=$?
went_on=0
ok 'backends are terminated while jp-scrape runs' ended "$code" jp-scrape
ok 'and all ends well' ends_well

done_testing
