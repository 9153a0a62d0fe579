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
note()
{
	echo "# $*"
}

[ -z "${JP_ASAN:-}" ] || skip_all 'the preload and the sanitizers exclude each other'
preload=$BUILD/t/preload/fault.so
[ -f "$preload" ] || skip_all 'no preload was built'

seed=${JP_SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
if [ -n "${JP_SOAK:-}" ]; then
	stride=1 moments=1000
else
	stride=9 moments=6
fi
note "JP_SEED=$seed, every N from $((seed % stride + 1)) in steps of $stride, $moments random moments"

# ---- a site with two boards and four people, three days old --------------------------------------

# In memory where that is possible: the faults are ours, not the disk's.
site=$T_WORK/site
if shm=$(mktemp -d /dev/shm/jp-kill.XXXXXX 2>/dev/null); then
	trap 'rm -rf "$shm"; t_end' EXIT
	ln -s "$shm" "$site"
fi
mkdir -p "$site"
export JP_CONFIG="$site/jobping.yaml"
T_DB_DIR=$site
JP_DATABASE=$(new_database jobping) || t_die 'no database'
export JP_DATABASE
cat >"$JP_CONFIG" <<'END'
site: {name: Test site, url: "https://site.example", contact: "ops@site.example"}
mail: {transport: maildir, maildir: mail, mbox: mbox, from: jobs@site.example, retry_min: 1m, held: hold}
match: {min_score: 1}
END
chmod 600 "$JP_CONFIG"

# greenhouse ID:TITLE:TEXT...: a listing in the service's shape.
greenhouse()
{
	for p; do printf '%s\n' "$p"; done | jq -Rn '[inputs | split(":") | {
		id: (.[0] | tonumber), title: .[1], internal_job_id: (.[0] | tonumber),
		absolute_url: "https://anvil.example/\(.[0])", company_name: "Anvil",
		location: {name: "Leeds"}, first_published: "2026-02-20T09:00:00Z", content: "<p>\(.[2])</p>"}]
		| {jobs: ., meta: {total: length}}'
}
lever()
{
	for p; do printf '%s\n' "$p"; done | jq -Rn '[inputs | split(":") | {
		id: .[0], text: .[1], hostedUrl: "https://basil.example/\(.[0])", createdAt: 1771578000000,
		categories: {location: "Leeds", commitment: "Full-time"}, workplaceType: "hybrid",
		description: "<p>\(.[2])</p>", lists: [], additional: ""}]'
}
# day N GREENHOUSE LEVER: a folder to replay.
day()
{
	mkdir -p "$site/day$1"
	printf 'HTTP/1.1 200 OK\nContent-Type: application/json\n\n%s' "$2" >"$site/day$1/a.http"
	printf 'HTTP/1.1 200 OK\nContent-Type: application/json\n\n%s' "$3" >"$site/day$1/b.http"
	printf 'GET\t%s\t-\t%s\n' \
		'https://boards-api.greenhouse.io/v1/boards/anvil/jobs?content=true' a.http \
		'https://api.lever.co/v0/postings/basil?mode=json' b.http >"$site/day$1/index.tsv"
}
day 1 "$(greenhouse 11:Smith:Iron 12:Striker:Iron 13:Clerk:Paper 14:Carter:Horses 15:Miller:Flour)" \
	"$(lever x1:Cook:Soup x2:Baker:Bread x3:Waiter:Plates x4:Gardener:Herbs)"
day 2 "$(greenhouse 11:Smith:Iron 12:Striker:Iron 14:Carter:Horses 15:Miller:Flour 16:Cooper:Barrels)" \
	"$(lever x1:Cook:Soup x2:Baker:Bread x3:Waiter:Plates x5:Butcher:Meat)"
day 3 "$(greenhouse 11:Smith:Iron 12:'Striker, Nights':Iron 14:Carter:Horses 15:Miller:Flour 16:Cooper:Barrels 17:Tanner:Hides)" \
	"$(lever x1:Cook:Soup x2:Baker:'Bread and cakes' x3:Waiter:Plates x5:Butcher:Meat x6:Brewer:Ale)"

cat >"$site/people.yaml" <<'END'
- {email: one@people.example, frequency: instant, searches: [{name: All, query: ""}]}
- {email: two@people.example, frequency: instant, searches: [{name: Food, query: soup OR bread OR meat OR ale}]}
- {email: three@people.example, frequency: instant, searches: [{name: Craft, query: iron OR barrels OR hides}, {name: All, query: ""}]}
- {email: four@people.example, timezone: Europe/Berlin, hour: 9, searches: [{name: Inn, companies_in: [basil], query: cook OR brewer}]}
END

# at TIME COMMAND...: with the clock there.
at()
{
	at=$1
	shift
	env JP_CLOCK="$at" "$@"
}
# pass DAY TIME: a whole pass.
pass()
{
	at "$2" jp-scrape -q --replay "$site/day$1" && at "$2" jp-match -q && at "$2" jp-mail -q
}
must()
{
	"$@" || t_die "could not prepare: $*"
}
must at 2026-03-01T00:00:00Z jp-db init -q
must at 2026-03-01T00:00:00Z jp-board add -q greenhouse:anvil
must at 2026-03-01T00:00:00Z jp-board add -q --company basil lever:basil
must at 2026-03-01T00:00:00Z jp-user import -q --consent test "$site/people.yaml"
must pass 1 2026-03-01T12:00:00Z
must pass 2 2026-03-02T12:00:00Z

# ---- what must be so in the end ---------------------------------------------------------------------

db()
{
	sql_of "$JP_DATABASE" "$1"
}
# Whatever a run could write twice or lose, without ids and times.
rows()
{
	db "SELECT 'posting', b.token, p.external_id, p.title, CAST(p.closed_at IS NULL AS INTEGER), p.missed
	      FROM posting p JOIN board b ON b.id = p.board_id ORDER BY 2, 3;
	    SELECT 'event', b.token, p.external_id, e.kind, count(*) FROM posting_event e
	      JOIN posting p ON p.id = e.posting_id JOIN board b ON b.id = p.board_id
	     GROUP BY 2, 3, 4 ORDER BY 2, 3, 4;
	    SELECT 'match', u.email, s.name, p.external_id, m.score FROM match m
	      JOIN search s ON s.id = m.search_id JOIN subscriber u ON u.id = s.subscriber_id
	      JOIN posting p ON p.id = m.posting_id ORDER BY 2, 3, 4;
	    SELECT 'sent', u.email, p.external_id FROM sent t JOIN subscriber u ON u.id = t.subscriber_id
	      JOIN posting p ON p.id = t.posting_id ORDER BY 2, 3;"
}
# mails FILE...: one "recipient URL" a line for every posting in every mail, sorted, repeats kept.
mails()
{
	for f; do
		awk '/^To: /{sub(/.*</,""); sub(/^To: /,""); sub(/>.*/,""); to=$0}
		     /^Content-Type: text\/html/{exit}
		     {while (match($0, /https:\/\/(anvil|basil)\.example\/[a-z0-9]+/)) {
		         print to, substr($0, RSTART, RLENGTH); $0 = substr($0, RSTART + RLENGTH)}}' "$f"
	done | tr -d '\r' | sort
}
# The mails of every transport, one file a message, in $site/flat.
flatten()
{
	rm -rf "$site/flat"
	mkdir "$site/flat"
	find "$site/mail/new" "$site/sink" -type f 2>/dev/null | while read -r f; do
		cp "$f" "$site/flat/$(echo "$f" | cksum | tr ' ' -)"
	done
	[ ! -f "$site/mbox" ] || (cd "$site/flat" && awk '/^From /{n++} {print > ("mbox-" n)}' ../mbox)
}
delivered()
{
	flatten
	set -- "$site"/flat/*
	[ -e "$1" ] || return 0
	mails "$@"
}

# finish: what cron would do after the accident, and again when every lease and back-off is over.
finish()
{
	pass 3 2026-03-03T13:00:00Z && at 2026-03-03T19:30:00Z jp-mail -q && at 2026-03-03T23:59:00Z jp-mail -q
}

# keep STATE: the site as it stands; fresh STATE: the site is as it was then.
keep()
{
	eval "kept_$1=\$(copy_database \"$JP_DATABASE\" '$1')" || t_die "no copy for $1"
	rm -rf "${site:?}/$1"
	mkdir "$site/$1"
	[ ! -d "$site/mail" ] || cp -R "$site/mail" "$site/$1/"
}
fresh()
{
	drop_database "$JP_DATABASE"
	eval "JP_DATABASE=\$(copy_database \"\$kept_$1\" jobping)" || t_die "no copy of $1"
	rm -rf "$site/mail" "$site/mbox"* "$site/sink" "$site/flat"
	cp -R "$site/$1/." "$site/"
}

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
# agree WHAT: rows and mails are those of the run without a fault.
agree()
{
	if ! cmp -s rows.want rows.got || ! cmp -s mails.want mails.got; then
		note "$1:"
		{
			diff rows.want rows.got
			diff mails.want mails.got
		} | head -n 12 | sed 's/^/# /'
		return 1
	fi
	on_postgres || db "PRAGMA integrity_check" | grep -qx ok
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

keep before_scrape
must at 2026-03-03T12:00:00Z jp-scrape -q --replay "$site/day3"
keep before_match
must at 2026-03-03T12:00:00Z jp-match -q
keep before_mail

# The end without a fault, from each start: the same.
fresh before_scrape
must at 2026-03-03T12:00:00Z jp-scrape -q --replay "$site/day3"
must finish
rows >rows.want
delivered >mails.want
ok 'the reference delivers something' test "$(wc -l <mails.want)" -gt 20
ok 'the reference delivers nothing twice' test -z "$(uniq -d mails.want)"
for s in before_match before_mail; do
	fresh "$s"
	must finish
	rows >rows.got
	delivered >mails.got
	ok "$s ends the same" agree "$s"
done

for mode in kill torn full; do
	sweep "jp-scrape, $mode" before_scrape "$mode" jp-scrape -q --replay "$site/day3"
	sweep "jp-match, $mode" before_match "$mode" jp-match -q
	sweep "jp-mail into a Maildir, $mode" before_mail "$mode" jp-mail -q
done

export JP_MAIL_TRANSPORT=mbox
fresh before_mail
must finish
rows >rows.want
delivered >mails.want
for mode in kill torn full; do
	sweep "jp-mail into an mbox, $mode" before_mail "$mode" jp-mail -q
done
unset JP_MAIL_TRANSPORT

# ---- random moments -------------------------------------------------------------------------------------

fresh before_scrape
must at 2026-03-03T12:00:00Z jp-scrape -q --replay "$site/day3"
must finish
rows >rows.want
delivered >mails.want
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
people()
{
	db "SELECT u.email, u.status, s.name, s.query, count(*) FROM subscriber u JOIN search s ON s.subscriber_id = u.id
	     GROUP BY 1, 2, 3, 4 ORDER BY 1, 3; SELECT count(*) FROM consent; SELECT kind, token FROM board ORDER BY 1, 2"
}
empty_site()
{
	rm -f "$site/copy.db"*
	drop_database "$JP_DATABASE"
	JP_DATABASE=$(new_database jobping) || t_die 'no database'
	must jp-db init -q
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
