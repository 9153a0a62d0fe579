#!/bin/sh
# Bodies of services and all that jp-scrape parse reads of them: for each t/data/boards/KIND/FILE with
# a FILE.golden beside it, the golden lines.  A detail.* is read as the details of the posting 31.
# `BUILD=$PWD/build sh t/boards.t write` writes them anew, to be looked at with git diff.
. "${0%/*}/lib.sh"
write=${1-}

# The board that the made-up bodies of a kind are of.
board()
{
	case $1 in
	workday) echo ropeworks.wd5/Careers ;;
	feed) echo https://night.example/all.rss ;;
	jobposting) echo https://quellbach.example/jobs/ ;;
	sitemap) echo https://steinbruch.example/sitemap.xml ;;
	hn) echo whoishiring ;;
	adzuna) echo 'de?what=x' ;;
	arbeitnow | himalayas | jobicy | jooble | reed | remoteok | remotive | themuse | usajobs) echo all ;;
	*) echo acme ;;
	esac
}

for golden in "$T_DATA"/boards/*/*.golden; do
	body=${golden%.golden}
	kind=${body%/*}
	kind=${kind##*/}
	set -- --board "$(board "$kind")" --now 2026-09-20T12:00:00Z
	case $body in */detail.*) set -- "$@" --detail 31 ;; esac
	run sh -c 'body=$0; exec jp-scrape parse "$@" <"$body"' "$body" "$kind" "$@"
	ok "$kind ${body##*/} is read" exits 0
	[ "$write" != write ] || cp "$T_OUT" "$golden"
	ok "$kind ${body##*/} as before" cmp -s "$golden" "$T_OUT"
done

# ---- what has no golden lines -----------------------------------------------------------------------

run sh -c 'jp-scrape parse bamboohr --board beeline <"$0"' "$T_DATA/boards/bamboohr/unknown.html"
ok 'R4 HTML for JSON is refused' exits 65
ok 'with the board and the reason' err_has 'beeline \(bamboohr\): .*HTML where JSON was expected'
ok 'and nothing is read' no_out
run sh -c 'jp-scrape parse greenhouse --detail 17 <"$0"' "$T_DATA/boards/bamboohr/detail.json"
ok 'a kind without details says so' exits 64
ok 'in words' err_has 'greenhouse has no details: its listings have everything'
run sh -c 'jp-scrape parse workday --board acme.wd1/Jobs --detail 17 <"$0"' \
	"$T_DATA/boards/workday/small.json"
ok 'R4 a listing is no detail' exits 65

# ---- what is not there ----------------------------------------------------------------------------

run sh -c 'jp-scrape parse feed <&-'
ok 'a stdin that is closed is no bug' exits 64
ok 'but said' err_is <<'END'
jp-scrape: stdin is closed, there is nothing to read
END
done_testing
