/*
 * The PostgreSQL driver: opening and transactions.  (Sessions are in postgres_conn.c, statements
 * and rows in postgres_stmt.c, what an operator does to a database in postgres_admin.c.)
 *
 * BEGIN and the settings of a transaction are sent together with its first statement, and nothing
 * is set outside one, so that a pooler may hand the server's session to others in between.  A
 * session that turns out to be dead is replaced only where that is provably safe: before the first
 * answer to a transaction, and for a statement that only reads, outside one.
 */
#include "db/postgres.h"

/* An answer not older than this tells that the session lives; else BEGIN asks before it is used. */
#define FRESH_US (1000 * JP_SECOND)
/* The server's clock is asked again after this; until then ours tells how much time went by. */
#define CLOCK_US (5000 * JP_SECOND)
/* A transaction in which nothing happens for so long is undone by the server: its program was cut
 * off, and others wait for its rows. */
#define ABANDONED (60 * JP_SECOND)

/* ---- opening --------------------------------------------------------------------------------- */

/* What a transaction sets for itself, in one statement; a pooler hands the session to others
 * afterwards, and nothing of it is left. */
static char *
settings_for(const jp_config *conf, jp_tx kind)
{
	g_autoptr(GString) sql = g_string_new(NULL);

	g_string_append_printf(sql,
	    "SELECT set_config('statement_timeout','%" G_GINT64_FORMAT "',true)",
	    conf->db.statement_timeout);
	if (kind == JP_TX_READ)
		return g_string_free(g_steal_pointer(&sql), FALSE);
	g_string_append_printf(sql,
	    ",set_config('lock_timeout','%" G_GINT64_FORMAT "',true)"
	    ",set_config('idle_in_transaction_session_timeout','%" G_GINT64_FORMAT "',true)",
	    MAX(conf->db.busy_timeout, 1), ABANDONED);
	/* A server set to more than "on" keeps that for what must last. */
	g_string_append(sql,
	    kind == JP_TX_WRITE
		? ",set_config('synchronous_commit','off',true)"
		: ",set_config('synchronous_commit',CASE current_setting('synchronous_commit')"
		  " WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END,true)");
	return g_string_free(g_steal_pointer(&sql), FALSE);
}

/* How many there are in this process. */
static gint n_connections;

static gboolean
count_in(const jp_config *conf, GError **error)
{
	if (n_connections >= conf->db.max_connections) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "one more connection is needed than db.max_connections allows "
		    "(%" G_GINT64_FORMAT ")",
		    conf->db.max_connections);
		return FALSE;
	}
	n_connections++;
	return TRUE;
}

static void
postgres_close(jp_conn *c)
{
	if (!c)
		return;
	n_connections--;
	jp_pg_disconnect(c);
	g_hash_table_destroy(c->seen);
	g_hash_table_destroy(c->prepared);
	g_ptr_array_unref(c->put_off);
	for (guint i = 0; i < G_N_ELEMENTS(c->settings); i++)
		g_free(c->settings[i]);
	g_free(c);
}

static jp_conn *
postgres_open(const jp_config *conf, jp_db_mode mode, GError **error)
{
	const jp_pq *pq = jp_pq_load(error);
	g_autofree char *label = NULL;
	jp_conn *c;

	if (!pq || !count_in(conf, error))
		return NULL;
	c = g_new0(jp_conn, 1);
	c->pq = pq;
	c->conf = conf;
	c->mode = mode;
	c->seen = g_hash_table_new(NULL, NULL);
	c->prepared = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	c->put_off = g_ptr_array_new();
	for (guint i = 0; i < G_N_ELEMENTS(c->settings); i++)
		c->settings[i] = settings_for(conf, (jp_tx)i);
	if (jp_pg_connect(c, error) && jp_pg_check_identity(c, error))
		return c;
	label = jp_config_database(conf);
	g_prefix_error(error, "%s: ", label);
	postgres_close(c);
	return NULL;
}

static gint64
postgres_now(jp_conn *c, gboolean exactly)
{
	static const char sql[] =
	    "SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS bigint)";
	gint64 now_us = jp_monotonic_us();
	PGresult *r;

	if (g_getenv("JP_CLOCK"))
		return jp_now(); /* a test holds it still */
	if (!exactly && c->clock_at > 0 && now_us - c->clock_at < CLOCK_US)
		return c->clock + (now_us - c->clock_at) / 1000;
	if (!c->in_tx && !jp_pg_refresh(c, NULL))
		return jp_now(); /* what is done with it will fail */
	r = jp_pg_ask(c, sql, NULL);
	if (!r)
		return jp_now();
	if (!jp_int_parse(c->pq->PQgetvalue(r, 0, 0), 0, G_MAXINT64, &c->clock))
		c->clock = jp_now();
	c->clock_at = jp_monotonic_us();
	c->pq->PQclear(r);
	return c->clock;
}

/* ---- transactions ---------------------------------------------------------------------------- */

static gboolean
send_begin(jp_conn *c, jp_tx kind, GError **error)
{
	const char *begin = kind == JP_TX_READ ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
					       : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

	return jp_pg_command(c, begin, error) && jp_pg_settings(c, kind, error);
}

static gboolean
postgres_begin(jp_conn *c, jp_tx kind, GError **error)
{
	gboolean fresh;

	if (!jp_pg_refresh(c, error))
		return FALSE;
	fresh = jp_monotonic_us() - c->used_at < FRESH_US;
	if (!send_begin(c, kind, error))
		return FALSE;
	if (!fresh && !jp_pg_settle(c, NULL)) {
		jp_pg_disconnect(c); /* nothing was done in it: a new session may begin anew */
		if (!jp_pg_connect(c, error) || !send_begin(c, kind, error))
			return FALSE;
	}
	c->in_tx = TRUE;
	return TRUE;
}

static gboolean
postgres_commit(jp_conn *c, GError **error)
{
	if (!jp_pg_command(c, "COMMIT", error) || !jp_pg_settle(c, error))
		return FALSE;
	c->in_tx = FALSE;
	if (g_str_equal(c->tag, "COMMIT"))
		return TRUE;
	g_set_error(error, JP_ERROR, JP_ERROR_BUG,
	    "the server undid the transaction after an error that nobody told");
	return FALSE;
}

/* A session that is lost has rolled back already. */
static gboolean
postgres_rollback(jp_conn *c, GError **error)
{
	gboolean ok = TRUE;

	if (c->pg)
		ok = jp_pg_command(c, "ROLLBACK", error) && jp_pg_settle(c, error);
	c->in_tx = FALSE;
	return ok || !c->pg;
}

/* The lock is the server's and goes with the transaction, also when that is cut off. */
static gboolean
postgres_lock(jp_conn *c, const char *what, gboolean shared, GError **error)
{
	g_autofree char *sql = g_strdup_printf("SELECT pg_advisory_xact_lock%s(%d, %d)",
	    shared ? "_shared" : "", JP_PG_LOCK_CLASS, (gint32)g_str_hash(what));

	return jp_pg_command(c, sql, error);
}

static gint64
postgres_changes(jp_conn *c)
{
	return c->changes;
}

const jp_driver jp_driver_postgres = {
    .name = "postgres",
    .engine = JP_ENGINE_POSTGRES,
    .open = postgres_open,
    .close = postgres_close,
    .now = postgres_now,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .lock = postgres_lock,
    .prepare = jp_pg_prepare,
    .bind = jp_pg_bind,
    .step = jp_pg_step,
    .put_off = jp_pg_put_off,
    .reset = jp_pg_reset,
    .finalize = jp_pg_finalize,
    .changes = postgres_changes,
    .col_type = jp_pg_col_type,
    .col_int = jp_pg_col_int,
    .col_real = jp_pg_col_real,
    .col_text = jp_pg_col_text,
    .col_blob = jp_pg_col_blob,
    .version = jp_pg_version,
    .put_version = jp_pg_put_version,
    .last_id = jp_pg_last_id,
    .put_last_id = jp_pg_put_last_id,
    .migrate = jp_pg_migrate,
    .backup = jp_pg_backup,
    .check = jp_pg_check,
    .compact = jp_pg_compact,
};
