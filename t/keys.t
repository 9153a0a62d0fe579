#!/bin/sh
# Promise 7: the keys of services that want one come from files or the environment and reach the service;
# they stand in no message, row, statistic, recording or command line.
. "${0%/*}/lib.sh"
need python3 jq

usajobs='us+a/K3Y~one' adzuna='4pp1d:adz/K3Y two' reed='reed-K3Y-three' jooble='joo/K3Y=four'
# Each as it is, as a URL has it, and what its header is made of.
printf '%s\n' 'us+a/K3Y~one' 'us%2Ba%2FK3Y~one' 'adz/K3Y two' 'adz%2FK3Y' 'adz/K3Y' 'reed-K3Y-three' \
	"$(printf '%s:' "$reed" | base64)" 'joo/K3Y=four' 'joo%2FK3Y' >secrets

for kind in usajobs adzuna reed jooble; do
	cp "$T_DATA/boards/$kind/small.json" $kind.json
done
# script BEHAVIOUR: what all of them answer; small: their own bodies.
script()
{
	jq -n --arg how "$1" '{"/api/search": "usajobs", "/v1/api/jobs/de/search/1": "adzuna", "/api/1.0/search": "reed",
		"/api/joo%2FK3Y=four": "jooble"} |
		with_entries(.value = if $how == "small" then {file: "\(.value).json"} else ($how | fromjson) end)' >script.json
}
script small
start python3 "$T_SERVERS/httpd.py" script.json --log log
port=${T_LINE#port }
site()
{
	new_site <<END
http: {allow: [127.0.0.1], min_interval: 0s, per_hour: 0, per_day: 0, retries: 0}
boards:
$(for kind in usajobs adzuna reed jooble; do echo "  $kind: http://127.0.0.1:$port"; done)
$1
END
	jp-board add -q usajobs:all adzuna:de reed:all 'jooble:keywords=cook'
}
# told: lines with a secret of all that was written since the last time.
told()
{
	{
		cat "$T_OUT" "$T_ERR"
		sql 'SELECT reason FROM visit'
		sql 'SELECT key FROM host'
		sql 'SELECT token, etag, region, host FROM board'
		for verb in overview boards runs queries alerts; do
			jp-stats $verb 2>&1 || :
		done
		find . -path './rec*' -type f -exec cat {} +
	} >said
	grep -F -f secrets said
	find . -name '*.db*' -exec grep -a -F -l -f secrets {} +
}
# reached: how many of the keys the server was told.
reached()
{
	n=0
	for part in '"us+a/K3Y~one"' 'app_id=4pp1d&app_key=adz%2FK3Y%20two' "Basic $(printf '%s:' "$reed" | base64)" \
		'/api/joo%2FK3Y=four'; do
		! grep -q -F -- "$part" log || n=$((n + 1))
	done
	echo $n
}

# ---- without one --------------------------------------------------------------------------------------

site ''
run jp-scrape -v
ok 'without a key nothing is asked' same "$(grep -v -c -F /robots.txt log)" 0
ok 'each board says which key is missing' same "$(grep -c 'gives answers to a key only; name it in keys\.[a-z]*_file' "$T_ERR")" 4

# ---- from the environment -------------------------------------------------------------------------------

JP_KEYS_USAJOBS=$usajobs JP_KEYS_ADZUNA=$adzuna JP_KEYS_REED=$reed JP_KEYS_JOOBLE=$jooble
export JP_KEYS_USAJOBS JP_KEYS_ADZUNA JP_KEYS_REED JP_KEYS_JOOBLE
: >log
run jp-scrape -a -v --record rec
ok 'keys of the environment are used' same "$(reached)" 4
ok 'and the boards read' same "$(sql "SELECT count(*) FROM board WHERE last_status IN ('ok', 'partial')")" 4
ok 'promise 7 nothing of it is told, kept or recorded' same "$(told)" ''
run jp-scrape -a -v --replay rec
ok 'a recording is found again all the same' same "$(sql "SELECT count(*) FROM board WHERE failures = 0")" 4
ok 'and tells nothing' same "$(told)" ''
run jp-db config
ok 'nor does the configuration that is shown' same "$(told)" ''
unset JP_KEYS_USAJOBS JP_KEYS_ADZUNA JP_KEYS_REED JP_KEYS_JOOBLE

# ---- from files -------------------------------------------------------------------------------------------

for kind in usajobs adzuna reed jooble; do
	eval "printf '%s\n' \"\$$kind\"" >$kind.key
	chmod 600 $kind.key
done
site 'keys: {usajobs_file: usajobs.key, adzuna_file: adzuna.key, reed_file: reed.key, jooble_file: jooble.key}'
: >log
run jp-scrape -a -v
ok 'keys of files are used' same "$(reached)" 4
ok 'and tell nothing' same "$(told)" ''

# ---- when things go wrong -----------------------------------------------------------------------------------

for how in '{"status": 403, "echo": true}' '{"status": 500, "echo": true}' '{"drop": true}' \
	'{"body": "<!doctype html><p>Log in"}' '{"echo": true}' '{"redirect": "http://127.0.0.1:{port}/else"}' \
	'{"redirect": "http://169.254.169.254/"}' '{"redirect": "http://nowhere.invalid/"}' \
	'{"cut_after": 5, "length": 50, "body": "{\"results\": []}"}'; do
	script "$how"
	run jp-scrape -a -v usajobs:all adzuna:de reed:all 'jooble:keywords=cook'
	ok "promise 7 nor with $how" same "$(told)" ''
	run jp-board verify
	ok 'nor does a look at it' same "$(told)" ''
done
run jp-board show -j adzuna:de
ok 'nor the board' same "$(told)" ''
run jp-board list
ok 'nor the list' same "$(told)" ''
ok 'which has the failures' out_has 'adzuna:de		(failing|blocked|parked)'

# ---- other hosts --------------------------------------------------------------------------------------------

jq -n '{"/api/search": {redirect: "http://localhost:{port}/away"}, "/api/1.0/search": {redirect: "http://localhost:{port}/away"},
	"/away": {status: 404}}' >script.json
: >log
run jp-scrape -a -v usajobs:all reed:all
ok 'a key in a header does not go to another host' same "$(grep -F /away log | grep -F -c -f secrets)" 0

done_testing
