#!/bin/sh
# Every rule and every marked statement about a service has a test: t/data/boards/rules.tsv names it.
. "${0%/*}/lib.sh"
cd "$T_TOP" || exit 1
RULES=t/data/boards/rules.tsv
TAB=$(printf '\t')

# missing: lines whose test is not where they say.
missing()
{
	grep -v '^#' "$RULES" | while IFS=$TAB read -r section mark what file text; do
		grep -q -F -e "$text" "$file" 2>/dev/null || echo "$section $mark $what: $file has no \"$text\""
	done
}
# unfilled: rules, sections and adapters without a line, fixture or fuzz target.
unfilled()
{
	for section in R1 R2 R3 R4 R5 R6 R7 R8 R9 H01 H02 H03 H04 H05 H06 H07 H08 H09 H10 H11 1 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do
		grep -q "^$section$TAB" "$RULES" || echo "no line for $section"
	done
	sed -n '/adapters\[\] = {/,/^};/p' lib/board/registry.c | grep -o 'jp_adapter_[a-z]*' |
		sed 's/jp_adapter_//' >"$T_WORK/adapters.txt"
	[ "$(wc -l <"$T_WORK/adapters.txt")" -ge 20 ] || echo "registry.c cannot be read"
	while read -r kind; do
		for part in small large empty unknown; do
			set -- "t/data/boards/$kind/$part".*
			[ -e "$1" ] || echo "no $part body of $kind"
		done
		set -- "t/data/boards/$kind"/*.golden
		[ -e "$1" ] || echo "no golden lines of $kind"
		[ -e "t/fuzz/$kind.c" ] || echo "no fuzz target of $kind"
		set -- "t/fuzz/corpus/$kind"/*
		[ -e "$1" ] || echo "no corpus of $kind"
	done <"$T_WORK/adapters.txt"
}

ok 'the test of every rule is there' same "$(missing)" ''
ok 'every rule and section has one, every adapter its bodies, golden lines and fuzz target' same \
	"$(unfilled)" ''

done_testing
