#!/bin/sh
# The main job as a user runs it: streaming through pipes or one program after the other gives the
# same mails, under cron's bare environment, with early-closed pipes and with two runs at once.
. "${0%/*}/lib.sh"

demo=$T_TOP/examples/demo

# site NAME: a site of the demonstration's boards and people, made at five in the morning.
site()
{
	mkdir -p "$T_WORK/$1"
	T_DB=$(new_database "$1") || t_die "no database $1"
	sed "s|^database:.*|database: $T_DB|" "$demo/jobping.yaml" >"$T_WORK/$1/jobping.yaml"
	export JP_CONFIG="$T_WORK/$1/jobping.yaml" JP_CLOCK=2026-03-02T05:00:00Z
	jp-db init -q || t_die "no site $1"
	jp-board import -q "$demo/boards.yaml" || t_die "no boards in $1"
	jp-user import -q --consent "asked" "$demo/subscribers.yaml" || t_die "nobody in $1"
}
# mails NAME: recipient, subject and every link of every mail but those with tokens, sorted.
mails()
{
	find "$T_WORK/$1/mail/new" -type f | while read -r f; do
		tr -d '\r' <"$f" | awk '/^To: /{to=$0} /^Subject: /{subject=$0}
			/^Content-Type: text\/html/{exit}
			/^ *https:/ && !/\/[um]\//{print to, subject, $1}'
	done | sort
}
clock()
{
	export JP_CLOCK="2026-03-0$1Z"
}

site apart
for day in 2 3 4; do
	clock "${day}T23:30:00"
	run jp-scrape -q --replay "$demo/round$((day - 1))"
	ok "C01 day $day: jp-scrape -q ends well" exits 0
	ok 'and is silent on stdout' no_out
	ok 'and on stderr' no_err
	run jp-match -q
	ok "C01 day $day: jp-match -q ends well" exits 0
	ok 'and is silent on stdout' no_out
	ok 'and on stderr' no_err
	run jp-mail -q
	ok "C01 day $day: jp-mail -q ends well" exits 0
	ok 'and is silent on stdout' no_out
	ok 'and on stderr' no_err
done
mails apart >apart.mails
ok 'mails were delivered' test "$(wc -l <apart.mails)" -gt 50
ok 'promise 2: nobody got a posting twice' test -z "$(sed 's/ Subject: .* / /' apart.mails | uniq -d)"

site piped
for day in 2 3 4; do
	clock "${day}T23:30:00"
	{ { jp-scrape --replay "$demo/round$((day - 1))" || echo "jp-scrape $?" >>status; } |
		{ jp-match - || echo "jp-match $?" >>status; } |
		{ jp-mail - || echo "jp-mail $?" >>status; }; } >piped.out 2>piped.err
	ok "day $day: the pipe says nothing on stderr" test ! -s piped.err
done
ok 'the pipe: every program ended well' test ! -e status
mails piped >piped.mails
ok 'L04 pipes and files of rows give the same mails' cmp apart.mails piped.mails

piped=$T_DB
site json
for day in 2 3 4; do
	clock "${day}T23:30:00"
	jp-scrape -j --replay "$demo/round$((day - 1))" | jp-match -j - | jp-mail -j - >json.out
done
mails json >json.mails
ok 'JSON Lines in the pipe give the same mails' cmp apart.mails json.mails

clock 4T23:45:00
run jp-mail
ok 'run again, it ends well' exits 0
ok 'and sends nothing' no_out

site closed
clock 2T23:30:00
{ jp-scrape --replay "$demo/round1" || echo "$?" >closed.status; } 2>closed.err | head -n 1 >closed.out
ok 'L03 a reader that goes away is no error' test ! -e closed.status
ok 'and nothing is said of it' test ! -s closed.err
ok 'promise: nothing is lost by it' same "$(sql 'SELECT count(*) FROM posting')" \
	"$(sql_of "$piped" 'SELECT count(*) FROM posting WHERE first_seen < 1772496000000')"

site twice
clock 2T23:30:00
jp-scrape -q --replay "$demo/round1" &
first=$!
jp-scrape -q --replay "$demo/round1"
wait "$first"
jp-match -q &
first=$!
jp-match -q
wait "$first"
jp-mail -q &
first=$!
jp-mail -q
wait "$first"
mails twice >twice.mails
clock 2T23:31:00
JP_CONFIG=$T_WORK/closed/jobping.yaml
jp-match -q && jp-mail -q
mails closed >closed.mails
ok 'C04 two of each at once give the same mails as one' cmp twice.mails closed.mails

site cron
clock 2T23:30:00
run env -i ${JP_DB_PREPARE:+JP_DB_PREPARE=$JP_DB_PREPARE} HOME="$HOME" PATH="$PATH" SHELL=/bin/sh LC_ALL=C JP_CONFIG="$JP_CONFIG" JP_CLOCK="$JP_CLOCK" \
	sh -c "jp-scrape -q --replay '$demo/round1' && jp-match -q && jp-mail -q"
ok "C03 the pipeline works in cron's environment" exits 0
ok 'silently' no_err
mails cron >cron.mails
ok 'with the same mails' cmp cron.mails closed.mails

run env -u JP_DB_PREPARE BUILD="$BUILD" sh "$demo/run"
ok 'the demonstration runs' exits 0
ok 'and tells where the mails are' out_has 'The mails are in '
rm -rf "$T_WORK/cron"

done_testing
