#!/bin/sh
# Promise 1 over recorded listings of real boards, days apart: what is new, closed and reopened must be
# exactly what a few lines of awk say of the ids alone.
. "${0%/*}/lib.sh"
need_recorded_data
need jq awk
S=$JP_DATA/boards/series

# expected: reads "SNAPSHOT ID" lines in order (a snapshot of its own with ID "-" first) and gives
# "SNAPSHOT EVENT ID" for what two complete listings in a row decide.
expected()
{
	awk '
	function settle(  id) {
		for (id in known)
			if (!(id in here) && open[id] && ++missed[id] == 2) {
				open[id] = 0
				print snapshot, "closed", id
			}
	}
	$2 == "-" {
		if (snapshot != "")
			settle()
		snapshot = $1
		split("", here)
		next
	}
	{
		here[$2] = 1
		missed[$2] = 0
		if (!($2 in known))
			print snapshot, "new", $2
		else if (!open[$2])
			print snapshot, "reopened", $2
		known[$2] = open[$2] = 1
	}
	END { settle() }'
}

# replay KIND TOKEN URL IDS: the snapshots of a series, one run each at its own time.
replay()
{
	rm -rf replay ids.txt ours.txt
	new_site </dev/null
	jp-board add -q "$1:$2"
	mkdir replay
	printf 'GET\t%s\t-\tanswer\n' "$3" >replay/index.tsv
	bad=
	for file in "$S/$1-$2"/*Z.json; do
		name=${file##*/}
		name=${name%Z.json}
		time=$(echo "$name" | sed 's/^\(....\)\(..\)\(..\)T\(..\)\(..\)\(..\)/\1-\2-\3T\4:\5:\6Z/')
		printf 'HTTP/1.1 200 OK\nContent-Type: application/json\n\n' | cat - "$file" >replay/answer
		{
			echo "$name -"
			jq -r "$4" "$file" | sed "s/^/$name /"
		} >>ids.txt
		run env JP_CLOCK="$time" jp-scrape -a --replay replay
		[ "$T_STATUS" = 0 ] && [ ! -s "$T_ERR" ] || bad="$bad $name"
		cut -f 1,2 "$T_OUT" | while IFS='	' read -r posting event; do
			echo "$name $event $(sql "SELECT external_id FROM posting WHERE id = $posting")"
		done >>ours.txt
	done
	grep -v ' changed ' ours.txt | sort >events.txt
	expected <ids.txt | sort >expected.txt
	ok "$1 $2: every listing is read" same "$bad" ''
	ok "$1 $2: promise 1 new, closed and reopened as two complete listings decide" \
		diff -u expected.txt events.txt
	ok "$1 $2: something was closed" file_has events.txt ' closed '
	ok "$1 $2: what is open is the last listing and what only it lacks" same \
		"$(sql 'SELECT external_id FROM posting WHERE closed_at IS NULL' | sort | xargs)" \
		"$(awk '$2 == "new" || $2 == "reopened" { o[$3] = 1 } $2 == "closed" { delete o[$3] }
			END { for (id in o) print id }' expected.txt | sort | xargs)"
	run env JP_CLOCK="$time" jp-scrape -a --replay replay
	ok "$1 $2: the last listing again tells only of what closes now" out_lacks '	(new|changed|reopened)	'
}

GH=https://boards-api.greenhouse.io/v1/boards
LV=https://api.lever.co/v0/postings
replay greenhouse luno "$GH/luno/jobs?content=true" '.jobs[].id'
replay greenhouse takealotgroup "$GH/takealotgroup/jobs?content=true" '.jobs[].id'
replay lever mamamoney "$LV/mamamoney?mode=json" '.[].id'
replay lever moo "$LV/moo?mode=json" '.[].id'

done_testing
