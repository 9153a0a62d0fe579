/*
 * many: an INSERT of many rows at once.  A driver takes them as they are, or as a list: a JSON
 * array with an object for each, whose members are called as the columns of the statement's `many`.
 */
#include "db/internal.h"

/* Bytes of a list of rows: the server's memory and ours for one statement. */
#define MANY_BYTES (1024 * 1024)

static void
append_text(GString *json, const char *text)
{
	const char *p = text, *from = text;

	g_string_append_c(json, '"');
	for (; *p; p++) {
		if ((guchar)*p >= ' ' && *p != '"' && *p != '\\')
			continue;
		g_string_append_len(json, from, p - from);
		if (*p == '\n')
			g_string_append(json, "\\n");
		else
			g_string_append_printf(json, "\\u%04x", *p);
		from = p + 1;
	}
	g_string_append_len(json, from, p - from);
	g_string_append_c(json, '"');
}

static void
append_bytes(GString *json, const guint8 *bytes, gsize len)
{
	g_string_append(json, "\"\\\\x");
	for (gsize i = 0; i < len; i++)
		g_string_append_printf(json, "%02x", bytes[i]);
	g_string_append_c(json, '"');
}

static void
append_value(GString *json, const jp_arg *a)
{
	char real[G_ASCII_DTOSTR_BUF_SIZE];

	switch (a->type) {
	case JP_TYPE_NULL:
		break;
	case JP_TYPE_INT:
		g_string_append_printf(json, "%" G_GINT64_FORMAT, a->i);
		break;
	case JP_TYPE_REAL:
		g_string_append(json, g_ascii_dtostr(real, sizeof(real), a->r));
		break;
	case JP_TYPE_TEXT:
	case JP_TYPE_LIST:
		append_text(json, a->p);
		break;
	case JP_TYPE_BLOB:
		append_bytes(json, a->p, a->len);
		break;
	}
}

/* A row as an object, in which what is null is left out. */
static void
append_row(GString *json, const jp_arg *args, gsize n_args)
{
	char between = '{';

	g_string_append_c(json, json->len ? ',' : '[');
	for (gsize i = 0; i < n_args; i++) {
		if (args[i].type == JP_TYPE_NULL)
			continue;
		g_string_append_printf(json, "%c\"c%" G_GSIZE_FORMAT "\":", between, i);
		append_value(json, &args[i]);
		between = ',';
	}
	g_string_append(json, between == '{' ? "{}" : "}");
}

static void
run_lists(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args, gsize n_rows)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (gsize i = 0; i < n_rows; i++) {
		append_row(list, args + i * n_args, n_args);
		if (i + 1 < n_rows && list->len < MANY_BYTES)
			continue;
		g_string_append_c(list, ']');
		jp_rows_run_many(db, statement, list->str);
		g_string_truncate(list, 0);
	}
}

void
jp_db_do_many(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args, gsize n_rows)
{
	const jp_statement *s = &jp_statements[statement];

	if (!s->many)
		jp_db_misuse(s->name, "is not written for many rows");
	for (gsize i = 0; i < n_rows; i++)
		jp_rows_check(db, s, args + i * n_args, n_args);
	if (n_rows == 0)
		return;
	if (!db->driver->give_rows) {
		run_lists(db, statement, args, n_args, n_rows);
		return;
	}
	db->driver->give_rows(db->conn, args, n_args, n_rows);
	jp_rows_run_many(db, statement, NULL);
	db->driver->give_rows(db->conn, NULL, 0, 0);
}
