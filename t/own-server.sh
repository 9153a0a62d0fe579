#!/bin/sh
# A PostgreSQL server that is the test's alone, to be restarted, followed or failed over: the test
# runs again under t/servers/postgres.py.  Read before lib.sh.
# shellcheck shell=sh

# own_server OPTION...: those of postgres.py; the test is skipped where it finds nothing to start.
own_server()
{
	[ "${T_OWN_SERVER:-}" != "$0" ] || return 0
	status=0
	T_OWN_SERVER=$0 python3 "${0%/*}/servers/postgres.py" "$@" sh "$0" || status=$?
	[ $status -eq 3 ] || exit $status
	echo "1..0 # SKIP nothing is installed for postgres.py $*"
	exit 0
}
