/*
 * Sessions of the PostgreSQL driver: opening one, waiting for the server, noticing that it is gone.
 *
 * Nothing is set in a session that a pooler in transaction mode would lose or pass on to others:
 * what a transaction needs is set inside it.  Waiting is bounded by the statement timeout, and by
 * some seconds once the program was told to stop.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "db/postgres.h"

/* A server that is told of a timeout answers within this; else the network is gone. */
#define GRACE (10 * JP_SECOND)
/* After SIGTERM a statement may take so long to end. */
#define STOP_GRACE (3 * JP_SECOND)
/* Between two tries to open a session. */
#define RETRY_MIN 50
#define RETRY_MAX (2 * JP_SECOND)

static gint64
now_ms(void)
{
	return jp_monotonic_us() / 1000;
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* Waits for the socket; until is a monotonic ms, 0: for ever.  FALSE: the time is over. */
static gboolean
wait_socket(const jp_conn *c, short events, gint64 until)
{
	struct pollfd p = {.fd = c->pq->PQsocket(c->pg), .events = events};
	gint64 stop_at = 0;

	for (;;) {
		gint64 now = now_ms(), left = JP_SECOND;

		if (jp_stopping() && stop_at == 0)
			stop_at = now + STOP_GRACE;
		if ((until > 0 && now >= until) || (stop_at > 0 && now >= stop_at))
			return FALSE;
		if (until > 0)
			left = MIN(left, until - now);
		if (poll(&p, 1, (int)left) > 0)
			return TRUE;
	}
}

static gboolean
fail_wait(jp_conn *c, GError **error)
{
	jp_pg_disconnect(c);
	if (jp_stopping())
		g_set_error(error, JP_ERROR, JP_ERROR_TEMP, "interrupted");
	else
		g_set_error(error, JP_ERROR, JP_ERROR_TEMP,
		    "the database server does not answer; try again");
	return FALSE;
}

static gboolean
fail_lost(jp_conn *c, GError **error)
{
	jp_pg_disconnect(c);
	return jp_pg_fail_lost(error);
}

/* When the server must have answered; 0: there is no such time. */
static gint64
answer_until(const jp_conn *c)
{
	gint64 timeout = c->conf->db.statement_timeout;

	return timeout > 0 && !c->is_unbounded ? now_ms() + timeout + GRACE : 0;
}

gboolean
jp_pg_flush(jp_conn *c, GError **error)
{
	gint64 until = answer_until(c);
	int rc;

	while ((rc = c->pq->PQflush(c->pg)) == 1) {
		if (!wait_socket(c, POLLIN | POLLOUT, until))
			return fail_wait(c, error);
		if (!c->pq->PQconsumeInput(c->pg)) /* or both sides wait for the other to read */
			return fail_lost(c, error);
	}
	return rc == 0 || fail_lost(c, error);
}

gboolean
jp_pg_result(jp_conn *c, PGresult **out, GError **error)
{
	gint64 until = 0;

	*out = NULL;
	while (c->pq->PQisBusy(c->pg)) {
		if (until == 0)
			until = answer_until(c);
		if (!wait_socket(c, POLLIN, until))
			return fail_wait(c, error);
		if (!c->pq->PQconsumeInput(c->pg) && c->pq->PQisBusy(c->pg))
			return fail_lost(c, error);
	}
	*out = c->pq->PQgetResult(c->pg);
	c->used_at = jp_monotonic_us();
	return TRUE;
}

/* ---- one try --------------------------------------------------------------------------------- */

static const char *const sslmodes[] = {
    [JP_SSLMODE_DISABLE] = "disable",
    [JP_SSLMODE_ALLOW] = "allow",
    [JP_SSLMODE_PREFER] = "prefer",
    [JP_SSLMODE_REQUIRE] = "require",
    [JP_SSLMODE_VERIFY_CA] = "verify-ca",
    [JP_SSLMODE_VERIFY_FULL] = "verify-full",
};

/* Keywords and values as libpq takes them; values borrowed. */
typedef struct params {
	const char *keys[64];
	const char *values[64];
	guint n;
} params;

/* A value that is NULL leaves what was there. */
static void
add(params *p, const char *key, const char *value)
{
	if (!value)
		return;
	for (guint i = 0; i < p->n; i++)
		if (g_str_equal(p->keys[i], key)) {
			p->values[i] = value;
			return;
		}
	if (p->n + 1 < G_N_ELEMENTS(p->keys)) {
		p->keys[p->n] = key;
		p->values[p->n++] = value;
	}
}

/* Our defaults come first, then the configuration, then the URL, then the password. */
static void
collect(const jp_conn *c, const PQconninfoOption *url, params *p)
{
	*p = (params){.n = 0};
	add(p, "fallback_application_name", jp_program());
	add(p, "client_encoding", "UTF8");
	/* A network that went away is noticed in two minutes even where no timeout is set. */
	add(p, "keepalives_idle", "60");
	add(p, "keepalives_interval", "15");
	add(p, "keepalives_count", "4");
	if (c->conf->db.sslmode != JP_SSLMODE_PREFER) /* libpq's default; PGSSLMODE may say more */
		add(p, "sslmode", sslmodes[c->conf->db.sslmode]);
	add(p, "sslrootcert", c->conf->db.ca_file);
	add(p, "sslcert", c->conf->db.cert_file);
	add(p, "sslkey", c->conf->db.key_file);
	for (; url->keyword; url++)
		add(p, url->keyword, url->val);
	add(p, "password", c->conf->db.password);
	p->keys[p->n] = p->values[p->n] = NULL;
}

static void
ignore_notice(void *data, const char *message)
{
	(void)data;
	(void)message; /* warnings of the server, which may hold values */
}

/* Drives the handshake; FALSE: it failed, or the time is over. */
static gboolean
shake_hands(jp_conn *c, gint64 until)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	c->pq->PQsetErrorVerbosity(c->pg, PQERRORS_VERBOSE); /* with SQLSTATE */
	c->pq->PQsetNoticeProcessor(c->pg, ignore_notice, NULL);
	while (status != PGRES_POLLING_OK) {
		if (c->pq->PQstatus(c->pg) == CONNECTION_BAD || status == PGRES_POLLING_FAILED ||
		    !wait_socket(c, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, until))
			return FALSE;
		status = c->pq->PQconnectPoll(c->pg);
	}
	return TRUE;
}

/* Behind a pooler the key for cancelling is the pooler's, and does not name the server's process.
 */
static gboolean
is_pooled(jp_conn *c, gboolean *pooled, GError **error)
{
	PGresult *r = jp_pg_ask(c, "SELECT pg_backend_pid()", error);
	gint64 pid = 0;

	if (!r)
		return FALSE;
	(void)jp_int_parse(c->pq->PQgetvalue(r, 0, 0), 0, G_MAXINT, &pid); /* else 0: pooled */
	c->pq->PQclear(r);
	*pooled = pid != c->pq->PQbackendPID(c->pg);
	return TRUE;
}

static gboolean
settle_in(jp_conn *c, GError **error)
{
	gboolean pooled;

	if (c->pq->PQsetnonblocking(c->pg, 1) || !c->pq->PQenterPipelineMode(c->pg))
		return fail_lost(c, error);
	c->may_prepare = FALSE;
	if (!c->conf->db.prepare)
		return TRUE;
	if (!is_pooled(c, &pooled, error))
		return FALSE;
	c->may_prepare = !pooled;
	return TRUE;
}

static gboolean
try_connect(
    jp_conn *c, const PQconninfoOption *url, gint64 until, gboolean *may_help, GError **error)
{
	params p;

	*may_help = TRUE;
	collect(c, url, &p);
	c->pg = c->pq->PQconnectStartParams(p.keys, p.values, 0);
	if (!c->pg) {
		g_set_error(error, JP_ERROR, JP_ERROR_TEMP, "out of memory; try again");
		return FALSE;
	}
	if (shake_hands(c, until) && settle_in(c, error))
		return TRUE;
	if (c->pg && (!error || !*error))
		jp_pg_fail_connect(c->pq, c->pg, may_help, error);
	jp_pg_disconnect(c);
	return FALSE;
}

/* ---- sessions -------------------------------------------------------------------------------- */

void
jp_pg_disconnect(jp_conn *c)
{
	if (c->pg)
		c->pq->PQfinish(c->pg);
	c->pg = NULL;
	c->reading = NULL;
	c->clock_at = 0;
	g_ptr_array_set_size(c->put_off, 0);
	g_hash_table_remove_all(c->prepared);
	g_hash_table_remove_all(c->seen);
}

/* Waits a little longer each time; FALSE: the time is over. */
static gboolean
wait_for_retry(gint64 *wait, gint64 until)
{
	gint64 left = until - now_ms();

	if (left <= 0 || jp_stopping())
		return FALSE;
	g_usleep((gulong)(MIN(*wait, left) * 1000));
	*wait = MIN(2 * *wait, RETRY_MAX);
	return TRUE;
}

static gboolean
connect_by(jp_conn *c, const PQconninfoOption *url, GError **error)
{
	gint64 until = now_ms() + c->conf->db.connect_timeout, wait = RETRY_MIN;
	g_autoptr(GError) wrong = NULL;
	g_autoptr(GError) before = NULL;
	gboolean may_help;

	while (!try_connect(c, url, until, &may_help, &wrong)) {
		if (!may_help || !wait_for_retry(&wait, until)) {
			/* one that the end of the time cut short tells less than that before it */
			gboolean is_cut = may_help && before && now_ms() >= until;

			g_propagate_error(
			    error, is_cut ? g_steal_pointer(&before) : g_steal_pointer(&wrong));
			return FALSE;
		}
		g_clear_error(&before);
		before = g_steal_pointer(&wrong);
	}
	return TRUE;
}

/* A URL whose password has @, / or : in it is read as another one, whose host or port is a piece of
 * the password, which libpq would quote. */
static gboolean
is_sane(const PQconninfoOption *url)
{
	for (; url->keyword; url++) {
		if (!url->val)
			continue;
		if (g_str_equal(url->keyword, "port") &&
		    url->val[strspn(url->val, "0123456789,")] != '\0')
			return FALSE;
		if (g_str_equal(url->keyword, "host") && strchr(url->val, '@') &&
		    url->val[0] != '@') /* a socket without a file begins with it */
			return FALSE;
	}
	return TRUE;
}

gboolean
jp_pg_connect(jp_conn *c, GError **error)
{
	PQconninfoOption *url = c->pq->PQconninfoParse(c->conf->database, NULL);
	gboolean ok = FALSE;

	if (url && is_sane(url))
		ok = connect_by(c, url, error);
	else
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "is not a URL that libpq can read; see jobping.yaml(5), and write %%40 for @, "
		    "%%2F for / and %%3A for : in a password");
	c->pq->PQconninfoFree(url);
	return ok;
}

/* TRUE when the other side has ended the session: a server or a pooler that is started anew says so
 * and closes it. */
static gboolean
has_ended(const jp_conn *c)
{
	struct pollfd p = {.fd = c->pq->PQsocket(c->pg), .events = POLLIN};

	while (poll(&p, 1, 0) > 0)
		if (!c->pq->PQconsumeInput(c->pg))
			return TRUE;
	return FALSE;
}

gboolean
jp_pg_refresh(jp_conn *c, GError **error)
{
	gint64 idle = jp_monotonic_us() - c->used_at;

	if (c->pg && (c->reading || c->put_off->len > 0))
		return TRUE;
	if (c->pg &&
	    ((c->conf->db.idle_timeout > 0 && idle / 1000 >= c->conf->db.idle_timeout) ||
		has_ended(c)))
		jp_pg_disconnect(c);
	return c->pg || jp_pg_connect(c, error);
}

/* ---- scripts --------------------------------------------------------------------------------- */

/* Reads all results; keeps the first that failed. */
static gboolean
read_script(jp_conn *c, PGresult **failed, GError **error)
{
	PGresult *r;

	*failed = NULL;
	for (;;) {
		if (!jp_pg_result(c, &r, error)) {
			c->pq->PQclear(*failed);
			return FALSE;
		}
		if (!r)
			return TRUE;
		if (!*failed && c->pq->PQresultStatus(r) == PGRES_FATAL_ERROR)
			*failed = r;
		else
			c->pq->PQclear(r);
	}
}

gboolean
jp_pg_script(jp_conn *c, const char *sql, GError **error)
{
	PGresult *failed;

	if (!jp_pg_settle(c, error))
		return FALSE;
	if (!c->pq->PQexitPipelineMode(c->pg) || !c->pq->PQsendQuery(c->pg, sql))
		return fail_lost(c, error);
	if (!jp_pg_flush(c, error) || !read_script(c, &failed, error))
		return FALSE;
	if (!c->pq->PQenterPipelineMode(c->pg)) {
		c->pq->PQclear(failed);
		return fail_lost(c, error);
	}
	return !failed || jp_pg_fail(c, failed, error);
}
