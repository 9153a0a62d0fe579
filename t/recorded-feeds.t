#!/bin/sh
# Recorded payloads of aggregators and pages: what jp-scrape parse prints is compared, posting by
# posting, with what jq takes from the payload.  The payloads are not part of the project.
. "${0%/*}/lib.sh"
need_recorded_data
need jq

# parsed KIND FILE N [TOKEN]: the postings of a payload into ours.jsonl, N of them.
parsed()
{
	t_payload=$JP_DATA/$2
	[ -f "$t_payload" ] || { ok "$2 # skipped: no recorded data" true; return 1; }
	run sh -c 'exec jp-scrape parse "$1" --board "$2" <"$0"' "$t_payload" "$1" "${4:-all}"
	cp "$T_OUT" ours.jsonl
	ok "$2 is read" exits 0
	ok "$2: $3 postings" same "$(wc -l <ours.jsonl | tr -d ' ')" "$3"
}

agree()
{
	jq -r "$DEFS $1" "$t_payload" >theirs.txt 2>&3 || return 1
	jq -r "$DEFS $2" ours.jsonl >ours.txt 2>&3 || return 1
	[ -s theirs.txt ] && diff -u theirs.txt ours.txt >&3
}

# same_column NAME FILTER FILTER-OF-OURS: both give a value a line, in the payload's order.
same_column()
{
	ok "${t_payload##*/}: $1" agree "$2" "$3"
}

# clean: blanks as ours; date: RFC 3339 to the second; micros: whole units into micro-units;
# stated: what some services write as null, 0 or nothing is null.
DEFS='def clean: gsub("[\\s\\x{a0}\\x{200b}]+"; " ") | sub("^ "; "") | sub(" $"; "");
	def plain: gsub("&amp;"; "&") | clean;
	def seconds: sub("\\.[0-9]+"; "") | sub("\\+00:00$"; "Z") | fromdate;
	def micros: if . == null or . == 0 or . == "" then null else (tonumber * 1000000 | round) end;'

if parsed remoteok feeds/remoteok/api-99.json 99; then
	same_column ids '.[1:][].id' .external_id
	same_column titles '.[1:][].position | plain' .title
	same_column companies '.[1:][].company | clean | select(test("^[ -~]*$"))' \
		'.company | select(test("^[ -~]*$"))'
	same_column URLs '.[1:][].url' .url
	same_column dates '.[1:][].epoch' '.posted_at | seconds'
	# 0 is none; what a text states then is read from it
	same_column 'lowest salaries' '.[1:][] | select(.salary_min > 0) | "\(.salary_min | micros) USD year"' \
		"$(jq -c '[.[1:][] | select(.salary_min > 0) | .id]' "$t_payload") as \$ids
		| select(.external_id as \$i | \$ids | index(\$i))
		| \"\\(.salary_min_micros) \\(.salary_currency) \\(.salary_period)\""
	same_column 'all are remote' '.[1:][] | "remote"' .remote
	ok 'no description is Latin-1 encoded again' file_lacks ours.jsonl 'â\\u0080|â€™'
fi
if parsed remotive feeds/remotive/devops.json 18; then
	same_column ids '.jobs[].id' .external_id
	same_column titles '.jobs[].title | clean' .title
	same_column companies '.jobs[].company_name | clean' .company
	same_column URLs '.jobs[].url' .url
	same_column dates '.jobs[].publication_date + "Z" | seconds' '.posted_at | seconds'
	same_column departments '.jobs[].category' .department
	same_column types '.jobs[].job_type | sub("freelance"; "contract")' .employment_type
	same_column 'salaries in thousands' '.jobs[].salary
		| capture("^\\$(?<a>[0-9]+)k\\s*[-–]\\s*\\$(?<b>[0-9]+)k$") | "\(.a)000 \(.b)000"' \
		"$(jq -c '[.jobs[] | select(.salary | test("^\\$[0-9]+k\\s*[-–]\\s*\\$[0-9]+k$")) | "\(.id)"]' \
			"$t_payload") as \$ids | select(.external_id as \$i | \$ids | index(\$i))
		| \"\\(.salary_min_micros / 1000000) \\(.salary_max_micros / 1000000)\""
fi
if parsed arbeitnow feeds/arbeitnow/page-5.json 5; then
	same_column ids '.data[].slug' .external_id
	same_column titles '.data[].title | clean' .title
	same_column companies '.data[].company_name' .company
	same_column URLs '.data[].url' .url
	same_column dates '.data[].created_at' '.posted_at | seconds'
	same_column places '.data[].location | split(", ") | join("|")' '[.locations[].text] | join("|")'
	ok 'no description shows its markup' file_lacks ours.jsonl '<p>|&lt;|<strong>'
fi
if parsed himalayas feeds/himalayas/page0.json 20; then
	same_column ids '.jobs[].guid' .external_id
	same_column titles '.jobs[].title | clean' .title
	same_column companies '.jobs[].companyName | clean' .company
	same_column forms '.jobs[].applicationLink' .apply_url
	same_column dates '.jobs[].pubDate' '.posted_at | seconds'
	same_column ends '.jobs[].expiryDate' '.valid_through | seconds'
	same_column countries '.jobs[].locationRestrictions | join("|")' '[.locations[].text] | join("|")'
	same_column types '.jobs[].employmentType | {"Full Time": "full_time", "Part Time": "part_time",
		Contractor: "contract"}[.]' .employment_type
	same_column levels '.jobs[].seniority[0] | {Senior: "senior", "Mid-level": "mid", Manager: "manager",
		"Entry-level": "entry", Director: "director"}[.]' .level
	same_column salaries '.jobs[] | select(.minSalary)
		| "\(.guid) \(.minSalary | micros) \(.maxSalary | micros) \(.currency)"' \
		"$(jq -c '[.jobs[] | select(.minSalary) | .guid]' "$t_payload") as \$ids
		| select(.external_id as \$i | \$ids | index(\$i))
		| \"\\(.external_id) \\(.salary_min_micros) \\(.salary_max_micros) \\(.salary_currency)\""
fi
if parsed jobicy feeds/jobicy/remote-jobs.json 50; then
	same_column ids '.jobs[].id' .external_id
	same_column URLs '.jobs[].url' .url
	same_column titles '.jobs[].jobTitle | select(test("&") | not) | clean' \
		"$(jq -c '[.jobs[] | select(.jobTitle | test("&") | not) | "\(.id)"]' "$t_payload") as \$ids
		| select(.external_id as \$i | \$ids | index(\$i)) | .title"
	same_column dates '.jobs[].pubDate | sub(" "; "T") + "Z" | seconds' '.posted_at | seconds'
	same_column places '.jobs[].jobGeo | if . == "Anywhere" then "" else [splits(",\\s*")] | join("|") end' \
		'[.locations[].text] | join("|")'
	same_column 'lowest salaries' '.jobs[] | select(.annualSalaryMin) | .annualSalaryMin | micros' \
		"$(jq -c '[.jobs[] | select(.annualSalaryMin) | "\(.id)"]' "$t_payload") as \$ids
		| select(.external_id as \$i | \$ids | index(\$i)) | .salary_min_micros"
fi
for n in 0 1 2 3; do
	parsed themuse "feeds/themuse/page$n.json" 20 || continue
	same_column ids '.results[].id' .external_id
	same_column titles '.results[].name | clean' .title
	same_column companies '.results[].company.name | clean' .company
	same_column URLs '.results[].refs.landing_page' .url
	same_column dates '.results[].publication_date | seconds' '.posted_at | seconds'
	same_column levels '.results[].levels[0].short_name
		| {internship: "intern", management: "manager"}[.] // .' .level
	same_column departments '.results[].categories[0].name' .department
done
if parsed usajobs boards/usajobs/search-500.json 500; then
	ok 'R1 a page of a longer listing is told' err_has 'not complete: more pages follow$'
	same_column ids '.SearchResult.SearchResultItems[].MatchedObjectId' .external_id
	same_column titles '.SearchResult.SearchResultItems[].MatchedObjectDescriptor.PositionTitle | clean
		| select(length < 250 and (test("&") | not))' '.title | select(length < 250 and (test("&") | not))'
	same_column organisations \
		'.SearchResult.SearchResultItems[].MatchedObjectDescriptor.OrganizationName | clean' .company
	same_column requisitions '.SearchResult.SearchResultItems[].MatchedObjectDescriptor.PositionID | clean' \
		.requisition
	same_column URLs '.SearchResult.SearchResultItems[].MatchedObjectDescriptor.PositionURI' .url
	same_column published \
		'.SearchResult.SearchResultItems[].MatchedObjectDescriptor.PublicationStartDate | seconds' \
		'.posted_at | seconds'
	same_column 'closing days' \
		'.SearchResult.SearchResultItems[].MatchedObjectDescriptor.ApplicationCloseDate | .[0:10]' \
		'.valid_through | .[0:10]'
	same_column pay '.SearchResult.SearchResultItems[].MatchedObjectDescriptor.PositionRemuneration[0]
		| [(.MinimumRange, .MaximumRange | tonumber)] | sort | map(select(. > 0)) | select(length == 2)
		| "\(.[0] * 1000000 | round) \(.[1] * 1000000 | round)"' \
		'select(.salary_min_micros and .salary_max_micros) | "\(.salary_min_micros) \(.salary_max_micros)"'
fi
if parsed adzuna feeds/adzuna/de-page1.json 10 de; then
	same_column ids '.results[].id' .external_id
	same_column titles '.results[].title | clean' .title
	same_column companies '.results[].company.display_name | clean' .company
	same_column URLs '.results[].redirect_url' .url
	same_column dates '.results[].created | seconds' '.posted_at | seconds'
	same_column places '.results[].location.display_name' '.locations[0].text'
	same_column salaries '.results[].salary_min | micros' .salary_min_micros
fi
if parsed reed feeds/reed/search-100.json 100; then
	same_column ids '.results[].jobId' .external_id
	same_column titles '.results[].jobTitle | select(test("&") | not) | clean' \
		"$(jq -c '[.results[] | select(.jobTitle | test("&") | not) | "\(.jobId)"]' "$t_payload") as \$ids
		| select(.external_id as \$i | \$ids | index(\$i)) | .title"
	same_column companies '.results[].employerName | clean' .company
	same_column URLs '.results[].jobUrl' .url
	same_column dates '.results[].date | split("/") | "\(.[2])-\(.[1])-\(.[0])"' '.posted_at | .[0:10]'
	same_column ends '.results[].expirationDate | split("/") | "\(.[2])-\(.[1])-\(.[0])"' \
		'.valid_through | .[0:10]'
	same_column salaries '.results[] | select(.minimumSalary) | "\(.minimumSalary | micros) \(.currency)"' \
		"$(jq -c '[.results[] | select(.minimumSalary) | "\(.jobId)"]' "$t_payload") as \$ids
		| select(.external_id as \$i | \$ids | index(\$i)) | \"\\(.salary_min_micros) \\(.salary_currency)\""
fi
if parsed jooble feeds/jooble/search.json 30 keywords=it; then
	same_column ids '.jobs[].link | capture("/jdp/(?<id>-?[0-9]+)") | .id' .external_id
	same_column titles '.jobs[].title | clean | select(test("&") | not)' '.title | select(test("&") | not)'
	same_column companies '.jobs[] | (.company // "") | clean | if . == "" then "Jooble" else . end' .company
	same_column URLs '.jobs[].link' .url
	same_column dates '.jobs[].updated | .[0:19] + "Z" | seconds' '.posted_at | seconds'
fi

if parsed hn feeds/hn/algolia-whoishiring-2026-05-comments.json 335 whoishiring; then
	top='.hits[] | select(.parent_id == .story_id)'
	same_column ids "$top | .objectID" .external_id
	same_column dates "$top | .created_at | seconds" '.posted_at | seconds'
	same_column URLs "$top | \"https://news.ycombinator.com/item?id=\(.objectID)\"" .url
	# a line of plain pieces: the company is the first, the title all of it
	plain='.comment_text | split("<p>")[0] | select(test("^[A-Za-z0-9 .,()|-]{20,200}$") and test("^[A-Za-z0-9. ]+ \\| "))'
	same_column 'plain first lines' "$top | $plain | clean" \
		"$(jq -c "[$top | select($plain) | .objectID]" "$t_payload") as \$ids
		| select(.external_id as \$i | \$ids | index(\$i)) | .title"
	same_column 'their companies' "$top | $plain | split(\" | \")[0] | clean" \
		"$(jq -c "[$top | select($plain) | .objectID]" "$t_payload") as \$ids
		| select(.external_id as \$i | \$ids | index(\$i)) | .company"
	ok 'nobody is named' file_lacks ours.jsonl '"author"'
fi
parsed hn feeds/hn/algolia-whoishiring-threads.json 0 whoishiring &&
	ok 'threads are asked for next' err_has 'more pages follow$'

# ---- pages ----------------------------------------------------------------------------------------

for page in linkedin-job-guest remoteworkspain-listing; do
	parsed jobposting "pages/$page.html" 0 "https://board.example/$page" && ok "$page says nothing" no_err
done
# The block of a page, as a browser takes it: between the tags.
for page in indeed-viewjob workday-job; do
	parsed jobposting "pages/$page.html" 1 "https://board.example/$page" || continue
	ok "$page is complete" no_err
	tr '\n' ' ' <"$t_payload" | sed 's/.*<script type="application\/ld+json">//; s/<\/script>.*//' >block.json
	t_payload=block.json
	same_column title '.title | clean' .title
	same_column company '.hiringOrganization.name' .company
	[ "$page" = workday-job ] || # its pay is in the text
		same_column pay '.baseSalary | "\(.value.minValue | micros) \(.value.maxValue | micros) \(.currency)"' \
			'"\(.salary_min_micros) \(.salary_max_micros) \(.salary_currency)"'
	same_column posted '.datePosted | .[0:10]' '.posted_at | .[0:10]'
	same_column type '.employmentType | if type == "array" then .[0] else . end | ascii_downcase' \
		.employment_type
done

done_testing
