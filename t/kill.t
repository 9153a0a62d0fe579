#!/bin/sh
# Every program of the pipeline is killed at its Nth write, fsync, rename or send (t/preload/fault.c),
# with the Nth write whole or torn, is denied the disk from the Nth write on, or killed at random
# moments; then everything is run again.  Nothing may be lost or doubled, and mails must agree with
# promise 2: into a Maildir or an mbox exactly once; what a mail server may or may not have got is
# held and counted.
#
# JP_SEED picks the sample of N that `make check` tries; JP_SOAK tries every N and many moments.
. "${0%/*}/lib.sh"

need jq python3
[ -z "${JP_ASAN:-}" ] || skip_all 'the preload and the sanitizers exclude each other'
preload=$BUILD/t/preload/fault.so
[ -f "$preload" ] || skip_all 'no preload was built'

seed=${JP_SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
if [ -n "${JP_SOAK:-}" ]; then
	stride=1 moments=1000
elif on_sqlite; then
	stride=9 moments=6
else
	stride=29 moments=4 # what is torn there is the server's
fi
. "$T_TOP/t/accident.sh"
note "JP_SEED=$seed, every N from $((seed % stride + 1)) in steps of $stride, $moments random moments"

# ---- trying ---------------------------------------------------------------------------------------------

# try NAME FAULT COMMAND...: from the kept state, with the fault, then finished; what differs is said.
# Gives 0 when all is well, 1 when not, 2 when the fault never came (N is past the last call).
try()
{
	state=$1 fault=$2
	shift 2
	fresh "$state"
	code=0
	JP_CLOCK=2026-03-03T12:00:00Z JP_TEST_FAULT=$fault LD_PRELOAD=$preload \
		"$@" >faulty.out 2>faulty.err || code=$?
	case $fault:$code in
	full:*:75 | kill:*:137 | torn:*:137) ;;
	*:0) over=1 ;;
	*)
		note "$state $fault: exit $code: $(head -n 3 faulty.err)"
		return 1
		;;
	esac
	if ! finish 2>finish.err; then
		note "$state $fault: cannot go on: $(head -n 3 finish.err)"
		return 1
	fi
	rows >rows.got
	delivered >mails.got
	agree "$state $fault" || return 1
	[ -z "${over:-}" ] || {
		over=
		return 2
	}
}
# sweep TITLE STATE MODE COMMAND...: N from the seed's start in steps of the stride, until none is left.
sweep()
{
	title=$1 state=$2 mode=$3
	shift 3
	n=$((seed % stride + 1)) tried=0 worst=0
	while [ "$n" -lt 2000 ]; do
		result=0
		try "$state" "$mode:$n" "$@" || result=$?
		tried=$((tried + 1))
		[ "$result" -ne 1 ] || {
			worst=1
			break
		}
		[ "$result" -ne 2 ] || break
		n=$((n + stride))
	done
	[ "$n" -lt 2000 ] || worst=1
	ok "$title ($tried tried, up to $n)" test "$worst" -eq 0
}

three_states

for mode in kill torn full; do
	sweep "jp-scrape, $mode" before_scrape "$mode" jp-scrape -q --replay "$site/day3"
	sweep "jp-match, $mode" before_match "$mode" jp-match -q
	sweep "jp-mail into a Maildir, $mode" before_mail "$mode" jp-mail -q
done

export JP_MAIL_TRANSPORT=mbox
want before_mail true
for mode in kill torn full; do
	sweep "jp-mail into an mbox, $mode" before_mail "$mode" jp-mail -q
done
unset JP_MAIL_TRANSPORT

# ---- random moments -------------------------------------------------------------------------------------

want before_scrape jp-scrape -q --replay "$site/day3"
i=0 bad=0
while [ "$i" -lt "$moments" ]; do
	i=$((i + 1))
	fresh before_scrape
	us=$(((seed * 7919 + i * 104729) % 40000))
	export JP_CLOCK=2026-03-03T12:00:00Z
	# The shell's report of a killed job is not wanted.
	{ timeout -s KILL "0.0$(printf %05d $us)" sh -c '
		jp-scrape --replay "$0" | jp-match - | jp-mail -' "$site/day3"; } >/dev/null 2>&1 || :
	pkill -KILL -P $$ jp- 2>/dev/null || :
	unset JP_CLOCK
	if ! finish 2>finish.err; then
		note "moment $us us: $(head -n 3 finish.err)"
		bad=1
		break
	fi
	rows >rows.got
	delivered >mails.got
	agree "moment $us us" || {
		bad=1
		break
	}
done
ok "the pipe killed at $i random moments" test "$bad" -eq 0

# ---- the companions ------------------------------------------------------------------------------------

# Imports are killed and run again: everything is there once.  A backup is whole or absent.
JP_DATABASE=$(new_database unfilled) || t_die 'no database'
must jp-db init -q
keep empty
empty_site()
{
	rm -f "$site/copy.db"*
	fresh empty
}
# companion CHECK COMMAND...: killed at N; run again it ends well, and then CHECK holds.
companion()
{
	holds=$1
	shift
	n=$((seed % 3 + 1)) bad=0
	while [ "$n" -lt 2000 ]; do
		empty_site
		$seeded
		code=0
		JP_TEST_FAULT=$mode:$n LD_PRELOAD=$preload "$@" >faulty.out 2>faulty.err || code=$?
		"$@" >again.out 2>again.err || bad=1
		"$holds" || bad=1
		[ "$bad" = 0 ] || {
			note "$* $mode:$n: exit $code, then: $(head -n 2 again.err)"
			break
		}
		[ "$code" != 0 ] || break
		n=$((n + 3))
	done
	ok "$1 $2, $mode (up to $n)" test "$bad" -eq 0 -a "$n" -lt 2000
}
people_are_whole()
{
	people >people.got
	cmp -s people.want people.got
}
backup_is_whole()
{
	[ "$(sqlite3 "$site/copy.db" 'PRAGMA integrity_check')" = ok ] &&
		[ -z "$(find "$site" -name 'copy.db?*' -size +0)" ]
}
printf -- '- greenhouse:anvil\n- lever:basil\n' >"$site/boards.yaml"
seed_people()
{
	must jp-user import -q --consent test "$site/people.yaml"
}
export JP_CLOCK=2026-03-01T00:00:00Z
for mode in kill torn; do
	seeded=:
	empty_site
	must jp-user import -q --consent test "$site/people.yaml"
	people >people.want
	companion people_are_whole jp-user import -q --consent test "$site/people.yaml"
	empty_site
	must jp-board import -q "$site/boards.yaml"
	people >people.want
	companion people_are_whole jp-board import -q "$site/boards.yaml"
	seeded=seed_people
	on_postgres || companion backup_is_whole jp-db backup -q --yes "$site/copy.db"
done
unset JP_CLOCK

# ---- a mail server --------------------------------------------------------------------------------------

# After a kill, what the server got and what is held must be together what was due, nothing arrives
# twice, and everything the server did not get is held or was never offered.
start python3 "$T_SERVERS/smtpd.py" --dir "$site/sink"
port=$T_LINE
export JP_MAIL_TRANSPORT=smtp JP_MAIL_SMTP_HOST=127.0.0.1 JP_MAIL_SMTP_PORT="${port##* }" JP_MAIL_SMTP_TLS=none
held()
{
	db "SELECT u.email, p.url FROM message m JOIN sent t ON t.message_id = m.id
	      JOIN posting p ON p.id = t.posting_id JOIN subscriber u ON u.id = m.subscriber_id
	     WHERE m.state = 'held' ORDER BY 1, 2" | tr '|' ' '
}
fresh before_mail
mkdir -p "$site/sink"
must finish
delivered >mails.want
try_smtp()
{
	fresh before_mail
	mkdir -p "$site/sink"
	code=0
	JP_CLOCK=2026-03-03T12:00:00Z JP_TEST_FAULT=$1 LD_PRELOAD=$preload jp-mail -q 2>faulty.err || code=$?
	case $code in
	137) ;;
	0) return 2 ;;
	*) return 1 ;;
	esac
	finish 2>finish.err || return 1
	delivered >mails.got
	held >held.got
	[ -z "$(uniq -d mails.got)" ] || {
		note "$1: twice: $(uniq -d mails.got | head -n 2)"
		return 1
	}
	sort -u mails.got held.got | cmp -s - mails.want || {
		note "$1: lost: $(sort -u mails.got held.got | comm -13 - mails.want | head -n 2)"
		return 1
	}
}
n=$((seed % stride + 1)) bad=0 seen_held=0
while [ "$n" -lt 2000 ]; do
	result=0
	try_smtp "kill:$n" || result=$?
	[ "$result" -ne 1 ] || {
		note "SMTP kill:$n: exit $code $(cat faulty.err finish.err)"
		bad=1
		break
	}
	[ "$result" -ne 2 ] || break
	[ ! -s held.got ] || seen_held=$((seen_held + 1))
	n=$((n + stride))
done
ok "jp-mail by SMTP, killed up to call $n: once or held" test "$bad" -eq 0
ok "and some were in doubt" test "$seen_held" -gt 0

done_testing
