#!/bin/sh
# Sessions with a real PostgreSQL server: TLS and whose certificate is believed, passwords and where they
# come from, a server that is full, statements that take too long.  What goes wrong is one line that
# says what to do, and never a password.
. "${0%/*}/lib.sh"
[ "$T_ENGINE" = sqlite ] || skip_all 'has servers of its own; once is enough'
need openssl jq python3

# shellcheck disable=SC2016 # for the inner shell
psql=$(python3 "$T_SERVERS/postgres.py" sh -c 'echo "$JP_TEST_PSQL"' 2>/dev/null) ||
	skip_all 'no PostgreSQL server is installed'

# serve OPTION...: a server; its URL, and that without password; password; host and port, set as
# url_N, open_N, password_N, place_N.
n_servers=0
serve()
{
	n_servers=$((n_servers + 1))
	start python3 "$T_SERVERS/postgres.py" "$@"
	t_url=${T_LINE##* }
	"$psql" -X -q -d "$t_url" -c 'CREATE DATABASE site' || t_die 'no database'
	# shellcheck disable=SC2034
	t_url=${T_LINE%% *}
	t_url=${t_url%/*}/site
	eval "url_$n_servers=\$t_url"
	eval "open_$n_servers=\$(echo \"\$t_url\" | sed 's|\(://[^:]*\):[^@]*@|\1@|')"
	eval "password_$n_servers=\$(echo \"\$t_url\" | sed 's|^[^:]*://[^:]*:\([^@]*\)@.*|\1|')"
	eval "place_$n_servers=\$(echo \"\$t_url\" | sed 's|.*@\([^/]*\)/.*|\1|')"
}

# ---- certificates -----------------------------------------------------------------------------------

authority()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
		-subj "/CN=Test authority $1" -keyout "$1.key" -out "$1.pem" 2>openssl.err || t_die 'no authority' openssl.err
}
authority ours
authority others
printf 'subjectAltName=DNS:db.example\n' >san
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=db.example \
	-keyout server.key -out server.csr 2>openssl.err || t_die 'no request' openssl.err
openssl x509 -req -days 30 -in server.csr -CA ours.pem -CAkey ours.key -CAcreateserial -extfile san \
	-out server.pem 2>openssl.err || t_die 'no certificate' openssl.err

serve --tls server.pem server.key
serve --set max_connections=6 --set superuser_reserved_connections=3
# shellcheck disable=SC2154 # by serve
port=${place_1##*:}
# said REGEX: one line, of this program, without any password.
said()
{
	test "$(wc -l <"$T_ERR")" = 1 && file_has "$T_ERR" "^jp-[a-z]*: $1" && no_secret
}
# shellcheck disable=SC2154
no_secret()
{
	! grep -q -e "$password_1" -e "$password_2" -e hush "$T_OUT" "$T_ERR"
}

export JP_CONFIG="$T_WORK/jobping.yaml"
# with KEY: VALUE...: the database settings of the configuration.
with()
{
	echo 'site: {key_file: site.key}' >"$JP_CONFIG"
	echo 'db: {connect_timeout: 5s' >>"$JP_CONFIG"
	for t_setting; do echo ", $t_setting" >>"$JP_CONFIG"; done
	echo '}' >>"$JP_CONFIG"
	chmod 600 "$JP_CONFIG"
}
with
# The name is looked up nowhere: the address stands beside it.
named() { echo "postgresql://jp@$1:$port/site?hostaddr=127.0.0.1"; }
# shellcheck disable=SC2154
export JP_DB_PASSWORD="$password_1"
JP_DATABASE=$(named db.example)
export JP_DATABASE
run jp-db init -q
ok 'a server that offers TLS is taken' exits 0

# ---- TLS --------------------------------------------------------------------------------------------

with 'sslmode: verify-full' 'ca_file: ours.pem'
run jp-board list
ok 'verify-full: the right name, signed by whom we believe' exits 0
ok 'is not spoken of' no_err
run env JP_DATABASE="$(named other.example)" jp-board list
ok 'verify-full: a certificate for another name is refused' exits 78
ok 'and both names are told' said '.*server certificate for "db.example".* does not match host name "other.example"'
with 'sslmode: verify-ca' 'ca_file: ours.pem'
run env JP_DATABASE="$(named other.example)" jp-board list
ok 'verify-ca does not look at the name' exits 0
for mode in verify-ca verify-full; do
	with "sslmode: $mode" 'ca_file: others.pem'
	run jp-board list
	ok "$mode: signed by somebody else, it is refused" exits 78
	ok 'and told so' said '.*certificate verify failed'
done
with 'sslmode: verify-full'
run jp-board list
ok 'without an authority nothing can be verified' exits 78
ok 'which is told' said '.*root certificate file.* does not exist'
with 'sslmode: verify-full' 'ca_file: missing.pem'
run jp-board list
ok 'nor with one that is not there' exits 78
ok 'whose file is told' said '.*missing.pem.* does not exist'

# Without TLS: the second server has none.
# shellcheck disable=SC2154
export JP_DATABASE="$open_2" JP_DB_PASSWORD="$password_2"
with 'sslmode: prefer'
run jp-db init -q
ok 'prefer does without TLS where the server has none' exits 0
for mode in require verify-full; do
	with "sslmode: $mode" 'ca_file: ours.pem'
	run jp-board list
	ok "$mode does not" exits 78
	ok 'and says why' said '.*server does not support SSL, but SSL was required'
done

# ---- passwords --------------------------------------------------------------------------------------

with
unset JP_DB_PASSWORD
run jp-board list
ok 'without a password nobody gets in' exits 77
ok 'and is told where it belongs' said '.*no password supplied; see db.password_file'
run env JP_DB_PASSWORD="$password_2" jp-board list
ok 'a password from the environment' exits 0
run env JP_DB_PASSWORD=hush jp-board list
ok 'a wrong one is not permitted' exits 77
ok 'and told in a line' said '.*password authentication failed for user "jp"; see db.password_file'

(umask 077 && echo "$password_2" >secret && echo hush >wrong)
with 'password_file: secret'
run jp-board list
ok 'a password from a file' exits 0
with 'password_file: wrong'
run jp-board list
ok 'a wrong one in it' exits 77
ok 'is told as any other' said '.*password authentication failed'
run env JP_DB_PASSWORD="$password_2" jp-board list
ok 'the environment comes before the file' exits 0
chmod 644 secret
with 'password_file: secret'
run jp-board list
ok 'a file that others can read is refused' exits 78
ok 'and named' said '.*secret: '
with
# shellcheck disable=SC2154
(umask 077 && echo "127.0.0.1:${place_2##*:}:*:jp:$password_2" >"$HOME/.pgpass")
run jp-board list
ok 'a password from .pgpass' exits 0
sed -i 's/jp:.*/jp:hush/' "$HOME/.pgpass"
run jp-board list
ok 'a wrong one there' exits 77
ok 'names the file, not the password' said '.*password authentication failed'
rm "$HOME/.pgpass"
run env JP_DATABASE="$(echo "$open_2" | sed 's|//jp@|//nobody:hush@|')" jp-board list
ok 'a user that is not there' exits 77
ok 'gets no other answer' said '.*password authentication failed for user "nobody"'
run env JP_DB_PASSWORD="$password_2" JP_DATABASE="${open_2%/*}/nowhere" jp-board list
ok 'a database that is not there' exits 69
ok 'is to be made' said '.*database "nowhere" does not exist; make it with createdb'

# ---- a server that is full --------------------------------------------------------------------------

export JP_DB_PASSWORD="$password_2"
# The server's superuser has a seat of its own.
admin() { PGPASSWORD=$password_2 t_server_psql "${open_2%%//*}//admin@${open_2##*@}" "$1"; }
t_server_psql() { "$psql" -X -A -t -q -d "$1" -c "$2"; }
taken() { admin "SELECT count(*) FROM pg_stat_activity WHERE usename = 'jp' AND wait_event = 'PgSleep'"; }
# Sessions that ended a moment ago may still have their seats.
seats='' tries=0
while [ "$(taken)" != 3 ]; do
	tries=$((tries + 1))
	[ $tries -lt 500 ] || t_die 'the server is not full'
	free=no
	for p in $seats; do kill -0 "$p" 2>/dev/null || free=yes; done
	[ $free = yes ] || [ "$(echo "$seats" | wc -w)" -lt 3 ] || continue
	# shellcheck disable=SC2154
	"$psql" -X -A -t -q -d "$url_2" -c 'SELECT pg_sleep(600)' >"seat.$tries" 2>&1 &
	left=$!
	for p in $seats; do ! kill -0 "$p" 2>/dev/null || left="$left $p"; done
	seats=$left
done
(code=0; JP_DB_CONNECT_TIMEOUT=60s jp-board list >waited.out 2>waited.err || code=$?; echo $code >waited.code) &
waiting=$!
run jp-board list
ok 'a full server is for later' exits 75
ok 'and says what can be done' said '.*too many clients already|.*connection slots.*; use a pooler, or see max_connections'
ok 'who may wait longer still tries' test ! -e waited.code
admin "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'jp'" >freed
wait "$waiting"
ok 'and gets in when there is room' same "$(cat waited.code)" 0
ok 'without a word' test ! -s waited.err
for p in $seats; do wait "$p" || :; done 2>/dev/null

# ---- time -------------------------------------------------------------------------------------------

# Somebody holds a table for longer than a statement may take.
mkfifo hold
"$psql" -X -A -t -q -d "$url_2" <hold >held 2>&1 &
holder=$!
exec 8>hold
echo 'BEGIN; LOCK TABLE board; SELECT 1;' >&8
until_true test -s held || t_die 'nobody holds the table' held
run env JP_DB_STATEMENT_TIMEOUT=2s jp-board list
ok 'a statement takes no longer than db.statement_timeout' exits 75
ok 'which is told, with its name' said '.*board_rows: the database server cancelled the statement, which took longer'
run env JP_DB_BUSY_TIMEOUT=200ms jp-board add -q greenhouse:anvil
ok 'a writer waits no longer than db.busy_timeout' exits 75
ok 'and is told so' said '.*another program keeps the database locked; try again'
exec 8>&-
wait "$holder"
run jp-board add -q greenhouse:anvil
ok 'and nothing is left of either' exits 0

# ---- through PgBouncer ------------------------------------------------------------------------------

if python3 "$T_SERVERS/postgres.py" --pgbouncer true 2>/dev/null; then
	serve --pgbouncer
	# shellcheck disable=SC2154
	export JP_DATABASE="$open_3" JP_DB_PASSWORD="$password_3"
	run jp-db init -q
	ok 'a password through PgBouncer' exits 0
	run env JP_DB_PASSWORD=hush jp-board list
	ok 'a wrong one' exits 77
	ok 'is told as without it' said '.*authentication failed; see db.password_file'
	unset JP_DB_PASSWORD
	run jp-board list
	ok 'none, too' exits 77
else
	skip 'passwords through PgBouncer' 'it is not installed'
fi
done_testing
