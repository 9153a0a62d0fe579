#!/bin/sh
# What stands in examples/queue is run: units, crontab, handlers in the shell and in Python.
. "${0%/*}/lib.sh"

need python3 jq curl
ex=$T_TOP/examples/queue

# ---- units and crontab ---------------------------------------------------------------------------

# The commands of the units and the crontab are ours, with options that we know.
grep -h -o 'jp-[a-z]* .*' "$ex"/*.service "$ex/crontab" | grep -v '^jp-[a-z]*: ' |
	sed -e 's|-C /etc/jobping/jobping.yaml||' -e '/^jp-queue work runs/d' | sort -u >commands
ok 'units and crontab have commands' test "$(wc -l <commands)" -ge 3
while read -r program rest; do
	# shellcheck disable=SC2086
	run $program $rest --help
	ok "$program $rest: is a command line of ours" exits 0
done <commands
if command -v systemd-analyze >/dev/null 2>&1; then
	mkdir units
	for u in "$ex"/*.service "$ex"/*.timer; do
		sed "s|/usr/local/bin|$BUILD/bin|; s|^User=.*|User=root|" "$u" >"units/${u##*/}"
	done
	run systemd-analyze verify --man=no units/*
	ok 'systemd finds nothing wrong with the units' exits 0
else
	skip 'systemd finds nothing wrong with the units' 'no systemd-analyze here'
fi

# ---- handlers ------------------------------------------------------------------------------------

echo '{"/ok": {"body": "x"}, "/gone": {"status": 404}, "/busy": {"status": 503}}' >http.json
start python3 "$T_SERVERS/httpd.py" http.json
base=http://127.0.0.1:${T_LINE##* }
new_site <<END
queue:
  types:
    link: {command: ["$ex/check-link.sh"], concurrency: 0..2, backoff: 1h}
    thumbnail: {command: [python3, "$ex/thumbnail.py"], batch: 10, backoff: 1h}
END
for page in ok gone busy; do
	jp-queue add -q -k "$page" link "{\"url\":\"$base/$page\"}"
done
jp-queue add -q -k none link '{}'
run timeout 600 jp-queue work link --drain
ok 'links are checked' exits 0
ok 'and each has its end' same "$(sql "SELECT key || ' ' || state FROM task ORDER BY id" | tr '\n' ' ')" \
	'ok done gone dead busy delayed none dead '
ok 'a server that is busy is asked later' same \
	"$(sql "SELECT (run_at - started_at) / 60000 FROM task WHERE key = 'busy'")" 10

mkdir pictures
printf 'P3 4 2 9\n1 1 1 2 2 2 3 3 3 4 4 4\n5 5 5 6 6 6 7 7 7 8 8 8\n' >pictures/a.ppm
echo nonsense >pictures/b.ppm
run sh -c 'find "$PWD/pictures" -name "*.ppm" | sort | jq -Rc "{file: .}" | jp-queue add -q thumbnail -'
ok 'the pipeline of the example adds tasks' exits 0
jp-queue add -q thumbnail '{"file":"/nonexistent/c.ppm"}'
run timeout 600 jp-queue work thumbnail --drain
ok 'thumbnails are made' file_is pictures/a.small.ppm <<'END'
P3 2 1 9
1 1 1 3 3 3
END
ok 'what is no picture is dead, what is not there comes later' same "$(sql "SELECT state FROM task
	WHERE type = 'thumbnail' ORDER BY id" | tr '\n' ' ')" 'done dead delayed '

done_testing
