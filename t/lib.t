# The test library itself: what it says of programs that do well, fail and crash.
. "${0%/*}/lib.sh"

# Runs lines of a test with the library and keeps its output.
mini()
{
	mkdir -p t build
	cp "$T_TOP/t/lib.sh" t/lib.sh
	{ echo '. "${0%/*}/lib.sh"' && cat; } >t/mini.t
	run env -u BUILD JP_ASAN="${1:-}" sh t/mini.t
}

mini <<'EOF2'
run sh -c 'echo out; echo err >&2; exit 7'
ok 'exits' exits 7
ok 'out' out_is <<END
out
END
ok 'err' err_has '^e.r$'
ok 'lacks' out_lacks 'other'
ok 'count' out_lines 1
ok 'any command' test -d "$HOME"
skip 'the moon' 'too far'
done_testing
EOF2
ok 'a good test passes' exits 0
ok 'and prints TAP' out_is <<'EOF2'
ok 1 - exits
ok 2 - out
ok 3 - err
ok 4 - lacks
ok 5 - count
ok 6 - any command
ok 7 - the moon # SKIP too far
1..7
EOF2
ok 'and says nothing else' no_err
ok 'and leaves nothing behind' test ! -e build/t/work/mini

mini <<'EOF2'
note 'seed 7'
ok 'well' true
note 'two
lines'
ok 'ill' false
done_testing
EOF2
ok 'a note is a comment' out_has '^# seed 7$'
ok 'and is said with what fails' err_has '^#   noted: seed 7$'
ok 'line by line' err_has '^#   noted: lines$'

for case in 'exits 1' 'no_out' 'no_err' 'out_has x' 'err_has x' 'out_lacks o' 'out_lines 2' \
	'out_is' 'err_is' 'same a b' 'file_has nowhere x' 'file_lacks nowhere x' 'out_jq .[0].a' 'false'; do
	mini <<EOF2
run sh -c 'echo out; echo err >&2; exit 7'
ok 'bad' $case
done_testing
EOF2
	ok "fails: $case" out_has '^not ok 1 - bad$'
	ok 'with exit 1' exits 1
	ok 'and tells of the command' err_has '^# after: sh -c .* \(exit 7\)$'
done

mini <<'EOF2'
at_end 'echo first >"$T_TOP/end"; false'
at_end 'echo second >>"$T_TOP/end"'
skip_all 'nothing to look at'
EOF2
ok 'what is for the end is done' same "$(tr '\n' ' ' <end)" 'first second '
ok 'and decides nothing of a good one' exits 0

mini <<'EOF2'
at_end true
ok 'bad' false
done_testing
EOF2
ok 'nor of a bad one' exits 1

mini yes <<'EOF2'
run sh -c 'exit 99'
ok 'looked at' exits 99
done_testing
EOF2
ok "a sanitizer's report always fails" out_has '^not ok 1 - no crash: sh -c exit 99$'
ok 'whatever the test expected' exits 1

mini <<'EOF2'
run sh -c 'kill -SEGV $$'
ok 'is nonzero' test "$T_STATUS" != 0
done_testing
EOF2
ok 'a crash fails, looked at or not' out_has '^not ok 1 - no crash'

mini <<'EOF2'
ok 'no end' true
EOF2
ok 'a test that ends early has no plan' out_lacks '^1\.\.'
ok 'and fails' exits 1

mini <<'EOF2'
todo 'not yet'
ok 'known' false
ok 'fine' true
done_testing
EOF2
ok 'a known failure does not fail the test' exits 0
ok 'but is shown' out_has '^not ok 1 - known # TODO not yet$'

mini <<'EOF2'
start sh -c 'echo port 17; exec cat t/lib.sh -'
ok 'the first line is there' same "$T_LINE" 'port 17'
ok 'home is empty' test -z "$(ls -A "$HOME" | grep -v '^\.')"
ok 'none of our variables' test -z "$(env | grep '^JP_C')"
ok 'stdin is empty' test -z "$(cat)"
ok 'umask' same "$(umask)" 0077
echo "$T_PID" >../../../../pid
done_testing
EOF2
ok 'a server is waited for' exits 0
ok 'and is gone afterwards' sh -c '! kill -0 "$(cat pid)" 2>/dev/null'

mini <<'EOF2'
tried=0
third() { tried=$((tried + 1)); [ $tried = 3 ]; }
ok 'the third time it is so' until_true third
ok 'and it was asked no more' same $tried 3
start sh -c 'exec cat'
done_testing
EOF2
ok 'what is not yet so is asked again' out_has '^ok 2 '
ok 'a server without a first line fails the test' out_has '^not ok 3 - the test goes on: no first line from: sh -c exec cat$'
ok 'which ends' exits 1

mini <<'EOF2'
ok 'well' true
run true
kill -TERM $$
done_testing
EOF2
ok 'a test that is ended says where' err_has '^# ended by a signal, after case 1 \(well\); the last run was: true$'
ok 'and fails' exits 1

done_testing
