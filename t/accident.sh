#!/bin/sh
# A site with two boards and four people, three days old, on the day of an accident: for tests that
# break programs off, lose their connections or cut machines off, and then ask whether anything was
# lost or doubled.  Read after lib.sh.
#
# keep and fresh go back to a state; finish is what cron would do after the accident; agree compares
# what the database and the mails hold with rows.want and mails.want of a run without one.
# shellcheck shell=sh


# ---- the site ------------------------------------------------------------------------------------

# In memory where that is possible: the faults are ours, not the disk's.
site=$T_WORK/site
if shm=$(mktemp -d /dev/shm/jp-kill.XXXXXX 2>/dev/null); then
	at_end 'rm -rf "$shm"'
	ln -s "$shm" "$site"
fi
mkdir -p "$site"
export JP_CONFIG="$site/jobping.yaml"
# shellcheck disable=SC2034 # read by lib.sh
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
	eval "JP_DATABASE=\$(copy_database \"\$kept_$1\" jobping \"$JP_DATABASE\")" || t_die "no copy of $1"
	rm -rf "$site/mail" "$site/mbox"* "$site/sink" "$site/flat"
	cp -R "$site/$1/." "$site/"
}
# agree WHAT: rows and mails are those of the run without a fault.
agree()
{
	if ! cmp -s rows.want rows.got || ! cmp -s mails.want mails.got; then
		note "$1: $({
			diff rows.want rows.got
			diff mails.want mails.got
		} | head -n 12)"
		return 1
	fi
	on_postgres || db "PRAGMA integrity_check" | grep -qx ok
}

# Who and what the imports bring.
people()
{
	db "SELECT u.email, u.status, s.name, s.query, count(*) FROM subscriber u JOIN search s ON s.subscriber_id = u.id
	     GROUP BY 1, 2, 3, 4 ORDER BY 1, 3; SELECT count(*) FROM consent; SELECT kind, token FROM board ORDER BY 1, 2"
}

# ---- the states -----------------------------------------------------------------------------------

# three_states: before_scrape, before_match and before_mail of the third day, and what is wanted of
# each in the end.
three_states()
{
	keep before_scrape
	must at 2026-03-03T12:00:00Z jp-scrape -q --replay "$site/day3"
	keep before_match
	must at 2026-03-03T12:00:00Z jp-match -q
	keep before_mail
	want before_scrape jp-scrape -q --replay "$site/day3"
	ok 'the reference delivers something' test "$(wc -l <mails.want)" -gt 20
	ok 'the reference delivers nothing twice' test -z "$(uniq -d mails.want)"
	for s in before_match before_mail; do
		fresh "$s"
		must finish
		rows >rows.got
		delivered >mails.got
		ok "$s ends the same" agree "$s"
	done
}
# want STATE COMMAND...: what is so in the end when nothing happens.
want()
{
	fresh "$1"
	shift
	must at 2026-03-03T12:00:00Z "$@"
	must finish
	rows >rows.want
	delivered >mails.want
}
