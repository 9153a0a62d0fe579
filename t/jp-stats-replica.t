#!/bin/sh
# jp-stats reads from a replica: a second PostgreSQL server that follows the first, in recovery.
. "${0%/*}/own-server.sh"
own_server --replica
replica=$JP_TEST_REPLICA
. "${0%/*}/lib.sh"
need jq

new_site <<END
site: {name: Replicated}
END
primary=$T_DB
copy=${replica%/*}/${primary##*/}
admin=$(echo "$copy" | sed 's|://jp:|://admin:|')
asked() { "$JP_TEST_PSQL" -X -A -t -q -d "$1" -c "$2"; }

# until_has WHAT (receive, replay): until the replica has received or replayed all that the primary has written.
until_has()
{
	lsn=$(asked "$primary" 'SELECT pg_current_wal_lsn()') tries=0
	while [ "$(asked "$replica" "SELECT pg_last_wal_${1}_lsn() >= '$lsn'")" != t ]; do
		tries=$((tries + 1))
		[ $tries -lt 2000 ] || t_die "the replica has not ${1}ed it"
	done
}
follow() { until_has replay; }
mode() { chmod 600 "$JP_CONFIG"; }

jp-board add -q greenhouse:anvil || t_die 'no board'
follow
run jp-stats -j
cp "$T_OUT" primary.json
printf 'stats: {database: "%s"}\n' "$copy" >>"$JP_CONFIG"
mode
asked "$primary" "UPDATE query_stat SET n = 0" >/dev/null
follow
run jp-stats -j
ok 'a replica in recovery is read' exits 0
ok 'and nothing is said while it keeps up' no_err
ok 'it tells the same' same "$(jq -c 'select(.area == "boards")' "$T_OUT")" \
	"$(jq -c 'select(.area == "boards")' primary.json)"
for verb in boards runs queries; do
	run jp-stats $verb
	ok "every report: $verb" exits 0
done
run jp-stats health -q
ok 'health, too' no_err
ok 'promise: nothing is written, not even timings' same \
	"$(asked "$primary" 'SELECT count(*) FROM query_stat WHERE n > 0')" 0
run jp-stats -v
ok 'with -v it is told how far it is behind' err_has 'is a replica, [0-9a-z]* behind$'
ok 'without the password' err_lacks "$(echo "$replica" | sed 's|.*://jp:\([^@]*\)@.*|\1|')"

asked "$admin" 'SELECT pg_wal_replay_pause()' >/dev/null
jp-board add -q lever:basil || t_die 'no second board'
until_has receive
run jp-stats -j
ok 'what it has not got yet is not there' out_jq 'map(select(.area == "boards" and .name == "total")) |
	map(.value) == [1]'
run jp-stats -v
ok 'and it is known to be behind' err_has 'is a replica, [1-9][0-9a-z]* behind'
asked "$admin" 'SELECT pg_wal_replay_resume()' >/dev/null
follow
run jp-stats -j
ok 'then it is' out_jq 'map(select(.area == "boards" and .name == "total")) | map(.value) == [2]'
run jp-board add -q greenhouse:third
ok 'other programs work with the database itself' exits 0

sed -i "s|^stats:.*|stats: {database: \"${copy%/*}/nowhere\"}|" "$JP_CONFIG"
run jp-stats
ok 'a replica that is not there is said to be missing' exits 69
done_testing
