/*
 * Many rows for one INSERT: the table jp_rows, which is not stored anywhere and has as its columns
 * c0, c1, ... the arguments of the call, a row for each time the statement would have been run.
 *
 * To SQLite a statement is a program that opens each index, asks for the next id and settles what
 * it did, and that is most of what adding a small row costs; here it is done once for all rows.
 * The values are borrowed: nothing is copied on the way into the tables.
 */
#include "db/sqlite.h"

struct jp_sqlite_rows { /* of the call under way */
	const jp_arg *args;
	gsize n_args, n_rows;
};

struct source {
	sqlite3_vtab base;
	const jp_sqlite_rows *rows;
};

struct cursor {
	sqlite3_vtab_cursor base;
	gsize row;
};

static const jp_sqlite_rows *
rows_of(const sqlite3_vtab_cursor *c)
{
	return ((const struct source *)c->pVtab)->rows;
}

/* ---- the table ------------------------------------------------------------------------------- */

static int
connect_table(
    sqlite3 *db, void *data, int argc, const char *const *argv, sqlite3_vtab **out, char **message)
{
	g_autoptr(GString) sql = g_string_new("CREATE TABLE jp_rows (c0");
	struct source *s;
	int rc;

	(void)argc, (void)argv, (void)message;
	for (guint i = 1; i < JP_MAX_SQL_ARGS; i++)
		g_string_append_printf(sql, ", c%u", i);
	g_string_append_c(sql, ')');
	rc = sqlite3_declare_vtab(db, sql->str);
	if (rc != SQLITE_OK)
		return rc;
	s = g_new0(struct source, 1);
	s->rows = data;
	*out = &s->base;
	return SQLITE_OK;
}

static int
disconnect(sqlite3_vtab *s)
{
	g_free(s);
	return SQLITE_OK;
}

static int
plan(sqlite3_vtab *s, sqlite3_index_info *info)
{
	(void)s, (void)info; /* there is one way: from the first to the last */
	return SQLITE_OK;
}

static int
open_cursor(sqlite3_vtab *s, sqlite3_vtab_cursor **out)
{
	struct cursor *c = g_new0(struct cursor, 1);

	(void)s;
	*out = &c->base;
	return SQLITE_OK;
}

static int
close_cursor(sqlite3_vtab_cursor *c)
{
	g_free(c);
	return SQLITE_OK;
}

static int
rewind_cursor(sqlite3_vtab_cursor *c, int n, const char *name, int argc, sqlite3_value **argv)
{
	(void)n, (void)name, (void)argc, (void)argv;
	((struct cursor *)c)->row = 0;
	return SQLITE_OK;
}

static int
next(sqlite3_vtab_cursor *c)
{
	((struct cursor *)c)->row++;
	return SQLITE_OK;
}

static int
is_at_end(sqlite3_vtab_cursor *c)
{
	return ((const struct cursor *)c)->row >= rows_of(c)->n_rows;
}

static int
row_id(sqlite3_vtab_cursor *c, sqlite3_int64 *id)
{
	*id = (sqlite3_int64)((const struct cursor *)c)->row;
	return SQLITE_OK;
}

static int
column(sqlite3_vtab_cursor *c, sqlite3_context *to, int n)
{
	const jp_sqlite_rows *rows = rows_of(c);
	const jp_arg *a = rows->args + ((const struct cursor *)c)->row * rows->n_args + n;

	if (n < 0 || (gsize)n >= rows->n_args)
		return SQLITE_RANGE;
	switch (a->type) {
	case JP_TYPE_NULL:
		break; /* what a result is that nobody sets */
	case JP_TYPE_INT:
		sqlite3_result_int64(to, a->i);
		break;
	case JP_TYPE_REAL:
		sqlite3_result_double(to, a->r);
		break;
	case JP_TYPE_TEXT:
	case JP_TYPE_LIST:
		sqlite3_result_text(to, a->p, -1, SQLITE_STATIC);
		break;
	case JP_TYPE_BLOB: /* a NULL pointer of no bytes is an empty blob, not null */
		sqlite3_result_blob64(to, a->len ? a->p : "", a->len, SQLITE_STATIC);
		break;
	}
	return SQLITE_OK;
}

static const sqlite3_module module = {
    .xConnect = connect_table, /* without xCreate it is there, and cannot be made */
    .xDisconnect = disconnect,
    .xBestIndex = plan,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = rewind_cursor,
    .xNext = next,
    .xEof = is_at_end,
    .xColumn = column,
    .xRowid = row_id,
};

/* ---- running --------------------------------------------------------------------------------- */

gboolean
jp_sqlite_set_rows(jp_conn *c, GError **error)
{
	int rc;

	c->rows = g_new0(jp_sqlite_rows, 1);
	rc = sqlite3_create_module(c->db, "jp_rows", &module, c->rows);
	return rc == SQLITE_OK || jp_sqlite_fail(c->db, rc, error);
}

void
jp_sqlite_give_rows(jp_conn *c, const jp_arg *args, gsize n_args, gsize n_rows)
{
	*c->rows = (jp_sqlite_rows){args, n_args, n_rows};
}
