/*
 * The schema: every migration on a database whose tables all have rows, ids that never come back,
 * and what becomes of a migration that fails.
 */
#include "db/driver.h"
#include "rawdb.h"

enum { N_ROWS = 3 }; /* in each table */

/* ---- asking the engine itself -------------------------------------------- */

static GStrv
ask_server(rawdb *raw, const char *sql)
{
	g_autoptr(GStrvBuilder) all = g_strv_builder_new();
#ifndef JP_NO_POSTGRES
	PGresult *r = PQexec(raw->server, sql);

	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		g_error("%s\n%s", PQresultErrorMessage(r), sql);
	for (int i = 0; i < PQntuples(r); i++)
		g_strv_builder_add(all, PQgetvalue(r, i, 0));
	PQclear(r);
#else
	(void)raw;
	(void)sql;
#endif
	return g_strv_builder_end(all);
}

static GStrv
ask_file(rawdb *raw, const char *sql)
{
	g_autoptr(GStrvBuilder) all = g_strv_builder_new();
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(raw->file, sql, -1, &st, NULL) != SQLITE_OK)
		g_error("%s\n%s", sqlite3_errmsg(raw->file), sql);
	while (sqlite3_step(st) == SQLITE_ROW)
		g_strv_builder_add(all, (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return g_strv_builder_end(all);
}

/* First column of all rows. */
static GStrv
ask_all(rawdb *raw, const char *on_sqlite, const char *on_postgres)
{
	return raw->file ? ask_file(raw, on_sqlite) : ask_server(raw, on_postgres);
}

/* Our tables, those that others refer to first; the full-text index is derived. */
static GStrv
tables(rawdb *db)
{
	return ask_all(db,
	    "SELECT s.name FROM sqlite_schema s JOIN pragma_table_list l ON l.name = s.name"
	    " WHERE l.type = 'table' AND s.name NOT LIKE 'sqlite_%' ORDER BY s.rowid",
	    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'jp_schema'"
	    " AND relnamespace = current_schema()::regnamespace ORDER BY oid");
}

/* PostgreSQL keeps references whole by itself, and has no file of ours to be damaged. */
static void
assert_sound(rawdb *db)
{
	if (!db->file)
		return;
	g_assert_cmpint(
	    raw_int(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), ==, 1);
	g_assert_cmpint(raw_int(db, "SELECT count(*) FROM pragma_foreign_key_check"), ==, 0);
}

/* ---- rows for any table -------------------------------------------------- */

/* The value of a column in row i: of its type, another one in each row; a reference to row i. */
static char *
column_value(const rawdb *db, const char *type, gboolean is_id, guint i)
{
	if (is_id)
		return g_strdup(db->file ? "NULL" : "DEFAULT");
	if (g_str_equal(type, "INTEGER"))
		return g_strdup_printf("%u", i);
	if (g_str_equal(type, "REAL"))
		return g_strdup_printf("%u.5", i);
	if (g_str_equal(type, "BLOB"))
		return g_strdup_printf(db->file ? "x'%02x'" : "'\\x%02x'", i);
	return g_strdup_printf("'text %u'", i);
}

/* Inserts row i into a table; its references go to the rows i of other tables. */
static void
insert_row(rawdb *db, const char *table, guint i)
{
	g_autofree char *on_sqlite = g_strdup_printf(
	    "SELECT name || ' ' || type || ' ' || (pk = 1 AND type = 'INTEGER' AND NOT wr)"
	    " FROM pragma_table_info('%s'), (SELECT wr FROM pragma_table_list WHERE name = '%s')",
	    table, table);
	g_autofree char *on_postgres = g_strdup_printf(
	    "SELECT attname || ' ' || CASE format_type(atttypid, NULL) WHEN 'bigint' THEN 'INTEGER'"
	    " WHEN 'double precision' THEN 'REAL' WHEN 'bytea' THEN 'BLOB' ELSE 'TEXT' END"
	    " || ' ' || CAST(attidentity <> '' AS int) FROM pg_attribute"
	    " WHERE attrelid = '%s'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
	    table);
	g_auto(GStrv) columns = ask_all(db, on_sqlite, on_postgres);
	g_autoptr(GString) names = g_string_new(NULL), values = g_string_new(NULL);
	g_autofree char *sql = NULL;

	for (guint c = 0; columns[c]; c++) {
		g_auto(GStrv) word = g_strsplit(columns[c], " ", 3);
		g_autofree char *value = column_value(db, word[1], g_str_equal(word[2], "1"), i);

		g_string_append_printf(names, "%s%s", c ? ", " : "", word[0]);
		g_string_append_printf(values, "%s%s", c ? ", " : "", value);
	}
	/* A row that a migration made itself stands already where its key is no counter. */
	sql = g_strdup_printf("INSERT INTO %s (%s) VALUES (%s)%s", table, names->str, values->str,
	    db->file ? "" : " ON CONFLICT DO NOTHING");
	raw_do(db, sql);
}

static void
fill(rawdb *db)
{
	g_auto(GStrv) all = tables(db);

	for (guint t = 0; all[t]; t++)
		for (guint i = 1; i <= N_ROWS; i++)
			insert_row(db, all[t], i);
	assert_sound(db);
}

static gint64
count_rows(rawdb *db, const char *table)
{
	g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", table);

	return raw_int(db, sql);
}

/* ---- migrations ---------------------------------------------------------- */

/* A database as it was at a version, made by another way than ours. */
static void
make_at(const tmpdb *t, guint version)
{
	rawdb *db = raw_open(t);

	raw_do(db,
	    db->file ? "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA application_id=0x4a506e67;"
		       "PRAGMA journal_mode=WAL"
		     : jp_postgres_base);
	for (const jp_migration *m = jp_migrations; m->version && m->version <= version; m++) {
		g_autofree char *set = g_strdup_printf("%s=%u",
		    db->file ? "PRAGMA user_version" : "UPDATE jp_schema SET version", m->version);

		raw_do(db, m->text[db->file ? JP_ENGINE_SQLITE : JP_ENGINE_POSTGRES]);
		raw_do(db, set);
	}
	fill(db);
	raw_close(db);
}

/* From each version on, all rows are there afterwards, and all the tables of today. */
static void
test_filled(gconstpointer data)
{
	guint version = GPOINTER_TO_UINT(data), applied;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) before = NULL;
	g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(gint64));
	rawdb *db;
	tmpdb t;

	tmpdb_init(&t);
	make_at(&t, version);
	db = raw_open(&t);
	before = tables(db);
	for (guint i = 0; before[i]; i++) {
		gint64 n = count_rows(db, before[i]);

		g_assert_cmpint(n, >=, N_ROWS);
		g_array_append_val(counts, n);
	}
	t.db = jp_db_open(t.conf, JP_DB_MIGRATE, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(jp_db_schema_version(t.db), ==, version);
	g_assert_true(jp_db_migrate(t.db, &applied, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(applied, ==, jp_db_schema_wanted() - version);
	g_assert_cmpuint(jp_db_schema_version(t.db), ==, jp_db_schema_wanted());
	assert_sound(db);
	for (guint i = 0; before[i]; i++)
		g_assert_cmpint(count_rows(db, before[i]), ==, g_array_index(counts, gint64, i));
	g_assert_true(jp_db_migrate(t.db, &applied, &error));
	g_assert_cmpuint(applied, ==, 0);
	raw_close(db);
	tmpdb_close(&t);
}

/* Migration 13: what the last listing lacked is told from what it had. */
static void
test_unlisted(void)
{
	g_autoptr(GError) error = NULL;
	guint applied;
	rawdb *db;
	tmpdb t;

	tmpdb_init(&t);
	make_at(&t, 12);
	db = raw_open(&t);
	raw_do(db, "UPDATE board SET last_success_at = 50");
	raw_do(db, "UPDATE posting SET last_seen = 50, closed_at = NULL");
	raw_do(db, "UPDATE posting SET last_seen = 40 WHERE id <> 2");
	raw_do(db, "UPDATE posting SET closed_at = 45 WHERE id = 3");
	t.db = jp_db_open(t.conf, JP_DB_MIGRATE, &error);
	g_assert_true(jp_db_migrate(t.db, &applied, &error));
	g_assert_no_error(error);
	g_assert_cmpint(raw_int(db, "SELECT unlisted FROM posting WHERE id = 1"), ==, 1);
	g_assert_cmpint(raw_int(db, "SELECT unlisted FROM posting WHERE id = 2"), ==, 0);
	g_assert_cmpint(raw_int(db, "SELECT unlisted FROM posting WHERE id = 3"), ==, 0);
	raw_close(db);
	tmpdb_close(&t);
}

static const jp_driver *
driver_of(const tmpdb *t)
{
#ifndef JP_NO_POSTGRES
	if (t->server)
		return &jp_driver_postgres;
#endif
	(void)t;
	return &jp_driver_sqlite;
}

static gboolean
apply(const tmpdb *t, const char *sql, gboolean *applied, GError **error)
{
	const jp_migration m = {jp_db_schema_wanted() + 1, "test", {sql, sql}};
	jp_conn *c = driver_of(t)->open(t->conf, JP_DB_MIGRATE, error);
	gboolean ok;

	g_assert_nonnull(c);
	ok = driver_of(t)->migrate(c, &m, applied, error);
	driver_of(t)->close(c);
	return ok;
}

/* Q02: a migration that fails half-way was never begun. */
static void
test_failing(void)
{
	static const char *const bad[] = {
	    "CREATE TABLE extra (id INTEGER); CREATE TABLE board (id INTEGER);",
	    "CREATE TABLE extra (id INTEGER); INSERT INTO no_such VALUES (1);",
	    "CREATE TABLE extra (id INTEGER); DELETE FROM board;", /* postings refer to them */
	};
	tmpdb t;
	rawdb *db;

	tmpdb_init(&t);
	make_at(&t, jp_db_schema_wanted());
	db = raw_open(&t);
	/* On PostgreSQL the last one is right: references are followed at once. */
	for (guint i = 0; i < G_N_ELEMENTS(bad) - (t.server != NULL); i++) {
		g_autoptr(GError) error = NULL;
		gboolean applied;

		g_assert_false(apply(&t, bad[i], &applied, &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_BUG);
		g_assert_nonnull(strstr(error->message, "migration "));
		g_assert_false(applied);
		raw_assert_int(db,
		    tmpdb_either(&t, "PRAGMA user_version", "SELECT version FROM jp_schema"),
		    jp_db_schema_wanted());
		g_assert_cmpint(count_rows(db, "board"), ==, N_ROWS);
		raw_assert_int(db,
		    tmpdb_either(&t, "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'",
			"SELECT count(*) FROM pg_class WHERE relname = 'extra'"),
		    0);
	}
	raw_close(db);
	tmpdb_close(&t);
}

/* A table that others refer to may be made anew: nothing cascades meanwhile. */
static void
test_table_anew(void)
{
	g_autoptr(GError) error = NULL;
	gboolean applied;
	tmpdb t;
	rawdb *db;

	if (tmpdb_skips())
		return;
	tmpdb_init(&t);
	make_at(&t, jp_db_schema_wanted());
	g_assert_true(apply(&t,
	    "CREATE TABLE new_board AS SELECT * FROM board; DROP TABLE board;"
	    "CREATE TABLE board (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT) STRICT;"
	    "INSERT INTO board SELECT id, kind FROM new_board; DROP TABLE new_board;",
	    &applied, &error));
	g_assert_no_error(error);
	g_assert_true(applied);
	db = raw_open(&t);
	g_assert_cmpint(count_rows(db, "posting"), ==, N_ROWS);
	assert_sound(db);
	g_assert_true(apply(&t, "DROP TABLE posting", &applied, &error)); /* done by another */
	g_assert_false(applied);
	g_assert_cmpint(count_rows(db, "posting"), ==, N_ROWS);
	raw_close(db);
	tmpdb_close(&t);
}

/* ---- tables -------------------------------------------------------------- */

/* A number in an old mail must not become somebody else's. */
static void
test_ids(void)
{
	tmpdb t;
	rawdb *db;
	g_auto(GStrv) all = NULL;
	guint n = 0;

	tmpdb_init(&t);
	make_at(&t, jp_db_schema_wanted());
	db = raw_open(&t);
	all = ask_all(db,
	    "SELECT s.name FROM sqlite_schema s JOIN pragma_table_list l ON l.name = s.name"
	    " WHERE l.type = 'table'"
	    " AND EXISTS (SELECT 1 FROM pragma_table_info(s.name) c WHERE c.name = 'id')",
	    "SELECT attrelid::regclass::text FROM pg_attribute WHERE attidentity <> ''");
	if (!db->file) /* row 77 of others is not there, and not asked for */
		raw_do(db,
		    "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conrelid::regclass AS t, conname"
		    " FROM pg_constraint WHERE contype = 'f' LOOP"
		    " EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname);"
		    " END LOOP; END $$");
	for (; all[n]; n++) {
		g_autofree char *last = g_strdup_printf("SELECT max(id) FROM %s", all[n]);
		g_autofree char *delete =
		    g_strdup_printf("DELETE FROM %s WHERE id = (%s)", all[n], last);
		gint64 id = raw_int(db, last);

		g_test_message("%s", all[n]);
		g_assert_cmpint(id, >=, 1);
		raw_do(db, delete);
		insert_row(db, all[n], 77);
		g_assert_cmpint(raw_int(db, last), >, id);
	}
	g_assert_cmpuint(n, >=, 8);
	raw_close(db);
	tmpdb_close(&t);
}

/* Two programs of a new version that start at once: one migrates, both go on. */
static void
migrate_once(gpointer data)
{
	const tmpdb *t = data;
	g_autoptr(GError) error = NULL;
	jp_db *db = jp_db_open(t->conf, JP_DB_CREATE, &error);
	guint applied;

	if (!db || !jp_db_migrate(db, &applied, &error))
		jp_die(jp_error_exit(error), "%s", error->message);
	jp_db_close(db);
}

static void
test_at_once(void)
{
	pid_t pids[4];
	tmpdb t;

	tmpdb_init(&t);
	for (guint i = 0; i < G_N_ELEMENTS(pids); i++) {
		pids[i] = fork();
		g_assert_cmpint(pids[i], >=, 0);
		if (pids[i] == 0) {
			migrate_once(&t);
			_exit(0);
		}
	}
	for (guint i = 0; i < G_N_ELEMENTS(pids); i++) {
		int status;

		g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
		g_assert_true(WIFEXITED(status));
		g_assert_cmpint(WEXITSTATUS(status), ==, 0);
	}
	tmpdb_reopen(&t, JP_DB_OPEN);
	g_assert_cmpuint(jp_db_schema_version(t.db), ==, jp_db_schema_wanted());
	tmpdb_close(&t);
}

int
main(int argc, char **argv)
{
	jp_init("db-migrate");
	g_test_init(&argc, &argv, NULL);
	for (guint v = 0; v <= jp_db_schema_wanted(); v++) {
		g_autofree char *path = g_strdup_printf("/db/migrate/filled-from-%u", v);

		g_test_add_data_func(path, GUINT_TO_POINTER(v), test_filled);
	}
	g_test_add_func("/db/migrate/unlisted", test_unlisted);
	g_test_add_func("/db/migrate/Q02-failing", test_failing);
	g_test_add_func("/db/migrate/table-anew", test_table_anew);
	g_test_add_func("/db/migrate/at-once", test_at_once);
	g_test_add_func("/db/schema/ids-never-reused", test_ids);
	return g_test_run();
}
