/*
 * migrate: the schema's version, and what an operator does to a whole database.  Migrations are
 * numbered from 1, only go forward, and each is a transaction of its own (Q02).
 */
#include "db/internal.h"

guint
jp_db_schema_wanted(void)
{
	guint n = 0;

	while (jp_migrations[n].version)
		n++;
	return n;
}

guint
jp_db_schema_version(jp_db *db)
{
	GError *error = NULL;
	guint version = 0;

	if (!db->driver->version(db->conn, &version, &error))
		jp_db_fatal(db, "schema version", error);
	return version;
}

static void
check_outside_tx(const jp_db *db, const char *what)
{
	if (db->in_tx || db->n_open > 0)
		jp_db_misuse(NULL, "%s inside a transaction", what);
}

gboolean
jp_db_migrate(jp_db *db, guint *applied, GError **error)
{
	guint version = jp_db_schema_version(db);

	check_outside_tx(db, "migrate");
	*applied = 0;
	if (version == JP_DB_COPYING) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "%s: is an unfinished copy; run jp-db copy again to finish it", db->label);
		return FALSE;
	}
	if (version > jp_db_schema_wanted()) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "%s: has schema %u, this program knows only %u; install the newer programs",
		    db->label, version, jp_db_schema_wanted());
		return FALSE;
	}
	for (const jp_migration *m = jp_migrations; m->version; m++) {
		gboolean did = FALSE;

		if (m->version <= version)
			continue;
		if (!jp_db_may_call(db, error) || !db->driver->migrate(db->conn, m, &did, error)) {
			g_prefix_error(error, "%s: ", db->label);
			return FALSE;
		}
		*applied += (guint)did;
	}
	return TRUE;
}

gboolean
jp_db_backup(jp_db *db, const char *target, GError **error)
{
	check_outside_tx(db, "backup");
	return jp_db_may_call(db, error) && db->driver->backup(db->conn, target, error);
}

guint
jp_db_check(jp_db *db, jp_db_problem each, gpointer data)
{
	GError *error = NULL;
	guint n = 0;

	check_outside_tx(db, "check");
	if (!jp_db_may_call(db, &error) || !db->driver->check(db->conn, each, data, &n, &error))
		jp_db_fatal(db, "check", error);
	return n;
}

void
jp_db_compact(jp_db *db)
{
	GError *error = NULL;

	check_outside_tx(db, "compact");
	if (!jp_db_may_call(db, &error) || !db->driver->compact(db->conn, &error))
		jp_db_fatal(db, "compact", error);
}
