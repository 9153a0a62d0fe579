#!/bin/sh
# Recorded payloads of real services: what jp-scrape parse prints is compared, posting by posting, with
# what jq and xmllint take from the payload.  The payloads are not part of the project.
. "${0%/*}/lib.sh"
need_recorded_data
need jq xmllint
B=$JP_DATA/boards

# parsed KIND FILE: the postings of a payload into whole.jsonl, and without their texts into
# ours.jsonl; the payload without its texts into payload.json, for speed.
parsed()
{
	run sh -c 'exec jp-scrape parse "$1" --board acme <"$0"' "$2" "$1"
	cp "$T_OUT" whole.jsonl
	jq -c 'del(.description)' whole.jsonl >ours.jsonl
	case $2 in
	*.json)
		jq -c 'walk(if type == "object" then del(.content, .description, .descriptionPlain,
			.descriptionHtml, .descriptionBody, .descriptionBodyPlain, .opening, .openingPlain,
			.additional, .additionalPlain) else . end)' "$2" >payload.json
		;;
	esac
}

# same_column FILTER FILTER-OF-OURS: both give a value a line, in the order of the payload.
same_column()
{
	jq -r "$1" payload.json >theirs.txt 2>&3 || return 1
	jq -r "$2" ours.jsonl >ours.txt 2>&3 || return 1
	diff -u theirs.txt ours.txt >&3
}

# Times without their fraction of a second, which jq cannot read.
SECONDS_OF='def seconds: if . == null then null else sub("\\.[0-9]+"; "") | sub("\\+00:00$"; "Z")
	| if test("Z$") then fromdate else (.[0:19] + "Z" | fromdate) as $t | .[19:]
	| capture("(?<s>[+-])(?<h>..):(?<m>..)") | ((.h | tonumber) * 3600 + (.m | tonumber) * 60)
	as $o | if .s == "-" then $t + $o else $t - $o end end end;'
CLEAN='def clean: gsub("[\\s\\x{a0}]+"; " ") | sub("^ "; "") | sub(" $"; "");'

# ---- Greenhouse -----------------------------------------------------------------------------------

greenhouse()
{
	t_payload=$B/$1
	parsed greenhouse "$t_payload"
	ok "$1 is read" exits 0
	ok "$1: $2 postings" same "$(wc -l <ours.jsonl | tr -d ' ')" "$2"
	ok "$1: ids" same_column '.jobs[].id' '.external_id'
	ok "$1: titles" same_column "$CLEAN .jobs[].title | clean" '.title'
	ok "$1: companies" same_column "$CLEAN .jobs[].company_name | clean" '.company'
	ok "$1: URLs" same_column '.jobs[].absolute_url' '.url'
	ok "$1: requisitions" same_column '.jobs[].internal_job_id' '.requisition'
	ok "$1: departments" same_column "$CLEAN .jobs[].departments[0].name | clean" \
		.department
	ok "$1: first published" same_column "$SECONDS_OF .jobs[].first_published | seconds" \
		"$SECONDS_OF .posted_at | seconds"
	ok "$1: updated" same_column "$SECONDS_OF .jobs[].updated_at | seconds" \
		"$SECONDS_OF .updated_at | seconds"
	ok "$1: languages" same_column '.jobs[].language' '.language'
	# a place of one word is kept as it stands
	ok "$1: places" same_column \
		"$CLEAN"'.jobs[] | select(.location.name | test("^[A-Z][a-z]+$"))
			| select(.location.name | test("^(Hybrid|Remote|Onsite|Distributed)") | not)
			| "\(.id) \(.location.name | clean)"' \
		"$(jq -c '[.jobs[] | select(.location.name | test("^[A-Z][a-z]+$"))
			| select(.location.name | test("^(Hybrid|Remote|Onsite|Distributed)") | not)
			| "\(.id)"]' payload.json) as \$ids
		| select(.external_id as \$i | \$ids | index(\$i)) | \"\\(.external_id) \\(.locations[0].text)\""
	jq -c .description whole.jsonl >texts.txt
	ok "$1: every description has a text" awk 'length($0) < 100 { exit 1 }' texts.txt
	ok "$1: without markup" file_lacks texts.txt '<(p|li|div|strong)[ >]|&(lt|nbsp|amp|quot);'
}

greenhouse greenhouse/stripe.json 547
ok 'a whole board is complete' no_err
greenhouse greenhouse/warp-sample4.json 4
greenhouse greenhouse/airbnb-first20.json 20
ok 'R1 a total that disagrees is told' err_has 'not complete: 20 jobs came, meta.total says 240$'
ok 'work models come from metadata' same_column \
	'.jobs[].metadata[] | select(.name == "Workplace Type") | .value | ascii_downcase' '.remote'

# ---- hundreds of Greenhouse boards on one day --------------------------------------------------------

# Every sixteenth of them, JP_SOAK all, as one listing: ids are the service's, not the board's.
every=16
[ -z "${JP_SOAK:-}" ] || every=1
zcat "$JP_DATA/corpus/greenhouse-boards-2026-08-22.jsonl.gz" >corpus.jsonl
ok 'the boards of one day' same "$(grep -o '"job_count": *[0-9]*' corpus.jsonl | awk -F : '{ n += $2 }
	END { print NR, n }')" '673 27225'
awk -v every=$every 'NR % every == 0' corpus.jsonl | jq -c '.jobs[]' | jq -c -s '{jobs: .}' >boards.json
rm corpus.jsonl
run jp-scrape parse greenhouse --board acme <boards.json
cp "$T_OUT" ours.jsonl
jq -c '{jobs: [.jobs[] | select((has("internal_job_id") | not) or .internal_job_id != null)]}' boards.json >payload.json
ok 'the boards of one day are read' exits 0
ok 'the boards of one day: a posting for each job that is no prospect' same "$(wc -l <ours.jsonl | tr -d ' ')" \
	"$(jq '.jobs | length' payload.json)"
ok 'the boards of one day: more than five hundred' test "$(wc -l <ours.jsonl)" -gt 500
ok 'the boards of one day: ids' same_column '.jobs[].id' '.external_id'
ok 'the boards of one day: titles' same_column "$CLEAN .jobs[].title | clean" '.title'
ok 'the boards of one day: companies' same_column "$CLEAN .jobs[].company_name | clean" '.company'
ok 'the boards of one day: languages' same_column '.jobs[].language' '.language'

# ---- Lever ----------------------------------------------------------------------------------------

lever()
{
	t_payload=$B/$1
	parsed lever "$t_payload"
	ok "$1 is read" exits 0
	ok "$1 is complete" no_err
	ok "$1: $2 postings" same "$(wc -l <ours.jsonl | tr -d ' ')" "$2"
	ok "$1: ids" same_column '.[].id' '.external_id'
	ok "$1: titles" same_column "$CLEAN .[].text | clean" '.title'
	ok "$1: URLs" same_column '.[].hostedUrl' '.url'
	ok "$1: forms" same_column '.[].applyUrl' '.apply_url'
	ok "$1: created" same_column '.[].createdAt / 1000 | floor' "$SECONDS_OF .posted_at | seconds"
	ok "$1: work models" same_column '.[].workplaceType' '.remote'
	ok "$1: the company is a guess" same_column '.[] | "acme true"' '"\(.company) \(.company_is_guess)"'
	ok "$1: departments" same_column \
		"$CLEAN"'.[].categories | [.team, .department] | map(select(. != null) | clean)
			| if length == 2 and (.[0] | ascii_downcase) == (.[1] | ascii_downcase)
			then .[0:1] else . end | join(", ")' '.department // ""'
	ok "$1: full time" same_column \
		'.[] | select(.categories.commitment == "Full-time") | "\(.id) full_time"' \
		"$(jq -c '[.[] | select(.categories.commitment == "Full-time") | .id]' payload.json) as \$ids
		| select(.external_id as \$i | \$ids | index(\$i)) | \"\\(.external_id) \\(.employment_type)\""
	ok "$1: salaries" same_column \
		'.[] | select(.salaryRange) | "\(.id) \(.salaryRange | "\(.min * 1000000) \(.max * 1000000) \(.currency)") year"' \
		"$(jq -c '[.[] | select(.salaryRange) | .id]' payload.json) as \$ids
		| select(.external_id as \$i | \$ids | index(\$i))
		| \"\\(.external_id) \\(.salary_min_micros) \\(.salary_max_micros) \\(.salary_currency) \\(.salary_period)\""
	# every heading of the lists is in the text, in the page's order
	ok "$1: the lists are in the description" jq -n -e --slurpfile p payload.json --slurpfile o whole.jsonl \
		'[$p[0] | to_entries[] | .key as $k | .value.lists[] | .text | gsub("\\s+"; " ")
			| select(test("^[A-Za-z ]+$")) | sub(" $"; "") | sub("^ "; "")
			| . as $h | $o[$k].description | contains($h)] | all'
}

lever lever/binance.json 276
lever lever/matchgroup.json 82
lever lever/palantir-first10.json 10
parsed lever "$B/lever/netflix-notfound.json"
ok 'R4 the body of a board that is not there is refused' exits 65
ok 'and gives nothing' no_out

# ---- Ashby ----------------------------------------------------------------------------------------

ashby()
{
	t_payload=$B/$1
	parsed ashby "$t_payload"
	ok "$1 is read" exits 0
	ok "$1 is complete" no_err
	ok "$1: $2 postings" same "$(wc -l <ours.jsonl | tr -d ' ')" "$2"
	ok "$1: ids" same_column '.jobs[] | select(.isListed) | .id' '.external_id'
	ok "$1: titles" same_column "$CLEAN .jobs[].title | clean" '.title'
	ok "$1: URLs" same_column '.jobs[].jobUrl' '.url'
	ok "$1: forms" same_column '.jobs[].applyUrl' '.apply_url'
	ok "$1: published" same_column "$SECONDS_OF .jobs[].publishedAt | seconds" \
		"$SECONDS_OF .posted_at | seconds"
	ok "$1: work models" same_column \
		'.jobs[] | select(.workplaceType or .isRemote) | "\(.id) " + (.workplaceType // "remote" | ascii_downcase)' \
		"$(jq -c '[.jobs[] | select(.workplaceType or .isRemote) | .id]' payload.json) as \$ids
		| select(.external_id as \$i | \$ids | index(\$i)) | \"\\(.external_id) \\(.remote)\""
	ok "$1: types" same_column \
		'{FullTime: "full_time", PartTime: "part_time", Intern: "internship", Contract: "contract",
		Temporary: "temporary"} as $w | .jobs[] | $w[.employmentType]' '.employment_type'
	ok "$1: salaries" same_column \
		'.jobs[] | . as $j | [.compensation.summaryComponents[]? | select(.compensationType == "Salary")]
			| select(length == 1) | .[0]
			| "\($j.id) \(.minValue * 1000000) \(.maxValue * 1000000) \(.currencyCode) \(.interval | sub("^1 "; "") | ascii_downcase)"' \
		"$(jq -c '[.jobs[] | select([.compensation.summaryComponents[]?
			| select(.compensationType == "Salary")] | length == 1) | .id]' payload.json) as \$ids
		| select(.external_id as \$i | \$ids | index(\$i))
		| \"\\(.external_id) \\(.salary_min_micros) \\(.salary_max_micros) \\(.salary_currency) \\(.salary_period)\""
	ok "$1: primary places" same_column "$CLEAN"'.jobs[] | select(.location | test("^[A-Z][a-z]+$"))
			| select(.location != "Remote") | "\(.id) \(.location)"' \
		"$(jq -c '[.jobs[] | select(.location | test("^[A-Z][a-z]+$")) | select(.location != "Remote")
			| .id]' payload.json) as \$ids
		| select(.external_id as \$i | \$ids | index(\$i)) | \"\\(.external_id) \\(.locations[0].text)\""
}

ashby ashby/9fin-2025-10.json 30
ashby ashby/cohere-2025-10.json 71
ashby ashby/ramp-2026-08.json 120
ashby ashby/ramp-earlier.json 112

# ---- feeds ----------------------------------------------------------------------------------------

t_payload=$JP_DATA/feeds/weworkremotely/programming-2013.rss
parsed feed "$t_payload"
ok 'the RSS feed is read' exits 0
ok 'without a complaint' no_err
ok '25 postings' same "$(wc -l <ours.jsonl | tr -d ' ')" 25

# from_feed XPATH: the strings of all items, one a line.
from_feed()
{
	n=$(xmllint --xpath 'count(//item)' "$t_payload")
	i=1
	while [ "$i" -le "$n" ]; do
		xmllint --xpath "string(//item[$i]/$1)" "$t_payload"
		i=$((i + 1))
	done
}
same_as_feed()
{
	from_feed "$1" | sed "$2" >theirs.txt
	jq -r "$3" ours.jsonl >ours.txt
	diff -u theirs.txt ours.txt >&3
}
ok 'ids' same_as_feed guid '' .external_id
ok 'URLs' same_as_feed link '' .url
ok 'company and title' same_as_feed title 's/  */ /g; s/ $//' '"\(.company): \(.title)"'
ok 'a date for every item' same "$(jq -s 'map(select(.posted_at)) | length' ours.jsonl)" 25
ok 'dates' same_as_feed pubDate 's/^..., \(.*\) +0000$/\1/' '.posted_at | fromdate | strftime("%d %b %Y %H:%M:%S")'

done_testing
