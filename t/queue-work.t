#!/bin/sh
# jp-queue work: handlers that do well and badly, one process a task and in batch mode; signals, time
# limits, reloading; the worker stopped past its lease; crashes of worker and handlers at every write and at
# random moments.  The oracle counts effects: each task's handler appends to a file of its own when it
# begins and when it is over.
#
# JP_SEED picks the sample of moments that `make check` tries; JP_SOAK tries thousands.
. "${0%/*}/lib.sh"

need python3
seed=${JP_SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
note "JP_SEED=$seed"

mkdir fx
# effect WORD: what a handler in the shell does.
cat >effect <<'END'
#!/bin/sh
# Begins, works a little, ends; two lines in the task's own file, which no other task touches.
echo "begin $$" >>"fx/$JP_TASK_ID"
cat >/dev/null
echo "end $$" >>"fx/$JP_TASK_ID"
END
chmod +x effect
# A handler of batch mode; its first argument says what it does wrong.
cat >batch.py <<'END'
import json, os, signal, sys
how = sys.argv[1] if len(sys.argv) > 1 else "well"
seen = 0
def say(**answer):
    print(json.dumps(answer), flush=True)
held = []
for line in sys.stdin:
    task = json.loads(line)
    seen += 1
    with open("fx/%d" % task["id"], "a") as f:
        f.write("begin %d\n" % os.getpid())
        f.flush()
        if how == "hang" and task["payload"] == "bad":
            signal.pause()
        if how == "die" and task["payload"] == "bad":
            os.kill(os.getpid(), 9)
        if how == "leave" and seen == 2:
            sys.exit(0)
        f.write("end %d\n" % os.getpid())
    if how == "flood":
        sys.stdout.write("x" * 300000 + "\n")
    if how == "babble":
        for i in range(200):
            print("what?", flush=True)
        continue
    if how == "stranger":
        say(id=task["id"] + 100000, status="done")
    if how == "err":
        sys.stderr.write("about task %d\n" % task["id"])
    if how == "backwards":
        held.append(task["id"])
        if len(held) == 3:
            for i in reversed(held):
                say(id=i, status="done")
            held = []
        continue
    if how == "judge":
        say(id=task["id"], **task["payload"])
    else:
        say(id=task["id"], status="done")
END

# The same in the shell, which starts quickly.
cat >batch.sh <<'END'
while read -r line; do
	id=${line#*:}
	id=${id%%,*}
	echo "begin $$" >>"fx/$id"
	echo "end $$" >>"fx/$id"
	echo "{\"id\":$id,\"status\":\"done\"}"
done
END

# One that waits at the gate when it is told to.
cat >gated.sh <<'END'
while read -r line; do
	case $line in
	*wait*)
		echo x >>began
		read -r open <gate
		;;
	esac
	id=${line#*:}
	echo "{\"id\":${id%%,*},\"status\":\"done\"}"
done
END

# Long enough for Python to begin.
[ -z "${JP_ASAN:-}" ] && hang=2s || hang=5s
new_site <<END
queue:
  lease: 5s
  poll: 50ms
  grace: 1s
  types:
    scrape: {every: 0}
    match: {every: 0}
    email: {every: 0}
    cleanup: {every: 0}
    one: {command: [./effect], concurrency: 1..4, backoff: 0s}
    say: {command: [sh, -c, 'cat; echo "\$JP_TASK_TYPE \$JP_TASK_ATTEMPT/\$JP_TASK_MAX_ATTEMPTS key=\$JP_TASK_KEY" >&2; exit 1'], retries: 0}
    code: {command: [sh, -c, 'read -r n; exit \$n'], backoff: 1h, retries: 3}
    wait: {command: [sh, -c, 'echo "{\"retry_in\": \"2h\"}"; exit 75'], backoff: 1m}
    hang: {command: [tail, -f, /dev/null], timeout: 300ms, backoff: 1h}
    deaf: {command: ['true']}
    stubborn: {command: [sh, -c, 'trap "" TERM; echo x >>began; exec tail -f /dev/null'], backoff: 1h}
    slow: {command: [sh, -c, 'echo x >>began; exec tail -f /dev/null'], backoff: 1h}
    brief: {command: [sh, -c, 'echo x >>began; read -r line <gate; ./effect </dev/null'], backoff: 1h}
    missing: {command: [/nonexistent/handler]}
    flood1: {command: [sh, -c, 'yes | head -c 3000000; echo the end; exit 65']}
    many: {command: [python3, batch.py], batch: 10, concurrency: 1..3, backoff: 0s}
    quick: {command: [sh, batch.sh], batch: 4, concurrency: 1..3, backoff: 0s}
    next: {command: [sh, batch.sh], batch: 1, concurrency: 1..3, backoff: 0s}
    gated: {command: [sh, gated.sh], batch: 1}
    bhang: {command: [python3, batch.py, hang], batch: 5, timeout: $hang, retries: 1, backoff: 0s}
    bdie: {command: [python3, batch.py, die], batch: 5, retries: 1, backoff: 0s}
    bleave: {command: [python3, batch.py, leave], batch: 2, retries: 50, backoff: 0s}
    bflood: {command: [python3, batch.py, flood], batch: 5}
    bbabble: {command: [python3, batch.py, babble], batch: 1, retries: 1, backoff: 0s}
    bstranger: {command: [python3, batch.py, stranger], batch: 5}
    bback: {command: [python3, batch.py, backwards], batch: 3}
    berr: {command: [python3, batch.py, err], batch: 3}
    bjudge: {command: [python3, batch.py, judge], batch: 3, backoff: 1h, retries: 3}
    tick: {command: [./effect], every: 1h}
    parent: {command: [sh, -c, 'sh -c "echo x >>began; exec tail -f /dev/null" >held & wait'], concurrency: 3}
END

states()
{
	sql "SELECT state || ' ' || count(*) FROM task WHERE type = '$1' GROUP BY state ORDER BY state" |
		tr '\n' ' '
}
field()
{
	sql "SELECT $2 FROM task WHERE type = '$1' ORDER BY id LIMIT 1"
}
add()
{
	jp-queue add -q "$@" || t_die "cannot add $*"
}
add_n()
{
	i=0
	while [ "$i" -lt "$2" ]; do
		i=$((i + 1))
		echo "$i"
	done | jp-queue add -q "$1" - || t_die "cannot add $1"
}
drain()
{
	run timeout 600 jp-queue work "$@" --drain
}
# Every effect of the tasks of a type began and ended once.
once_each()
{
	for id in $(sql "SELECT id FROM task WHERE type = '$1'"); do
		[ "$(cut -d ' ' -f 1 "fx/$id" | tr '\n' ' ')" = 'begin end ' ] || {
			echo "task $id: $(tr '\n' ' ' <"fx/$id")" >&3
			return 1
		}
	done
}

# ---- one process a task --------------------------------------------------------------------------

add_n one 20
drain one
ok 'twenty tasks are run' exits 0
ok 'nothing is said on stdout' no_out
ok 'nor on stderr' no_err
ok 'all are done' same "$(states one)" 'done 20 '
ok 'each once' once_each one

add -k 'a key' say '{"n":1}'
drain say
ok 'a handler gets the payload on stdin and facts in its environment' same \
	"$(jp-queue show "$(field say id)" | sed -n 's/^output\t//p')" '{"n":1}say 1/1 key=a key\n'
ok 'a dead task is told' err_has '^jp-queue: task [0-9]+: dead: exit 1; see jp-queue show [0-9]+$'

for code in 0 1 64 65 69 75 78 79; do add code "$code"; done
drain code
ok 'the exit status decides' same "$(sql "SELECT payload || ' ' || state FROM task WHERE type = 'code'
	ORDER BY id" | tr '\n' ' ')" \
	'0 done 1 delayed 64 dead 65 dead 69 dead 75 delayed 78 dead 79 delayed '
ok 'the reason is kept' same "$(sql "SELECT error FROM task WHERE type = 'code' AND payload = '1'")" 'exit 1'
ok 'the back-off is between its bounds' same "$(sql "SELECT count(*) FROM task WHERE type = 'code'
	AND state = 'delayed' AND (run_at - started_at < 3600000 OR run_at - started_at > 3610000)")" 0

add wait
drain wait
ok 'a last line with retry_in decides when' same "$(sql "SELECT (run_at - started_at) / 600000 FROM task
	WHERE type = 'wait'")" 12

add hang
drain hang
ok 'a handler that hangs is ended' same "$(states hang)" 'delayed 1 '
ok 'and the task knows why' same "$(field hang error)" 'no answer within 300ms'

head -c 200000 /dev/zero | tr '\0' x | sed 's/.*/"&"/' >big
run sh -c 'jp-queue add -q deaf - <big'
drain deaf
ok 'a handler that does not read its payload is no trouble' same "$(states deaf)" 'done 1 '

add flood1
drain flood1
ok 'a flood on stdout is drained' same "$(states flood1)" 'dead 1 '
ok 'and its last 4 KiB are kept' same "$(sql "SELECT length(output) FROM task WHERE type = 'flood1'")" 4096

add missing
run timeout 600 jp-queue work missing --for 300ms
ok 'a command that is not there ends well' exits 0
ok 'is named' err_has 'missing: /nonexistent/handler: exit 127: the command is not found; tried again later'
ok 'once: it is not started again and again' err_lines 1
ok 'and is not the fault of the task' same "$(states missing)$(field missing attempts)" 'waiting 1 0'

# ---- batch mode ----------------------------------------------------------------------------------

add_n many 200
drain many
ok 'batch mode: 200 tasks' same "$(states many)" 'done 200 '
ok 'each once' once_each many
ok 'by few processes' test "$(sql "SELECT 'fx/' || id FROM task WHERE type = 'many'" | xargs cat |
	cut -d ' ' -f 2 | sort -u | wc -l)" -le 3
add_n next 200
drain next
ok 'one at a time: 200 tasks' same "$(states next)" 'done 200 '
ok 'each once, too' once_each next

add bjudge '{"status":"done","result":{"n":3}}'
add bjudge '{"status":"dead","error":"no such thing"}'
add bjudge '{"status":"retry","retry_in":"2h","error":"busy"}'
add bjudge '{"retry_in":7200}'
add bjudge '{"status":"retry"}'
drain bjudge
ok 'an answer decides' same "$(sql "SELECT state || ' ' || coalesce(error, '-') || ' ' ||
	coalesce(result, '-') || ' ' || CASE WHEN state = 'delayed' THEN (run_at - started_at + 600000) / 3600000 ELSE 0 END
	FROM task WHERE type = 'bjudge' ORDER BY id" | tr '\n' ';')" \
	'done - {"n":3} 0;dead no such thing - 0;delayed busy - 2;delayed - - 2;delayed - - 1;'

for kind in bhang bdie; do
	add "$kind" '"good"'
	add "$kind" '"bad"'
	for i in 1 2 3; do add "$kind" '"good"'; done
	drain "$kind"
	ok "$kind: the one that did it is dead, the others are done" same "$(sql "SELECT payload || ' ' || state
		FROM task WHERE type = '$kind' ORDER BY id" | tr '\n' ' ')" \
		'"good" done "bad" dead "good" done "good" done "good" done '
	ok "$kind: the others lost no attempt" same \
		"$(sql "SELECT max(attempts) FROM task WHERE type = '$kind' AND payload <> '\"bad\"'")" 1
done
ok 'a hang is told to its task' same \
	"$(sql "SELECT error FROM task WHERE type = 'bhang' AND state = 'dead'")" "no answer within $hang"
ok 'and a death' same "$(sql "SELECT error FROM task WHERE type = 'bdie' AND state = 'dead'")" \
	'the handler ended (killed by signal 9 (Killed)) without an answer'

add_n bleave 3
drain bleave
ok 'one that leaves early is started again' same "$(states bleave)" 'done 3 '
add_n bflood 3
drain bflood
ok 'lines that are too long are named and skipped' err_has 'bflood: handler [0-9]+: writes a line that is too long'
ok 'answers beside them count' same "$(states bflood)" 'done 3 '
add bbabble
drain bbabble
ok 'one that babbles is ended' same "$(states bbabble)$(field bbabble error)" \
	'dead 1 the handler writes what is no answer'
add_n bstranger 3
drain bstranger
ok 'an answer for a task it was not given is named' err_has 'answers for task 100[0-9]+, which it was not given'
ok 'and ignored' same "$(states bstranger)" 'done 3 '
add_n bback 3
drain bback
ok 'answers may come in any order' same "$(states bback)" 'done 3 '
add_n berr 2
drain berr
ok 'what a handler says on stderr is passed on' err_has '^jp-queue: berr: about task [0-9]+$'

# ---- recurring work ------------------------------------------------------------------------------

drain tick
ok 'every: the first is run at once' same "$(sql "SELECT state || ' ' || payload FROM task WHERE type = 'tick'
	ORDER BY id" | tr '\n' ' ')" 'done {} delayed {} '
ok 'and the next comes so long after' same \
	"$(sql "SELECT (due - created_at) / 60000 FROM task WHERE type = 'tick' AND state = 'delayed'")" 60
drain tick
ok 'not before' same "$(states tick)" 'delayed 1 done 1 '

# ---- --once, -c, types ---------------------------------------------------------------------------

sql 'DELETE FROM task' >/dev/null
add_n one 8
run timeout 600 jp-queue work one --once -c 1
ok '--once claims once' same "$(states one)" 'done 1 waiting 7 '
run jp-queue work nonsense
ok 'a type that is not there is refused' exits 78
ok 'with what to do' err_has '^jp-queue: nonsense: no such type of task; types stand below queue.types'
drain one

# ---- signals -------------------------------------------------------------------------------------

# wait_for FILE LINES [TEXT]: until so many were written, with the text in them.
wait_for()
{
	python3 - "$@" <<'END' || t_die "$1 never had $2 lines"
import sys, threading
for i in range(3000):
    try:
        text = sys.argv[3] if len(sys.argv) > 3 else ""
        if sum(text in line for line in open(sys.argv[1])) >= int(sys.argv[2]): sys.exit(0)
    except OSError: pass
    threading.Event().wait(0.01)
sys.exit(1)
END
}
# begin_work ARGUMENTS: a worker in the background, until its handler began.
begin_work()
{
	rm -f began
	jp-queue work "$@" >work.out 2>work.err &
	worker=$!
	wait_for began 1
}
finish_work()
{
	T_STATUS=0
	wait "$worker" || T_STATUS=$?
}

mkfifo gate
# A handler has one task in hand, and its type perhaps another that was claimed ahead.
fill_gated()
{
	sql 'DELETE FROM task' >/dev/null
	{
		yes '"quick"' | head -n 40
		echo '"wait"'
		yes '"quick"' | head -n 5
	} | jp-queue add -q gated -
}
# However long whoever opens the gate takes, the handler is not ended; and the worker has the signal
# before the answer, or both at once.
sed -i 's/^  grace: .*/  grace: 10m/' "$JP_CONFIG"
fill_gated
begin_work gated
kill -STOP "$worker"
kill -TERM "$worker"
echo >gate
kill -CONT "$worker"
finish_work
ok 'SIGTERM: what was claimed ahead goes back' same "$(states gated)" 'done 41 waiting 5 '
ok 'as if not begun' same "$(sql "SELECT max(attempts) FROM task WHERE state = 'waiting'")" 0
fill_gated
begin_work gated
jp-queue pause -q gated
i=0
while [ "$i" -lt 300 ]; do # what nobody begins for a second goes back
	[ "$(sql "SELECT count(*) FROM task WHERE state = 'running'")" = 1 ] && break
	i=$((i + 1))
	timeout 0.2 tail -f /dev/null
done
ok 'a type that is paused: so it does' same "$(states gated)" 'done 40 running 1 waiting 5 '
echo >gate
jp-queue resume -q gated
kill -TERM "$worker"
finish_work
add brief
begin_work brief
kill -TERM "$worker"
echo >gate
finish_work
ok 'SIGTERM: a handler may finish what it has' exits 0
ok 'and its task is done' same "$(states brief)" 'done 1 '
sed -i 's/^  grace: .*/  grace: 1s/' "$JP_CONFIG"

# cpu: milliseconds of computing that our children took, those that have ended.
cpu()
{
	times >cpu.out
	awk 'NR == 2 {gsub("s", ""); for (i = 1; i <= 2; i++) {split($i, t, "m"); n += t[1] * 60 + t[2]}
		printf "%d\n", n * 1000}' cpu.out >cpu.ms
	read -r cpu <cpu.ms
}
[ -n "${JP_ASAN:-}" ] && little=3000 || little=1500 # of the six seconds until it is killed
for kind in slow stubborn; do
	add "$kind"
	cpu
	before=$cpu
	begin_work "$kind"
	kill -TERM "$worker"
	finish_work
	cpu
	ok "SIGTERM: who waits for a handler that is $kind sleeps" test $((cpu - before)) -lt "$little"
	ok "SIGTERM: a handler that is $kind is ended" exits 0
	ok 'its task goes back, as if not begun' same "$(states $kind)$(field $kind attempts)" 'waiting 1 0'
done

add slow
begin_work slow
cp "$JP_CONFIG" config.good
sed -i 's/^  poll: .*/  poll: nonsense/' "$JP_CONFIG"
kill -HUP "$worker"
wait_for work.err 1
ok 'SIGHUP: a bad configuration is told' file_has work.err "queue.poll: 'nonsense' is not a duration"
ok 'and the old one kept' kill -0 "$worker"
cp config.good "$JP_CONFIG"
sed -i 's/^  types:/&\n    fresh: {command: [sh, -c, "echo x >>fresh"]}/' "$JP_CONFIG"
chmod 600 "$JP_CONFIG"
kill -TERM "$worker"
finish_work

rm -f began
jp-queue work -v >work.out 2>work.err &
worker=$!
wait_for began 1
sed -i 's/echo x >>fresh/echo y >>fresher/' "$JP_CONFIG"
kill -HUP "$worker"
wait_for work.err 1 'the configuration was read again'
add fresh
wait_for fresher 1
ok 'SIGHUP: a good one counts from then on' test ! -e fresh
kill -TERM "$worker"
finish_work
sql 'DELETE FROM task' >/dev/null

# A service manager that is told.
cat >manager.py <<'END'
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("manager")
s.settimeout(600)
print("ready", flush=True)
while True:
    text = s.recv(4096).decode()
    open("told", "a").write(text + "\n")
    if "STOPPING=1" in text:
        break
END
start python3 manager.py
add slow
rm -f began
NOTIFY_SOCKET=$T_WORK/manager WATCHDOG_USEC=100000 jp-queue work slow >work.out 2>work.err &
worker=$!
wait_for began 1
kill -HUP "$worker"
wait_for told 6
kill -TERM "$worker"
finish_work
wait "$T_PID" 2>/dev/null
for word in READY=1 WATCHDOG=1 RELOADING=1 MONOTONIC_USEC= 'STATUS=' STOPPING=1; do
	ok "the service manager is told $word" file_has told "^$word"
done
ok 'handlers do not know its socket' same "$(sql "DELETE FROM task" >/dev/null;
	add say; NOTIFY_SOCKET=$T_WORK/manager jp-queue work say --drain 2>/dev/null; states say)" 'dead 1 '

# Who starts it may ignore the ends of its children, and hands that on.
add_n one 3
run timeout -s KILL 300 python3 -c 'import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execvp("jp-queue", ["jp-queue", "work", "one", "--drain"])'
ok 'started with SIGCHLD ignored it hears of its handlers all the same' exits 0
ok 'each is done' same "$(states one)" 'done 3 '

# ---- what handlers started -------------------------------------------------------------------------

# Whatever a handler started has the fifo open; its end is heard when the last of them is gone.
mkfifo held
# orphans HOW: a worker and its handlers' children, until none of them is left.
orphans()
{
	sql 'DELETE FROM task' >/dev/null
	add_n parent 3
	rm -f began
	timeout 600 cat held >/dev/null &
	listener=$!
	jp-queue work parent >work.out 2>work.err &
	worker=$!
}
orphans
wait_for began 3
kill -TERM "$worker"
finish_work
wait "$listener"
ok 'what handlers started ends with them' same "$?$T_STATUS" 00
orphans
wait_for began 3
kill -KILL "$worker"
wait "$worker" 2>/dev/null
wait "$listener"
ok 'and when the worker is killed' same $? 0
[ -n "${JP_SOAK:-}" ] && moments=500 || moments=5
moment=0 bad=0
while [ "$moment" -lt "$moments" ] && [ "$bad" = 0 ]; do
	moment=$((moment + 1))
	us=$(((seed * 6101 + moment * 15485863) % 60000))
	orphans
	# Our own hold on the fifo ends once the worker is gone: a moment may be before any handler.
	exec 8>held
	timeout "0.$(printf %06d $us)" tail -f /dev/null
	kill -KILL "$worker"
	wait "$worker" 2>/dev/null
	exec 8>&-
	wait "$listener" || bad=1
done
ok "at $moment random moments of its beginning, too" test "$bad" = 0
sql 'DELETE FROM task' >/dev/null

# ---- a worker past its lease -----------------------------------------------------------------------

sql 'DELETE FROM task' >/dev/null
cat >late.sh <<'END'
echo x >>began
[ "$(wc -l <began)" = 1 ] || exit 0
read -r line <gate
END
sed -i 's/^  types:/&\n    late: {command: [sh, late.sh]}/' "$JP_CONFIG"
add late
begin_work late -v
kill -STOP "$worker"
# The lease runs out: at the database's time, which for a file is ours.
case $T_ENGINE in
sqlite) later=$(($(date +%s) + 3600)) ;;
*) later= ;;
esac
if [ -n "$later" ]; then
	run env JP_CLOCK="$(date -u -d "@$later" +%Y-%m-%dT%H:%M:%SZ)" timeout 600 jp-queue work late --drain
	ok 'another worker takes a task whose lease is over' same "$(states late)$(field late attempts)" 'done 1 2'
	kill -CONT "$worker"
	echo >gate
	wait_for work.err 1
	ok 'the late answer of the first is refused' file_has work.err 'its lease was over before it was done; another worker has it'
	ok 'and changes nothing' same "$(states late)$(field late attempts)" 'done 1 2'
else
	skip 'another worker takes a task whose lease is over' 'the clock is the server'\''s'
	kill -CONT "$worker"
	echo >gate
fi
kill -TERM "$worker" 2>/dev/null
finish_work

# ---- crashes -----------------------------------------------------------------------------------------

# After each accident the lease runs out and a worker drains the rest: every task is done, ran at least
# once, and not again once it was acknowledged; nothing began while another process had it.
sql 'DELETE FROM task' >/dev/null
# begun: each task and how often it began, of those that also ended once at least.
begun()
{
	awk '$1 == "begin" {n[FILENAME]++} $1 == "end" {ends[FILENAME]++}
		END {for (f in n) if (ends[f]) print substr(f, 4), n[f]}' fx/* | sort
}
check_effects()
{
	[ "$(states quick)$(states one)$(states next)" = "$1" ] || {
		note "states: $(states quick)$(states one)$(states next)"
		return 1
	}
	begun >effects
	[ "$(wc -l <effects)" = 20 ] || {
		note "a task is done and its effect is missing"
		return 1
	}
}
# Nothing that was acknowledged before the accident's recovery has begun again since.
none_again()
{
	sort "$1" | join effects - | awk '$2 != $3 {print "# task " $1 " ran again after it was acknowledged"; bad = 1}
		END {exit bad}'
}
fill()
{
	sql 'DELETE FROM task' >/dev/null
	rm -f fx/*
	add_n quick 8
	add_n one 4
	add_n next 8
}
# After the leases: an hour later by our clock, or at once by shortening what a server's clock has.
recover()
{
	sql "SELECT id FROM task WHERE state = 'done'" | sort >finished
	begun 2>/dev/null | join - finished >acked
	sql "UPDATE task SET due = 0 WHERE state = 'running'" >/dev/null
	timeout 600 jp-queue work quick one next --drain >again.out 2>again.err
}
after_accident()
{
	recover || return 1
	check_effects 'done 8 done 4 done 8 ' && none_again acked
}
preload=$BUILD/t/preload/fault.so
if [ -z "${JP_ASAN:-}" ] && [ -f "$preload" ]; then
	[ -n "${JP_SOAK:-}" ] && stride=1 || stride=97
	for mode in kill torn; do
		n=$((seed % stride + 1)) bad=0 tried=0 code=137
		while [ "$code" = 137 ] && [ "$n" -lt 2000 ]; do
			fill
			code=0
			JP_TEST_FAULT=$mode:$n LD_PRELOAD=$preload timeout 600 jp-queue work quick one next --drain \
				>faulty.out 2>faulty.err || code=$?
			tried=$((tried + 1))
			after_accident || {
				note "$mode:$n: exit $code; $(head -n 3 again.err)"
				bad=1
				break
			}
			n=$((n + stride))
		done
		ok "the worker's crash at its Nth write, $mode ($tried tried, up to $n)" test "$bad$code" = 00
	done
	if [ "$T_ENGINE" = sqlite ]; then # a server's disk is its own
		fill
		code=0
		JP_TEST_FAULT=full:9 LD_PRELOAD=$preload timeout 600 jp-queue work quick one next --drain >faulty.out 2>faulty.err ||
			code=$?
		ok 'a full disk ends the worker with 75' test "$code" = 75
		ok 'with a message' file_has faulty.err 'disk|space|full'
		ok 'and loses nothing' recover
		ok 'all are done' check_effects 'done 8 done 4 done 8 '
	fi
fi

[ -n "${JP_SOAK:-}" ] && moments=1500 || moments=6
moment=0 bad=0
while [ "$moment" -lt "$moments" ]; do
	moment=$((moment + 1))
	fill
	us=$(((seed * 7919 + moment * 104729) % 300000))
	case $((moment % 2)) in
	0) # the worker
		{ timeout --foreground -s KILL "0.$(printf %06d $us)" jp-queue work quick one next --drain; } >faulty.out 2>&1 || :
		;;
	1) # its handlers, while it goes on
		jp-queue work quick one next --drain >faulty.out 2>&1 &
		worker=$!
		timeout "0.$(printf %06d $us)" tail -f /dev/null
		pkill -KILL -P "$worker" 2>/dev/null || :
		wait "$worker"
		;;
	esac
	after_accident || {
		note "moment $moment, $us us: $(head -n 3 again.err)"
		bad=1
		break
	}
done
ok "worker or handlers killed at $moment random moments" test "$bad" = 0

done_testing
