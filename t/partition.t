#!/bin/sh
# jobping-scaling(7): the statements of examples/partition.sql on a site in use, and the programs on
# what they leave.
. "${0%/*}/lib.sh"
need_postgres
need jq

# The demonstration, on the server.
mkdir b
ln -s "$BUILD/bin" b/bin
T_DB=$(new_database jobping) || t_die 'no database'
JP_DATABASE=$T_DB BUILD=$T_WORK/b sh "$T_TOP/examples/demo/run" >demo.out 2>&1 || t_die 'no demonstration' demo.out
export JP_CONFIG="$T_WORK/b/demo/jobping.yaml" JP_DATABASE="$T_DB"
direct=${JP_TEST_POSTGRES_DIRECT%/*}/${T_DB##*/}

facts() { sql 'SELECT count(*), max(id), min(at) FROM visit'; sql 'SELECT count(*), max(id), min(at) FROM posting_event'; }
facts >before
run "$JP_TEST_PSQL" -X -q -v ON_ERROR_STOP=1 -f "$T_TOP/examples/partition.sql" "$direct"
ok 'the tables are partitioned' exits 0
facts >after
ok 'with all rows' cmp before after
ok 'by month' test "$(sql "SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'")" -eq 6

run jp-db check
ok 'nothing is wrong' exits 0
run jp-db init
ok 'nothing is missing' exits 0
run jp-board add -q greenhouse:anvil
sql "UPDATE board SET next_at = 0 WHERE token = 'anvil'"
mkdir tape
printf 'HTTP/1.1 200 OK\nContent-Type: application/json\n\n{"jobs":[{"id":1,"title":"Smith","absolute_url":"https://anvil.example/1","company_name":"Anvil","location":{"name":"Leeds"},"content":"Iron"}],"meta":{"total":1}}' >tape/a.http
printf 'GET\t%s\t-\t%s\n' 'https://boards-api.greenhouse.io/v1/boards/anvil/jobs?content=true' a.http >tape/index.tsv
run jp-scrape --replay tape greenhouse:anvil
ok 'boards are visited' exits 0
ok 'and postings found' out_has 'Smith'
ok 'the visit lies in its month' same \
	"$(sql "SELECT count(*) FROM visit WHERE tableoid <> CAST('visit_rest' AS regclass)")" 1
ok 'and ids go on' same "$(sql 'SELECT max(id) FROM visit')" "$(($(cut -d '|' -f 2 before | head -n 1) + 1))"
run jp-match -q
ok 'matching goes on' exits 0
run jp-stats
ok 'reports go on' exits 0
run env JP_GC_VISITS=1d JP_GC_EVENTS=1d jp-db gc
ok 'gc removes from any month' exits 0
ok 'what is old' same "$(sql "SELECT count(*) FROM visit_rest")" 0
run jp-board remove --yes greenhouse:anvil
ok 'a board goes with its visits' same "$(sql 'SELECT count(*) FROM visit')" 0
sql "SELECT jp_partition(now() + interval '70 days')" >/dev/null
ok 'months are added' same "$(sql "SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'")" 8
PGPASSWORD=$(echo "$T_DB" | sed 's|^[^:]*://[^:]*:\([^@]*\)@.*|\1|')
export PGPASSWORD
run jp-db copy -q "$(echo "$T_DB" | sed 's|\(://[^:/]*\):[^@]*@|\1@|')" file.db
ok 'and jp-db copy takes all to a file' exits 0
done_testing
