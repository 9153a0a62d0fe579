#!/bin/sh
# jp-match: matching, what stdin selects, explanations, the query check.
. "${0%/*}/lib.sh"
need jq

# posting ID TITLE [COLUMN VALUE]...: an open posting on the test's board, in Berlin.
posting()
{
	p_id=$1 p_title=$2
	sql "INSERT INTO posting (id, board_id, external_id, title, company, description, url,
		apply_url, level, first_seen, last_seen, hash, hash_version, dedupe_key)
		VALUES ($p_id, 1, '$p_id', '$p_title', 'Fjordlight', 'Join us.',
		'https://jobs.example.org/$p_id', '', 'senior', $now, $now, CAST('0' AS blob), 1, $p_id);
		INSERT INTO location (posting_id, n, text, city, country)
		VALUES ($p_id, 0, 'Berlin', 'Berlin', 'DE')"
}

tab=$(printf '\t')
export JP_CLOCK=2026-11-22T08:00:00Z
now=1795334400000

# ---- without a site --------------------------------------------------------------------------------

run env JP_DATABASE="$T_WORK/none.db" jp-match
ok 'without a database nothing can be done' exits 69
ok 'and it says what to do' err_has 'jp-db init'
run jp-match both -
ok 'L02 an unknown operand is a usage error' exits 64
run jp-match --explain anna@example.org
ok '--explain needs a posting' exits 64
run jp-match --explain anna@example.org seventeen
ok 'a posting is named by its id' exits 64

run jp-match check 'C++ OR (node.js AND NOT "full-time")'
ok 'a query is checked' exits 0
ok 'and written as it is understood' out_is <<'END'
c++ OR "node js" -"full time"
END
run jp-match check --json 'title:(Data OR ML)'
ok 'L04 as JSON, too' out_jq '.[0].query == "title:data OR title:ml"'
run jp-match check -- '-java'
ok 'a query that begins with a dash stands behind two' exits 0
run jp-match check 'rust AND'
ok 'a wrong query is bad data' exits 65
ok 'the message has the column' err_is <<'END'
jp-match: query, column 9: expected a word, a phrase or "("
END
ok 'and nothing else is said' no_out
run jp-match check
ok 'check needs a query' exits 64

# ---- matching --------------------------------------------------------------------------------------

new_site </dev/null
sql "INSERT INTO board (id, kind, token, next_at, created_at) VALUES (1, 'feed', 'x', 0, 0)"
jp-user add -q anna@example.org --consent 'by phone' || t_die 'no subscriber'
jp-user add -q ben@example.org || t_die 'no subscriber'
jp-user search add -q anna@example.org --name rust --query rust --location Berlin || t_die 'no search'
jp-user search add -q anna@example.org --name cook --query cook --level mid || t_die 'no search'
jp-user search add -q ben@example.org --name any --query rust || t_die 'no search'

run jp-match
ok 'nothing new is fine' exits 0
ok 'and prints nothing' no_out
ok 'nor on stderr' no_err

posting 11 'Rust Engineer'
posting 12 'Cook'
run jp-match -n
ok 'a dry run is done' exits 0
ok 'and prints the matches' out_lines 1
ok 'and keeps none' same "$(sql 'SELECT count(*) FROM match')" 0
ok 'and leaves no trace of a run' same "$(sql "SELECT count(*) FROM run WHERE program = 'jp-match'")" 1

run jp-match
ok 'O01 one match, for the subscriber who agreed' exits 0
ok 'as TSV' out_is <<END
1${tab}11${tab}100${tab}rust${tab}Rust Engineer${tab}Fjordlight${tab}Berlin${tab}https://jobs.example.org/11
END
ok 'C01 with nothing on stderr' no_err
ok 'the row has its reasons' same "$(sql 'SELECT reasons FROM match' | jq 'map(.points) | add')" \
	"$(sql 'SELECT score FROM match')"
run jp-match
ok 'a second run finds nothing new' no_out
ok 'and keeps the match' same "$(sql 'SELECT count(*) FROM match')" 1
ok 'the runs are told' same "$(sql "SELECT n_done FROM run WHERE program = 'jp-match'
	AND exit_code = 0 ORDER BY id")" '0
1
0'

posting 13 "Rust${tab}Engineer"
run jp-match -j
ok 'L04 JSON has the same columns and the reasons' out_jq 'length == 1 and .[0].posting == 13
	and .[0].title == "Rust\tEngineer" and (.[0].reasons | map(.points) | add) == .[0].score'
posting 14 'Rust Engineer'
run jp-match -q
ok 'C01 quiet runs print nothing' no_out
ok 'but match' same "$(sql 'SELECT count(*) FROM match WHERE posting_id = 14')" 1

posting 15 'Rust Engineer'
run jp-match -v
ok 'verbose runs say how much' err_has '1 postings, 2 searches, 1 matches$'
ok 'C03 works in another locale' env LC_ALL=C.UTF-8 jp-match -q

# ---- what stdin selects ----------------------------------------------------------------------------

posting 21 'Rust Engineer'
posting 22 'Rust Developer'
printf '22\tnew\tRust Developer\n' >events
run jp-match - <events
ok 'stdin selects postings' exits 0
ok 'and only those are run' out_has "^1${tab}22${tab}"
ok 'one of them' out_lines 1
ok 'the other is still due' same "$(sql 'SELECT id FROM posting WHERE match_due = 1')" 21
run jp-match - </dev/null
ok 'an empty stdin selects nothing' no_out
ok 'and is no error' exits 0
printf '{"posting":21,"event":"new"}\n{"posting":99}\n' >events
run jp-match - <events
ok 'JSON Lines select, too' out_has "^1${tab}21${tab}"
ok 'and an id of nothing is passed over' no_err
run jp-match - <events
ok 'what was matched before is not printed again' no_out

posting 23 'Rust Engineer'
printf 'nonsense\n23\n\n' >events
run jp-match - <events
ok 'a broken line is skipped' exits 0
ok 'and told with its number' err_has '^jp-match: stdin: line 1'
ok 'while the others go on' out_has "^1${tab}23${tab}"
printf 'nonsense\nmore of it\n' >events
run jp-match - <events
ok 'when nothing can be read it is bad data' exits 65
ok 'and each line is told' err_lines 2

# ---- searches that change --------------------------------------------------------------------------

jp-user search add -q anna@example.org --name cook --query cook || t_die 'no search'
run jp-match
ok 'an edited search is run against the open postings' out_has "^1${tab}12${tab}.*${tab}cook${tab}Cook"
jp-user add -q ben@example.org --consent 'confirmed' || t_die 'no consent'
run jp-match
ok 'O01 after the consent the searches of a pending subscriber are run' out_has '^2	.*	any	'
ok 'against all that is open' out_lines 7

# ---- why, and why not ------------------------------------------------------------------------------

jp-user search add -q anna@example.org --name picky --query '"rust engineer" -senior OR cook' \
	--level mid --min-score 90 --salary-min '60k EUR' || t_die 'no search'
run jp-match --explain anna@example.org 11
ok 'an explanation is given' exits 0
ok 'of a match, with its points' out_has "^rust${tab}.*title has \"rust\"$"
ok 'and its score' out_has "^rust${tab}100${tab}yes${tab}matches$"
ok 'of a search that does not match' out_has "^cook${tab}0${tab}no${tab}has no \"cook\"$"
ok 'with every condition that fails' out_has "^picky${tab}0${tab}no${tab}level senior is not among mid$"
ok 'and those that hold' out_has "^picky${tab}0${tab}yes${tab}salary is not stated$"
ok 'or hold in one of several ways' out_has "^picky${tab}0${tab}yes${tab}has \"rust engineer\" -senior OR cook$"
run jp-match --explain 1 11 2
ok 'one search, by its id, that does not match: no' exits 1
ok 'is told alone' out_lacks '^rust'
run jp-match --json --explain 1 11 1
ok 'L04 JSON has the same' out_jq '.[-1] == {search: "rust", points: 100, ok: true, what: "matches"}'
run jp-match --explain nobody@example.org 11
ok 'an unknown subscriber is bad data' exits 65
ok 'G05 and the address is not repeated' err_lacks nobody
run jp-match --explain anna@example.org 99
ok 'so is an unknown posting' exits 65
run jp-match --explain anna@example.org 11 99
ok 'and an unknown search' exits 65
jp-user pause -q anna@example.org || t_die 'no pause'
run jp-match --explain anna@example.org 11 1
ok 'a paused subscriber gets nothing' exits 1
ok 'which is said' out_has "${tab}no${tab}subscriber is paused$"

done_testing
