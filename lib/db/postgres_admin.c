/*
 * What an operator does to a PostgreSQL database: make it ours, migrate, check, compact.  Backups
 * are pg_dump's, see jobping-scaling(7).
 *
 * The table jp_schema marks a database as ours and holds the schema's version.  Everything lives in
 * the first schema of the search path, so that a database may be shared with others by giving our
 * role a schema of its own.
 */
#include "db/postgres.h"

/* Second keys of our advisory locks. */
enum { LOCK_SCHEMA = 1 };

#define MAX_PROBLEMS "100"

/* The first value of a query as a number; null is 0. */
static gboolean
ask_int(jp_conn *c, const char *sql, gint64 *out, GError **error)
{
	PGresult *r = jp_pg_ask(c, sql, error);

	*out = 0;
	if (!r)
		return FALSE;
	if (c->pq->PQntuples(r) > 0)
		(void)jp_int_parse(c->pq->PQgetvalue(r, 0, 0), G_MININT64, G_MAXINT64, out);
	c->pq->PQclear(r);
	return TRUE;
}

/* ---- identity -------------------------------------------------------------------------------- */

/* Two programs that make the same database wait for each other here. */
static const char lock_schema[] = "SELECT pg_advisory_xact_lock(1246785127, 1)";
G_STATIC_ASSERT(JP_PG_LOCK_CLASS == 1246785127 && LOCK_SCHEMA == 1);

static gboolean
in_tx(jp_conn *c, gboolean (*f)(jp_conn *c, gpointer data, GError **error), gpointer data,
    GError **error)
{
	gboolean ok;

	c->is_unbounded = TRUE;
	ok = jp_pg_command(c, "BEGIN", error) && jp_pg_command(c, lock_schema, error) &&
	    f(c, data, error) && jp_pg_command(c, "COMMIT", error) && jp_pg_settle(c, error);
	if (!ok && c->pg && !(jp_pg_command(c, "ROLLBACK", NULL) && jp_pg_settle(c, NULL)))
		jp_pg_disconnect(c); /* the first error is the one to tell */
	c->is_unbounded = FALSE;
	return ok;
}

static gboolean
make_ours(jp_conn *c, gpointer data, GError **error)
{
	(void)data;
	return jp_pg_script(c, jp_postgres_base, error);
}

/* Ours, or empty and to become ours.  What extensions made counts as nothing. */
static gboolean
judge(jp_conn *c, gint64 is_ours, gint64 has_schema, gint64 n_others, GError **error)
{
	if (is_ours)
		return TRUE;
	if (!has_schema)
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "no schema of the role's search path is there");
	else if (n_others > 0)
		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "a PostgreSQL database of another program; give JobPing one of its own, or a "
		    "schema of its own");
	else if (c->mode == JP_DB_CREATE)
		return in_tx(c, make_ours, NULL, error);
	else
		g_set_error(
		    error, JP_ERROR, JP_ERROR_UNAVAILABLE, "the database is empty; run jp-db init");
	return FALSE;
}

gboolean
jp_pg_check_identity(jp_conn *c, GError **error)
{
	static const char sql[] =
	    "SELECT CAST(current_schema() IS NOT NULL AS int),"
	    " CAST(to_regclass('jp_schema') IS NOT NULL AS int),"
	    " (SELECT count(*) FROM pg_class r"
	    "  JOIN pg_namespace n ON n.oid = r.relnamespace"
	    "  WHERE n.nspname = current_schema() AND r.relkind IN ('r', 'p', 'v', 'm', 'f')"
	    "  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass"
	    "   AND d.objid = r.oid AND d.deptype = 'e'))";
	PGresult *r = jp_pg_ask(c, sql, error);
	gint64 n[3] = {0};

	if (!r)
		return FALSE;
	for (int i = 0; i < 3; i++)
		(void)jp_int_parse(c->pq->PQgetvalue(r, 0, i), 0, G_MAXINT64, &n[i]);
	c->pq->PQclear(r);
	return judge(c, n[1], n[0], n[2], error);
}

/* ---- migrations ------------------------------------------------------------------------------ */

gboolean
jp_pg_version(jp_conn *c, guint *version, GError **error)
{
	gint64 n;

	if (!ask_int(c, "SELECT version FROM jp_schema", &n, error))
		return FALSE;
	*version = (guint)CLAMP(n, 0, G_MAXINT);
	return TRUE;
}

gboolean
jp_pg_put_version(jp_conn *c, guint version, GError **error)
{
	g_autofree char *set = g_strdup_printf("UPDATE jp_schema SET version = %u", version);

	return jp_pg_command(c, set, error);
}

struct step {
	const jp_migration *m;
	gboolean *applied;
};

static gboolean
migrate_inside(jp_conn *c, gpointer data, GError **error)
{
	const struct step *step = data;
	g_autofree char *set =
	    g_strdup_printf("UPDATE jp_schema SET version = %u", step->m->version);
	guint version;

	if (!jp_pg_version(c, &version, error))
		return FALSE;
	if (version >= step->m->version)
		return TRUE;
	*step->applied = TRUE;
	return jp_pg_script(c, step->m->text[JP_ENGINE_POSTGRES], error) &&
	    jp_pg_script(c, set, error);
}

gboolean
jp_pg_migrate(jp_conn *c, const jp_migration *m, gboolean *applied, GError **error)
{
	struct step step = {m, applied};

	*applied = FALSE;
	if (jp_pg_refresh(c, error) && in_tx(c, migrate_inside, &step, error))
		return TRUE;
	*applied = FALSE;
	g_prefix_error(error, "migration %u (%s): ", m->version, m->name);
	return FALSE;
}

/* ---- ids ------------------------------------------------------------------------------------- */

/* Tables are those of the schema: their names need no quoting. */
gboolean
jp_pg_last_id(jp_conn *c, const char *table, gint64 *id, GError **error)
{
	g_autofree char *sql =
	    g_strdup_printf("SELECT coalesce(pg_sequence_last_value(CAST("
			    "pg_get_serial_sequence('%s', 'id') AS regclass)), -1)",
		table);

	return ask_int(c, sql, id, error);
}

gboolean
jp_pg_put_last_id(jp_conn *c, const char *table, gint64 id, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
	    "SELECT setval(pg_get_serial_sequence('%s', 'id'), %" G_GINT64_FORMAT ", %s)", table,
	    MAX(id, 1), id < 0 ? "false" : "true");

	return jp_pg_command(c, sql, error);
}

/* ---- backup, check and compact --------------------------------------------------------------- */

gboolean
jp_pg_backup(jp_conn *c, const char *target, GError **error)
{
	(void)c;
	g_set_error(error, JP_ERROR, JP_ERROR_USAGE,
	    "%s: no backup made: a PostgreSQL database is backed up by pg_dump(1), see "
	    "jobping-scaling(7)",
	    target);
	return FALSE;
}

/* What the server itself may have left half-done. */
gboolean
jp_pg_check(jp_conn *c, jp_db_problem each, gpointer data, guint *n, GError **error)
{
	static const char sql[] =
	    "SELECT 'index ' || r.relname || ': is not valid; run REINDEX' FROM pg_index i"
	    " JOIN pg_class r ON r.oid = i.indexrelid"
	    " JOIN pg_namespace n ON n.oid = r.relnamespace"
	    " WHERE n.nspname = current_schema() AND NOT (i.indisvalid AND i.indisready)"
	    " UNION ALL SELECT 'constraint ' || o.conname || ': was never checked; run VALIDATE"
	    " CONSTRAINT' FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace"
	    " WHERE n.nspname = current_schema() AND NOT o.convalidated"
	    " ORDER BY 1 LIMIT " MAX_PROBLEMS;
	PGresult *r = jp_pg_refresh(c, error) ? jp_pg_ask(c, sql, error) : NULL;

	*n = 0;
	if (!r)
		return FALSE;
	for (; (int)*n < c->pq->PQntuples(r); (*n)++)
		each(c->pq->PQgetvalue(r, (int)*n, 0), data);
	c->pq->PQclear(r);
	return TRUE;
}

/* VACUUM is one statement of its own, outside a transaction.  Tables of others are not touched, nor
 * those that the role may not touch. */
gboolean
jp_pg_compact(jp_conn *c, GError **error)
{
	static const char sql[] = "SELECT quote_ident(r.relname) FROM pg_class r"
				  " JOIN pg_namespace n ON n.oid = r.relnamespace"
				  " WHERE n.nspname = current_schema() AND r.relkind = 'r'"
				  " AND pg_has_role(r.relowner, 'USAGE') ORDER BY r.relname";
	PGresult *r = jp_pg_refresh(c, error) ? jp_pg_ask(c, sql, error) : NULL;
	gboolean ok = r != NULL;

	c->is_unbounded = TRUE;
	for (int i = 0; ok && i < c->pq->PQntuples(r) && !jp_stopping(); i++) {
		g_autofree char *vacuum =
		    g_strconcat("VACUUM (ANALYZE) ", c->pq->PQgetvalue(r, i, 0), NULL);

		ok = jp_pg_script(c, vacuum, error);
	}
	c->is_unbounded = FALSE;
	c->pq->PQclear(r);
	return ok;
}
