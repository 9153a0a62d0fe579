#!/bin/sh
# jobping-scaling(7): what it tells an operator to type is taken from the page and run: a role and a
# database, backup and restore, digests after a restore, settings of tables, what to watch.  (Partitions
# are in t/partition.t, the replica in t/jp-stats-replica.t, jp-db copy in t/jp-db-copy.t.)
. "${0%/*}/lib.sh"
need_postgres
[ "$T_ENGINE" = postgres ] || skip_all 'about the server; once is enough'
need jq
. "$T_TOP/t/accident.sh"

page=$T_TOP/man/jobping-scaling.7
# block REGEX: the literal block of the page in which a line is like that.
block()
{
	awk -v what="$1" '/^\.Bd -literal/ {on = 1; text = ""; next}
		/^\.Ed/ {if (text ~ what) {printf "%s", text; found = 1; exit}; on = 0}
		on {text = text $0 "\n"} END {exit !found}' "$page" | sed 's/\\(mu/x/g' ||
		t_die "the page has no block with $1"
}
# line REGEX: the displayed command of the page that is like that, without its prompt.
line()
{
	grep '^\.Dl ' "$page" | sed 's/^\.Dl //; s/^\$ //' | grep -e "$1" || t_die "the page has no line with $1"
}
bin=${JP_TEST_PSQL%/*}
admin=$(echo "$JP_TEST_POSTGRES_DIRECT" | sed 's|://jp:|://admin:|')
as_admin() { "$JP_TEST_PSQL" -X -q -A -t -v ON_ERROR_STOP=1 -d "$admin" "$@"; }
# recipe REGEX DATABASE: that block, run there as psql runs it.
recipe()
{
	block "$1" >recipe.sql
	run "$JP_TEST_PSQL" -X -q -A -t -v ON_ERROR_STOP=1 -f recipe.sql "$2"
}

# ---- a role and its database ------------------------------------------------------------------------

role=recipe$$
at_end 'as_admin -c "DROP DATABASE IF EXISTS $role WITH (FORCE)" -c "DROP ROLE IF EXISTS $role"'
block 'CREATE ROLE' | sed "s/jobping/$role/g; s/'\.\.\.'/'spoken'/" >recipe.sql
run as_admin -f recipe.sql
ok 'a role and its database are made' exits 0
run env JP_DATABASE="postgresql://$role:spoken@${JP_TEST_POSTGRES_DIRECT##*@}" \
	sh -c 'JP_DATABASE=${JP_DATABASE%/*}/'"$role jp-db init -q && "'JP_DATABASE=${JP_DATABASE%/*}/'"$role jp-db check"
ok 'which is all that the programs need' exits 0
ok 'without a word' no_err

# ---- backup and restore -----------------------------------------------------------------------------

three_states
fresh before_mail
export JP_CLOCK=2026-03-03T12:00:00Z
line '^pg_dump' | sed "s|postgresql://[^ ]*|$JP_DATABASE|; s|^|$bin/|" >backup.sh
run sh backup.sh
ok 'a backup is made' exits 0
ok 'is there' test -s jobping.dump
must jp-mail -q
delivered >mails.sent
# restored NAME: the backup, in another database.
restored()
{
	JP_DATABASE=$(new_database "$1") || t_die 'no database'
	# The schema beside ours is the tests'.
	"$bin/pg_restore" --no-owner -n public -d "$JP_DATABASE" jobping.dump || t_die 'not restored'
}
mkdir kept
cp -R "$site/mail" kept/
restored first
must jp-mail -q
delivered >mails.got
ok 'a restored database knows nothing of what was sent since' test "$(wc -l <mails.got)" -gt "$(wc -l <mails.sent)"
rm -rf "$site/mail"
cp -R kept/mail "$site/"
restored second
recipe 'INSERT INTO sent' "$JP_DATABASE"
ok 'the recipe for digests is run' exits 0
must jp-mail -q
delivered >mails.got
ok 'and nothing is sent again' cmp mails.sent mails.got
run jp-db check
ok 'nothing is wrong with it' exits 0
day 4 "$(greenhouse 11:Smith:Iron 14:Carter:Horses 18:Founder:Bells)" "$(lever x1:Cook:Soup x7:Vintner:Wine)"
must pass 4 2026-03-04T12:00:00Z
delivered >mails.got
ok 'what is new since is sent' test "$(comm -13 mails.sent mails.got | wc -l)" -gt 0
ok 'and only that' same "$(comm -13 mails.sent mails.got | grep -v -e '/18$' -e '/x7$')" ''

# ---- settings ---------------------------------------------------------------------------------------

recipe 'fillfactor' "$JP_DATABASE"
ok 'the tables are set for autovacuum' exits 0
ok 'each of them' same "$(db "SELECT count(*) FROM pg_class WHERE reloptions IS NOT NULL AND relkind = 'r'")" \
	"$(grep -c '^ALTER TABLE' recipe.sql)"
names=$(block 'archive_command' | sed 's/ *=.*//')
for name in $names; do
	ok "the server knows $name" same "$(db "SELECT count(*) FROM pg_settings WHERE name = '$name'")" 1
done
block 'jp-scrape -q' | sed 's/^[^j]*//' >crontab.sh
ok 'the crontabs have their lines' test "$(wc -l <crontab.sh)" -eq 4
mkdir -p empty && : >empty/index.tsv
sed -i "s|^jp-scrape -q|& --replay $site/day4|" crontab.sh
run sh -e crontab.sh
ok 'which can be run' exits 0
ok 'and say nothing' no_err

# ---- watching ---------------------------------------------------------------------------------------

block 'pg_blocking_pids' >watch.sql
ok 'five things are to be watched' same "$(grep -c ';$' watch.sql)" 5
# Somebody holds a table, somebody else waits for it, and it began long ago.
sed -i "s/interval '1 minute'/interval '0'/" watch.sql
mkfifo hold
"$JP_TEST_PSQL" -X -A -t -q "$JP_DATABASE" <hold >held 2>&1 &
holder=$!
exec 8>hold
echo 'BEGIN; LOCK TABLE board; SELECT 1;' >&8
until_true test -s held || t_die 'nobody holds the table' held
jp-board list >waiting.out 2>waiting.err 8>&- &
waiting=$!
somebody_waits()
{
	[ "$(db "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
		AND wait_event_type = 'Lock'")" -ge 1 ]
}
until_true somebody_waits || t_die 'nobody waits' waiting.err
run "$JP_TEST_PSQL" -X -q -A -t -v ON_ERROR_STOP=1 -f watch.sql "${admin%/*}/${JP_DATABASE##*/}"
exec 8>&-
wait "$holder" "$waiting"
ok 'all of it can be asked' exits 0
ok 'who waits for whom is shown' out_has '^[0-9]*\|\{[0-9]*\}\|SELECT'
ok 'and what holds others up' out_has 'idle in transaction'
ok 'and where connections come from' out_has '^127.0.0.1\|[0-9]'
done_testing
