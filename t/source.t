# The source itself: rooms, names, lengths, words, manuals.  A failure names file and line; how each
# check looks is in t/source.pl.
. "${0%/*}/lib.sh"
need perl nm pkg-config mandoc

cd "$T_TOP" || exit 1
found=$T_WORK/found

# clean CHECK [ARGUMENT...]: the check of source.pl finds nothing.
clean()
{
	perl t/source.pl "$@" >"$found" 2>&1 || return 1
	nothing
}

nothing()
{
	[ ! -s "$found" ] && return
	sed -n 1,60p "$found" >&3
	return 1
}

# at_top: what is kept at the top is what is meant to be; looked at where git knows the files.
at_top()
{
	git -c safe.directory="$PWD" ls-files 2>/dev/null | sed 's|/.*||' | sort -u |
		grep -v -x -E '\..*|bin|lib|man|sql|t|examples|Makefile|README' >"$found"
	nothing
}

ok 'nothing else is kept at the top' at_top
ok 'rooms include only rooms above them' clean rooms
ok 'lib/README names every file, and only files that are there' clean map
ok 'no banned calls, no clock or dice but base, no sleeping tests' clean banned
ok 'functions, files and lines keep their lengths' clean lengths
ok 'no trailing blanks, no promises, no private places' clean text
ok 'every file begins with what it is for' clean comments
ok 'no SQL in C' clean sql

# Parsers whose input is a word, a number or our own, and which tests cover with tables; those of feeds
# are fuzzed through jp_board_parse.
ok 'every parser has a fuzz target' clean parsers jp_int_parse jp_size_parse jp_micros_parse \
	jp_allow_parse jp_stats_buckets_parse jp_feedxml_parse jp_feedjson_parse

symbols()
{
	nm -g --defined-only "$BUILD/libjp.a" 2>/dev/null >"$T_WORK/symbols"
	perl t/source.pl symbols <"$T_WORK/symbols" >"$found" || return 1
	nothing
}
ok 'global symbols have the prefix and stand in a header' symbols

# Each header alone: what it needs, it includes.
self_contained()
{
	: >"$found"
	flags=$(pkg-config --cflags glib-2.0 libcjson sqlite3 libcurl libxml-2.0 gmime-3.0 yaml-0.1 libpq)
	for header in lib/*/*.h; do
		# shellcheck disable=SC2086 # flags are words
		cc -std=gnu11 -D_GNU_SOURCE -Ilib -I"$BUILD/gen" -fsyntax-only -x c $flags "$header" \
			>>"$found" 2>&1 || echo "$header:1: does not compile alone" >>"$found"
	done
	nothing
}
ok 'headers are self-contained' self_contained

# ---- programs and their manuals ---------------------------------------------------------------------

# usages PROGRAM: the help of the program and of all its verbs.
usages()
{
	"$1" --help
	"$1" --help | sed -n '/^verbs:/,/^$/s/^  \([a-z][a-z ]*[a-z]\)\( .*\|$\)/\1/p' |
		sed 's/  .*//; s/ *$//' | while read -r verb; do
		# shellcheck disable=SC2086 # a verb may be two words
		"$1" $verb --help
	done
}

# Options in --help are in the manual, and the other way round.
manual()
{
	: >"$found"
	page=man/$1.1
	[ -f "$page" ] || { echo "$page:1: is not there" >"$found" && nothing; return 1; }
	usages "$1" >"$T_WORK/usage" 2>&1
	sed -n 's/^ *\(-\([A-Za-z0-9]\), \)*\(    \)*--\([a-z-]*\).*/\2 \4/p' "$T_WORK/usage" | sort -u |
		while read -r letter name; do
			[ -n "$name" ] || { name=$letter && letter=; }
			case $name in help | version) continue ;; esac # said once, in jobping(7)
			grep -q -e "Fl.* \(Fl \|-\)$name\( \|\$\)" "$page" || echo "$page:1: no --$name"
			[ -z "$letter" ] || grep -q -e "Fl $letter\( \|\$\)" "$page" || echo "$page:1: no -$letter"
		done >>"$found"
	sed -n 's/^\.It Fl \(.* \)*\(Fl \|-\)\([a-z][a-z-]*\).*/\3/p' "$page" | sort -u | while read -r name; do
		grep -q -e "--$name\([ =]\|\$\)" "$T_WORK/usage" || echo "$page:1: --$name is no option of $1"
	done >>"$found"
	for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		grep -q "^\\.Sh $section\$" "$page" || echo "$page:1: no section $section" >>"$found"
	done
	nothing
}

for source in bin/*.c; do
	program=${source#bin/}
	program=${program%.c}
	ok "$program and its manual have the same options" manual "$program"
	[ ! -f README ] || ok "$program is in README" grep -q "$program" README
	ok "$program is in jobping(7)" grep -q "$program" man/jobping.7
done

lint_manuals()
{
	mandoc -Tlint -Wwarning man/*.[157] >"$found" 2>&1
	nothing
}
ok 'manuals are clean' lint_manuals

done_testing
