#!/bin/sh
# Recorded payloads of applicant-tracking services with a board for each employer, as t/recorded.t
# does it: what jp-scrape parse prints against what jq and xmllint take from the payload.
. "${0%/*}/lib.sh"
need_recorded_data
need jq xmllint
B=$JP_DATA/boards

# parsed KIND FILE OPTION...: the postings of a payload into ours.jsonl.
parsed()
{
	t_kind=$1
	t_payload=$2
	shift 2
	run sh -c 'body=$0; exec jp-scrape parse "$@" <"$body"' "$t_payload" "$t_kind" --board acme "$@"
	cp "$T_OUT" ours.jsonl
}

n_postings() { wc -l <ours.jsonl | tr -d ' '; }

# same_column FILTER FILTER-OF-OURS: both give a value a line, in the order of the payload.
same_column()
{
	jq -r "$1" "$t_payload" >theirs.txt 2>&3 || return 1
	jq -r "$2" ours.jsonl >ours.txt 2>&3 || return 1
	diff -u theirs.txt ours.txt >&3
}

CLEAN='def clean: gsub("[\\s\\x{a0}]+"; " ") | sub("^ "; "") | sub(" $"; "");'

# checked KIND FILE COUNT LIST: read, counted, and the columns that every service has in its list.
checked()
{
	parsed "$1" "$B/$2"
	ok "$2 is read" exits 0
	ok "$2: $3 postings" same "$(n_postings)" "$3"
	ok "$2: ids" same_column "$4 | $5" .external_id
	ok "$2: titles" same_column "$CLEAN $4 | $6 | clean" .title
}

# ---- Workable ---------------------------------------------------------------------------------------

for file in crewai.json:4 huggingface-sample.json:3; do
	checked workable "workable/${file%:*}" "${file#*:}" '.jobs[]' .shortcode .title
	ok 'a whole account is complete' no_err
	ok 'company' same_column '.name as $n | .jobs[] | $n' .company
	ok 'URLs' same_column '.jobs[].url' .url
	ok 'forms' same_column '.jobs[].application_url' .apply_url
	ok 'dates' same_column '.jobs[].published_on' '.posted_at[0:10]'
	ok 'telecommuting' same_column '.jobs[] | select(.telecommuting) | .shortcode' \
		'select(.remote == "remote") | .external_id'
	ok 'places that are not hidden' same_column \
		'.jobs[] | [.locations[] | select(.hidden | not) | .countryCode] | join(" ")' \
		'[.locations[].country] | join(" ")'
	ok 'types' same_column '.jobs[] | "full_time"' .employment_type
done
checked workable workable/v3-jobs-page.json 3 '.results[]' .shortcode .title
ok 'R1 a page of another interface is not complete' err_has 'not complete: 3 of the 7 postings'

# ---- SmartRecruiters --------------------------------------------------------------------------------

for file in servicenow-page1.json:3 westerndigital-page1.json:10; do
	checked smartrecruiters "smartrecruiters/${file%:*}" "${file#*:}" '.content[]' .id .name
	ok 'companies' same_column '.content[].company.name' .company
	ok 'released' same_column '.content[].releasedDate' .posted_at
	ok 'requisitions' same_column '.content[].refNumber' .requisition
	ok 'cities' same_column '.content[].location.city' '.locations[0].city'
	ok 'countries' same_column '.content[].location.country | ascii_upcase' '.locations[0].country'
	ok 'work models' same_column '.content[].location
		| if .hybrid then "hybrid" elif .remote then "remote" else "onsite" end' .remote
	ok 'departments' same_column '.content[] | [.department.label, .function.label]
		| map(select(. != null)) | join(", ")' .department
done
ok 'R1 one page of several is not complete' err_has 'not complete: more pages follow'
parsed smartrecruiters "$B/smartrecruiters/servicenow-detail.json" --detail 744000138497339
ok 'the details are read' exits 0
ok 'one posting' same "$(n_postings)" 1
ok 'its page' same_column .postingUrl .url
ok 'its form' same_column .applyUrl .apply_url
ok 'all sections in their order' same_column '[.jobAd.sections[].title] | join("|")' \
	'.description as $d | ["Company Description", "Job Description", "Qualifications",
	"Additional Information"] | map(select(. as $t | $d | contains($t))) | join("|")'
ok 'without markup' file_lacks ours.jsonl '<(p|li|div|strong)[ >]|&(lt|nbsp|amp|quot|#xa0);'

# ---- Recruitee --------------------------------------------------------------------------------------

checked recruitee recruitee/shopware-sample.json 2 '.offers[]' .id .title
ok 'complete' no_err
ok 'companies' same_column '.offers[].company_name' .company
ok 'URLs' same_column '.offers[].careers_url' .url
ok 'forms' same_column '.offers[].careers_apply_url' .apply_url
ok 'published' same_column '.offers[].published_at | "\(.[0:10])T\(.[11:19])Z"' .posted_at
ok 'cities' same_column '.offers[] | [.locations[].city] | join("|")' '[.locations[].city] | join("|")'
ok 'work models' same_column '.offers[] | [.remote, .hybrid, .on_site]
	| if . == [true, false, false] then "remote" else "hybrid" end' .remote
checked recruitee recruitee/greatminds-restructured.json 21 '.[]' .id .title
ok 'R1 a list that somebody flattened is not complete' err_has 'not complete: a bare list of offers'
ok 'departments' same_column "$CLEAN"' .[].department.name | clean' .department

# ---- Personio ---------------------------------------------------------------------------------------

parsed personio "$B/personio/demo-feed.xml"
ok 'the demo feed is read' exits 0
ok 'it is complete' no_err
ok '11 positions' same "$(n_postings)" 11
from_feed()
{
	i=1
	while [ "$i" -le 11 ]; do
		xmllint --xpath "normalize-space(//position[$i]/$1)" "$t_payload"
		i=$((i + 1))
	done
}
same_as_feed()
{
	from_feed "$1" >theirs.txt
	jq -r "$2" ours.jsonl >ours.txt
	diff -u theirs.txt ours.txt >&3
}
ok 'ids' same_as_feed id .external_id
ok 'titles, not the names of sections' same_as_feed name .title
ok 'departments' same_as_feed department '.department // ""'
ok 'companies' same_as_feed subcompany 'if .company_is_guess then "" else .company end'
ok 'created' same_as_feed createdAt '.posted_at | sub("Z$"; "+00:00")'
ok 'offices, but work models' same_as_feed office '.locations[0].text // "Remote"'
ok 'interns' same "$(from_feed employmentType | grep -c intern)" \
	"$(jq -r .employment_type ours.jsonl | grep -c internship)"
jq -c .description ours.jsonl >texts.txt
ok 'a text for each' awk 'length($0) < 20 { exit 1 }' texts.txt
ok 'without markup' file_lacks texts.txt '<(p|li|div|strong|br)[ >]|&(lt|nbsp|amp|quot);'
parsed personio "$B/personio/empty.xml"
ok 'an account without positions' exits 0
ok 'is empty' no_out
parsed personio "$B/personio/demo-feed-faulty.xml"
ok 'what is not well formed is refused' exits 65
ok 'whole' no_out

# ---- Teamtailor -------------------------------------------------------------------------------------

checked teamtailor teamtailor/1komma5-jobs.json 2 '.items[]' .id .title
ok 'complete' no_err
ok 'companies' same_column '.items[]._jobposting.hiringOrganization.name' .company
ok 'URLs' same_column '.items[].url' .url
ok 'cities' same_column '.items[]._jobposting.jobLocation[0].address.addressLocality' '.locations[0].city'

# ---- Workday ----------------------------------------------------------------------------------------

for file in analogdevices-page0.json:20 analogdevices-page-stale.json:20 nvidia-page1.json:10; do
	checked workday "workday/${file%:*}" "${file#*:}" '.jobPostings[]' \
		'.externalPath | split("_")[-1]' .title
	ok 'R1 one page of several is not complete' err_has 'not complete: (more pages follow|10 of the 2000 )'
	ok 'requisitions' same_column '.jobPostings[].bulletFields[0]' .requisition
	ok 'pages, with the site between host and path' same_column \
		'.jobPostings[] | "https://acme.wd1.myworkdayjobs.com/jobs\(.externalPath)"' .url
	ok 'a count of places is none' same_column \
		'.jobPostings[] | select(.locationsText | test("^[0-9]+ Locations$")) | .bulletFields[0]' \
		'select(.locations == [] and .remote == null) | .requisition'
	ok 'R5 days ago are derived, 30+ is unknown' same_column \
		'.jobPostings[] | if .postedOn == "Posted 30+ Days Ago" then "false" else "true" end' \
		'"\(.posted_derived)"'
done

# ---- BambooHR, Pinpoint -----------------------------------------------------------------------------

checked bamboohr bamboohr/careers-list-sample.json 3 '.result[]' .id .jobOpeningName
ok 'complete' no_err
ok 'departments' same_column '.result[].departmentLabel' .department
ok 'work models' same_column '["onsite", "remote", "hybrid"] as $w | .result[]
	| $w[.locationType | tonumber]' .remote
ok 'cities' same_column '.result[] | .atsLocation.city // .location.city' '.locations[0].city'

checked pinpoint pinpoint/postings-sample.json 3 '.data[]' .id .title
ok 'complete' no_err
ok 'URLs' same_column '.data[].url' .url
ok 'requisitions' same_column '.data[].job.requisition_id' .requisition
ok 'pay that is shown' same_column '.data[] | if .compensation_visible
	then .compensation_minimum * 1000000 else null end' .salary_min_micros
ok 'deadlines' same_column '.data[].deadline_at[0:10] | sub("-"; "") | sub("-"; "") | tonumber + 1' \
	'.valid_through[0:10] | sub("-"; "") | sub("-"; "") | tonumber'

done_testing
