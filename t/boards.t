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

# ---- blocked is not empty --------------------------------------------------------------------------

refusals=$T_WORK/refusals
mkdir "$refusals"
printf '<html><head><title>Just a moment...</title></head><body></body></html>' >"$refusals/challenge"
printf '<html><head><title>503 Service Unavailable</title></head></html>' >"$refusals/error.html"
printf '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>' >"$refusals/error.xml"
printf '{"message":"Too many requests"}' >"$refusals/error.json"
printf 'Not Found' >"$refusals/error.txt"
: >"$refusals/nothing"
# empties: the refusals that a kind takes for a listing
empties()
{
	for body in "$refusals"/*; do
		run sh -c 'exec jp-scrape parse "$1" --board "$2" <"$0"' "$body" "$1" "$(board "$1")"
		[ "$T_STATUS" = 65 ] && [ -s "$T_ERR" ] && [ ! -s "$T_OUT" ] || echo "${body##*/}: $T_STATUS"
	done
}
for kind in "$T_DATA"/boards/*/; do
	kind=${kind%/} kind=${kind##*/}
	ok "R4 no refusal is an empty listing of $kind" same "$(empties "$kind")" ''
done
run sh -c 'jp-scrape parse jobposting --board https://acme.example/jobs <"$0"' "$refusals/challenge"
ok 'R4 a challenge is named' err_is <<'END'
jp-scrape: https://acme.example/jobs (jobposting): a challenge of Cloudflare, which only a browser passes, and no listing
END
printf '{"jobs":[{"id":2},{"id":3}]}' >"$T_WORK/unread"
run sh -c 'exec jp-scrape parse greenhouse --board acme <"$0"' "$T_WORK/unread"
ok 'items of which none can be read are bad data' exits 65
ok 'each is named' err_has 'acme \(greenhouse\): jobs\[1\]: '

# ---- what is not there ----------------------------------------------------------------------------

run sh -c 'jp-scrape parse feed <&-'
ok 'a stdin that is closed is no bug' exits 64
ok 'but said' err_is <<'END'
jp-scrape: stdin is closed, there is nothing to read
END
done_testing
