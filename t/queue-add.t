#!/bin/sh
# jp-queue add by accident: killed at its Nth write, fsync or send, with that write whole or torn, denied
# the disk from the Nth write on, or killed at random moments; one task, and lines by thousands.  What was
# told is there once, as it was given; nothing is there by half; and the same lines added again are all
# there once.
#
# JP_SEED picks the sample of N that `make check` tries; JP_SOAK tries many.
. "${0%/*}/lib.sh"

need python3
[ -z "${JP_ASAN:-}" ] || skip_all 'the preload and the sanitizers exclude each other'
preload=$BUILD/t/preload/fault.so
[ -f "$preload" ] || skip_all 'no preload was built'
seed=${JP_SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
[ -n "${JP_SOAK:-}" ] && sample=300 || sample=8
note "JP_SEED=$seed, $sample of each"

# In memory where that is possible: the faults are ours, not the disk's.
if shm=$(mktemp -d /dev/shm/jp-add.XXXXXX 2>/dev/null); then
	at_end 'rm -rf "$shm"'
	T_DB_DIR=$shm
fi
new_site </dev/null

lines=3000
seq "$lines" | sed 's/.*/{"type":"many","key":"k&","payload":{"n":&}}/' >many.jsonl
echo '{"type":"many","key":"k1","payload":{"n":1}}' >one.jsonl
add_one()
{
	"$@" jp-queue add -k k1 many '{"n":1}'
}
add_many()
{
	"$@" jp-queue add - <many.jsonl
}

# told FILE: the tasks that were told whole, as rows has them; of one task the line is its first.
told()
{
	{
		[ -z "$(tail -c 1 "$1")" ] || sed '$d' "$1"
		[ -n "$(tail -c 1 "$1")" ] || cat "$1"
	} |
		awk -F '\t' '{n = $3 == "" ? 1 : $3; print $1 "|k" n "|{\"n\":" n "}"}' | sort
}
rows()
{
	sql 'SELECT id, key, payload FROM task' | sort
}
is_sound()
{
	on_postgres || [ "$(sql 'PRAGMA integrity_check')" = ok ]
}
# judge WHAT N: what the accident left, and then the same added again; says what is wrong.
judge()
{
	told told.out >told.want
	rows >rows.got
	[ -z "$(comm -23 told.want rows.got)" ] || {
		note "told and not there: $(comm -23 told.want rows.got | head -n 2)"
		return 1
	}
	[ -z "$(cut -d '|' -f 2 rows.got | sort | uniq -d)" ] || {
		note 'a task is there twice'
		return 1
	}
	awk -F '|' '$3 != "{\"n\":" substr($2, 2) "}" {bad = 1} END {exit bad}' rows.got || {
		note 'a task is there by half'
		return 1
	}
	is_sound || {
		note 'the database is damaged'
		return 1
	}
	"add_$1" env >again.out 2>again.err || {
		note "cannot be added again: $(head -n 2 again.err)"
		return 1
	}
	rows | cut -d '|' -f 2 | sort -u >keys.got
	[ "$(wc -l <keys.got) $(rows | wc -l)" = "$2 $2" ] || {
		note "$(rows | wc -l) tasks and $(wc -l <keys.got) keys, not $2"
		return 1
	}
	sql 'DELETE FROM task' >/dev/null
}

# Every call when they are few, else a sample.
for what in one many; do
	[ $what = one ] && n_tasks=1 || n_tasks=$lines
	rm -f count
	"add_$what" env LD_PRELOAD="$preload" JP_TEST_FAULT_COUNT="$T_WORK/count" >told.out 2>faulty.err
	ok "$what: added without an accident" judge "$what" "$n_tasks"
	calls=$(cat count)
	for mode in kill torn full; do
		if [ $mode = full ] && on_postgres; then
			continue # the disk is the server's
		fi
		tried=0 bad=0 n_told=0
		while [ "$tried" -lt "$sample" ] && [ "$bad" = 0 ]; do
			n=$(((seed * 31 + tried * calls / sample) % calls + 1))
			code=0
			"add_$what" env LD_PRELOAD="$preload" JP_TEST_FAULT="$mode:$n" >told.out 2>faulty.err || code=$?
			[ ! -s told.out ] || n_told=$((n_told + 1))
			case $mode:$code in
			kill:137 | torn:137) ;;
			full:75) grep -q -i -E 'disk|space|full' faulty.err || bad=1 ;;
			*:0) ;; # the last calls are after the end, or stand for none
			*) bad=1 ;;
			esac
			judge "$what" "$n_tasks" || bad=1
			[ "$bad" = 0 ] || note "$mode:$n of $calls: exit $code: $(head -n 3 faulty.err)"
			tried=$((tried + 1))
		done
		ok "$what, $mode: $tried of $calls calls, $n_told of them after something was told" test "$bad" = 0
	done
done

moment=0 bad=0
while [ "$moment" -lt "$sample" ] && [ "$bad" = 0 ]; do
	moment=$((moment + 1))
	us=$(((seed * 7919 + moment * 104729) % 150000))
	{ add_many timeout --foreground -s KILL "0.$(printf %06d $us)"; } >told.out 2>faulty.err || :
	judge many "$lines" || {
		bad=1
		note "moment $us us"
	}
done
ok "many, killed at $moment random moments" test "$bad" = 0

# A producer that waits for each id, killed between them: exactly what it was told is there.
mkfifo to from
bad=0
for n in 1 5 9; do
	jp-queue add many - <to >from &
	pid=$!
	exec 8>to 9<from
	i=0
	while [ "$i" -lt "$n" ]; do
		i=$((i + 1))
		echo "$i" >&8
		read -r _ <&9 || bad=1
	done
	kill -KILL $pid
	wait $pid 2>/dev/null
	exec 8>&- 9<&-
	[ "$(sql 'SELECT count(*) FROM task')" = "$n" ] || bad=1
	sql 'DELETE FROM task' >/dev/null
done
ok 'what one by one was told is there, and no more' test "$bad" = 0

done_testing
