/*
 * schema: the tables as the migrations leave them, for whatever handles all of them alike (jp-db
 * copy).  SQLite runs the migrations in memory and is asked what came out; so a migration that does
 * not run stops the build, and a new table is known without anybody listing it.
 *
 * Tables come parents first.  What is left out is derived from the others, or says what is going on
 * in this one database.
 */
#define _GNU_SOURCE
#include "sqlgen.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TABLES = 200 };

static const char *const left_out[] = {
    "text_index", /* how far the full-text index is filled; it is built anew */
    "copying",    /* that the database is itself an unfinished copy */
};

static sqlite3 *db;

static void
run_migrations(void)
{
	char *why = NULL;

	if (sqlite3_open(":memory:", &db) != SQLITE_OK)
		die(NULL, 0, "out of memory");
	for (int v = 1; v <= n_migrations; v++) {
		const struct migration *m = &migrations[SQLITE][v];

		if (sqlite3_exec(db, m->text, NULL, NULL, &why) != SQLITE_OK)
			die(m->file, 0, "%s", why);
	}
}

static sqlite3_stmt *
ask(const char *sql, const char *table)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		die(NULL, 0, "%s", sqlite3_errmsg(db));
	if (table)
		sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	return st;
}

static const char *
text(sqlite3_stmt *st, int col)
{
	return (const char *)sqlite3_column_text(st, col);
}

static int
is_left_out(const char *table)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (!strcmp(left_out[i], table))
			return 1;
	return 0;
}

/* ---- the order --------------------------------------------------------------------------------
 */

static int
find_name(char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (names[i] && !strcmp(names[i], name))
			return i;
	return -1;
}

/* Whether a table that is still to come is referred to. */
static int
waits(const char *table, char *const *rest, int n)
{
	sqlite3_stmt *st = ask("SELECT \"table\" FROM pragma_foreign_key_list(?1)", table);
	int waiting = 0;

	while (sqlite3_step(st) == SQLITE_ROW)
		waiting |= strcmp(text(st, 0), table) != 0 && find_name(rest, n, text(st, 0)) >= 0;
	sqlite3_finalize(st);
	return waiting;
}

/* Fills out with the names, parents first; gives their number. */
static int
order_tables(char *out[MAX_TABLES])
{
	char *rest[MAX_TABLES];
	int n = 0, done = 0, before;
	sqlite3_stmt *st = ask("SELECT name FROM pragma_table_list WHERE type = 'table' AND"
			       " schema = 'main' AND name NOT LIKE 'sqlite_%' ORDER BY name",
	    NULL);

	while (sqlite3_step(st) == SQLITE_ROW && n < MAX_TABLES)
		if (!is_left_out(text(st, 0)))
			rest[n++] = must(strdup(text(st, 0)));
	sqlite3_finalize(st);
	do {
		before = done;
		for (int i = 0; i < n; i++)
			if (rest[i] && !waits(rest[i], rest, n)) {
				out[done++] = rest[i];
				rest[i] = NULL;
			}
	} while (done < n && done > before);
	for (int i = 0; i < n; i++)
		if (rest[i])
			die(NULL, 0, "tables refer to each other in a circle: %s", rest[i]);
	return done;
}

/* ---- one table --------------------------------------------------------------------------------
 */

struct table {
	const char *name;
	int n_columns, n_key;
	char columns[MAX_FIELDS][MAX_NAME + 1];
	const char *types[MAX_FIELDS];
	int key[MAX_FIELDS]; /* columns of the primary key, in its order */
	int has_ids;         /* AUTOINCREMENT */
};

static const char *
type_of(const char *table, const char *type)
{
	static const char *const types[][2] = {
	    {"INTEGER", "INT"}, {"REAL", "REAL"}, {"TEXT", "TEXT"}, {"BLOB", "BLOB"}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i][0], type))
			return types[i][1];
	die(NULL, 0, "table %s: a column of the type \"%s\"", table, type);
}

static void
read_table(struct table *t, const char *name)
{
	sqlite3_stmt *st = ask("SELECT name, type, pk FROM pragma_table_info(?1)", name);

	memset(t, 0, sizeof(*t));
	t->name = name;
	for (; sqlite3_step(st) == SQLITE_ROW; t->n_columns++) {
		int pk = sqlite3_column_int(st, 2);

		if (t->n_columns == MAX_FIELDS || strlen(text(st, 0)) > MAX_NAME)
			die(NULL, 0, "table %s: too many columns, or too long a name", name);
		memcpy(t->columns[t->n_columns], text(st, 0), strlen(text(st, 0)));
		t->types[t->n_columns] = type_of(name, text(st, 1));
		if (pk > 0)
			t->key[pk - 1] = t->n_columns;
		t->n_key += pk > 0;
	}
	sqlite3_finalize(st);
	if (t->n_key == 0)
		die(NULL, 0, "table %s has no primary key; rows could not be told apart", name);
	st =
	    ask("SELECT 1 FROM sqlite_schema WHERE name = ?1 AND sql LIKE '%AUTOINCREMENT%'", name);
	t->has_ids = sqlite3_step(st) == SQLITE_ROW;
	sqlite3_finalize(st);
}

static void
put_columns(FILE *f, const struct table *t)
{
	for (int i = 0; i < t->n_columns; i++)
		fprintf(f, "%s%s", i ? ", " : "", t->columns[i]);
}

static void
put_key(FILE *f, const struct table *t)
{
	for (int i = 0; i < t->n_key; i++)
		fprintf(f, "%s%s", i ? ", " : "", t->columns[t->key[i]]);
}

static void
put_cut(FILE *f, const struct table *t, char mark)
{
	fprintf(f, "\"DELETE FROM %s WHERE (", t->name);
	put_key(f, t);
	fputs(") >= (", f);
	for (int i = 0; i < t->n_key; i++)
		fprintf(f, "%s%c%d", i ? ", " : "", mark, i + 1);
	fputs(")\"", f);
}

static void
put_table(FILE *f, const struct table *t)
{
	fprintf(f, "\t{.name = \"%s\", .columns = %s_table_columns, .n_columns = %d,\n", t->name,
	    t->name, t->n_columns);
	fprintf(f, "\t    .key = %s_table_key, .n_key = %d, .has_ids = %d,\n", t->name, t->n_key,
	    t->has_ids);
	fputs("\t    .scan = \"SELECT ", f);
	put_columns(f, t);
	fprintf(f, " FROM %s ORDER BY ", t->name);
	put_key(f, t);
	fprintf(f, "\",\n\t    .count = \"SELECT count(*) FROM %s\",\n", t->name);
	fprintf(f, "\t    .insert = \"INSERT INTO %s (", t->name);
	put_columns(f, t);
	fputs(") VALUES \",\n\t    .cut = {", f);
	put_cut(f, t, '?');
	fputs(", ", f);
	put_cut(f, t, '$');
	fputs("}},\n", f);
}

static void
put_lists(FILE *f, const struct table *t)
{
	fprintf(f, "static const jp_field %s_table_columns[] = {", t->name);
	for (int i = 0; i < t->n_columns; i++)
		fprintf(f, "{\"%s\", JP_TYPE_%s, 1}, ", t->columns[i], t->types[i]);
	fprintf(f, "};\nstatic const guint %s_table_key[] = {", t->name);
	for (int i = 0; i < t->n_key; i++)
		fprintf(f, "%d, ", t->key[i]);
	fputs("};\n", f);
}

void
put_schema(FILE *f)
{
	static struct table tables[MAX_TABLES];
	char *names[MAX_TABLES];
	int n;

	run_migrations();
	n = order_tables(names);
	for (int i = 0; i < n; i++) {
		read_table(&tables[i], names[i]);
		put_lists(f, &tables[i]);
	}
	fputs("\nconst jp_schema_table jp_schema_tables[] = {\n", f);
	for (int i = 0; i < n; i++)
		put_table(f, &tables[i]);
	fputs("\t{.name = NULL},\n};\n", f);
	sqlite3_close(db);
}
