/*
 * rows: running named statements and reading what they give.
 *
 * Every call is checked against the statement's declaration: number and types of arguments, the
 * transaction that a write needs, the type of each column read.  Misuse is fatal in every build,
 * so that it is found by the first test that comes by and never corrupts quietly.
 */
#include <string.h>

#include "db/internal.h"

struct jp_rows {
	jp_db *db;
	const jp_statement *s;
	jp_sql statement;
	guint mask;
	jp_stmt *st;
	gboolean is_open; /* not yet at the end */
	gboolean on_row, had_row;
	guint64 seen;  /* columns that were read in any row */
	guint64 *read; /* &seen: reading is const to callers, and this is bookkeeping */
	gint64 us;
};

const char *
jp_sql_name(jp_sql statement)
{
	return jp_statements[statement].name;
}

static const char *
type_name(jp_type type)
{
	switch (type) {
	case JP_TYPE_NULL:
		return "null";
	case JP_TYPE_INT:
		return "int";
	case JP_TYPE_REAL:
		return "real";
	case JP_TYPE_TEXT:
		return "text";
	case JP_TYPE_BLOB:
		return "blob";
	case JP_TYPE_LIST:
		return "list";
	}
	return "?";
}

/* ---- checks ---------------------------------------------------------------------------------- */

static void
check_arg(const jp_db *db, const jp_statement *s, const jp_field *f, const jp_arg *a)
{
	if (a->type == JP_TYPE_NULL) {
		if (!f->nullable)
			jp_db_misuse(s->name, "argument %s may not be null", f->name);
		return;
	}
	if (a->type != f->type)
		jp_db_misuse(s->name, "argument %s is %s, not %s", f->name, type_name(f->type),
		    type_name(a->type));
	if (a->type == JP_TYPE_LIST && (!a->p || *(const char *)a->p != '['))
		jp_db_misuse(s->name, "argument %s is not a JSON array", f->name);
	if (a->type == JP_TYPE_BLOB && !a->p && a->len > 0)
		jp_db_misuse(s->name, "argument %s points nowhere", f->name);
	if (db->is_strict && (a->type == JP_TYPE_TEXT || a->type == JP_TYPE_LIST) &&
	    !g_utf8_validate(a->p, -1, NULL))
		jp_db_misuse(s->name, "argument %s is not UTF-8", f->name);
}

void
jp_rows_check(const jp_db *db, const jp_statement *s, const jp_arg *args, gsize n_args)
{
	if (n_args != s->n_args)
		jp_db_misuse(s->name, "%u arguments, not %" G_GSIZE_FORMAT, s->n_args, n_args);
	for (gsize i = 0; i < n_args; i++)
		check_arg(db, s, &s->args[i], &args[i]);
	if (s->is_write && !db->in_tx)
		jp_db_misuse(s->name, "a write outside a transaction");
	if (s->is_write && db->tx == JP_TX_READ)
		jp_db_misuse(s->name, "a write in a reading transaction");
}

/* Which blocks are there: those whose arguments are all given. */
static guint
find_mask(const jp_variants *v, const jp_arg *args, gsize n_args)
{
	guint64 given = 0;
	guint mask = 0;

	for (gsize i = 0; i < n_args; i++)
		if (args[i].type != JP_TYPE_NULL)
			given |= G_GUINT64_CONSTANT(1) << i;
	for (guint b = 0; b < v->n_blocks; b++)
		if ((v->blocks[b] & ~given) == 0)
			mask |= 1U << b;
	return mask;
}

/* ---- prepared statements --------------------------------------------------------------------- */

/* Takes the prepared statement from the shelf, or makes one. */
static jp_stmt *
take_prepared(jp_rows *r, GError **error)
{
	jp_stmt **shelf = r->db->prepared[r->statement];

	if (shelf && shelf[r->mask])
		return g_steal_pointer(&shelf[r->mask]);
	if (!jp_db_may_call(r->db, error))
		return NULL;
	return r->db->driver->prepare(r->db->conn, r->s, r->mask, error);
}

/* Puts it back; a second one of the same text (a query inside its own loop) is let go. */
static void
put_back(jp_rows *r)
{
	jp_db *db = r->db;
	jp_stmt ***shelf = &db->prepared[r->statement];

	if (!r->st)
		return;
	if (!*shelf)
		*shelf = g_new0(jp_stmt *, 1U << r->s->variants[db->driver->engine].n_blocks);
	if ((*shelf)[r->mask])
		db->driver->finalize(r->st);
	else
		(*shelf)[r->mask] = r->st;
}

void
jp_rows_forget(jp_db *db)
{
	for (guint i = 0; i < JP_SQL_N; i++) {
		guint n = 1U << jp_statements[i].variants[db->driver->engine].n_blocks;

		for (guint mask = 0; db->prepared[i] && mask < n; mask++)
			if (db->prepared[i][mask])
				db->driver->finalize(db->prepared[i][mask]);
		g_clear_pointer(&db->prepared[i], g_free);
		if (db->prepared_many[i])
			db->driver->finalize(g_steal_pointer(&db->prepared_many[i]));
	}
}

/* ---- running --------------------------------------------------------------------------------- */

static void
end(jp_rows *r)
{
	r->on_row = FALSE;
	if (!r->is_open)
		return;
	r->is_open = FALSE;
	r->db->n_open--;
	r->db->driver->reset(r->st);
	jp_timing_add(r->db, r->statement, r->us);
}

static void
check_all_read(const jp_rows *r)
{
	for (guint i = 0; i < r->s->n_cols; i++)
		if (!(r->seen >> i & 1))
			jp_db_misuse(r->s->name, "nobody reads its column %s", r->s->cols[i].name);
}

static void
let_go(jp_rows *r)
{
	end(r);
	put_back(r);
	g_free(r);
}

void
jp_rows_free(jp_rows *r)
{
	if (!r)
		return;
	if (r->db->is_strict && r->had_row)
		check_all_read(r);
	let_go(r);
}

static jp_rows *
rows_new(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args)
{
	jp_rows *r;

	if ((guint)statement >= JP_SQL_N)
		jp_db_misuse(NULL, "no statement has the number %u", (guint)statement);
	jp_rows_check(db, &jp_statements[statement], args, n_args);
	r = g_new0(jp_rows, 1);
	r->db = db;
	r->read = &r->seen;
	r->statement = statement;
	r->s = &jp_statements[statement];
	r->mask = find_mask(&r->s->variants[db->driver->engine], args, n_args);
	return r;
}

jp_rows *
jp_rows_try_open(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args, GError **error)
{
	jp_rows *r = rows_new(db, statement, args, n_args);
	gint64 start = jp_monotonic_us();

	r->st = take_prepared(r, error);
	if (!r->st || !jp_db_may_call(db, error) || !db->driver->bind(r->st, args, n_args, error)) {
		let_go(r);
		return NULL;
	}
	r->us = jp_monotonic_us() - start;
	r->is_open = TRUE;
	db->n_open++;
	db->last_open = statement;
	return r;
}

jp_step
jp_rows_try_next(jp_rows *r, GError **error)
{
	gint64 start = jp_monotonic_us();
	jp_step step;

	if (!r->is_open)
		return JP_STEP_END;
	step = jp_db_may_call(r->db, error) ? r->db->driver->step(r->st, error) : JP_STEP_ERROR;
	r->us += jp_monotonic_us() - start;
	r->on_row = step == JP_STEP_ROW;
	r->had_row |= r->on_row;
	if (!r->on_row)
		end(r);
	return step;
}

static jp_rows *
open_rows(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args)
{
	GError *error = NULL;
	jp_rows *r = jp_rows_try_open(db, statement, args, n_args, &error);

	if (!r)
		jp_db_fatal(db, jp_sql_name(statement), error);
	return r;
}

jp_rows *
jp_db_query(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args)
{
	jp_rows *r = open_rows(db, statement, args, n_args);

	if (r->s->n_cols == 0 || r->s->gives_id)
		jp_db_misuse(r->s->name, "gives no rows: jp_db_exec or jp_db_insert runs it");
	return r;
}

gboolean
jp_rows_next(jp_rows *r)
{
	GError *error = NULL;
	jp_step step = jp_rows_try_next(r, &error);

	if (step == JP_STEP_ERROR)
		jp_db_fatal(r->db, r->s->name, error);
	return step == JP_STEP_ROW;
}

gint64
jp_db_exec(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args)
{
	jp_rows *r = open_rows(db, statement, args, n_args);

	if (r->s->n_cols > 0)
		jp_db_misuse(r->s->name, "gives rows: jp_db_query or jp_db_insert runs it");
	while (jp_rows_next(r))
		;
	jp_rows_free(r);
	return db->driver->changes(db->conn);
}

/* Leaves the statement to be run by the driver when it likes; FALSE where it does not. */
static gboolean
put_off(jp_rows *r)
{
	jp_db *db = r->db;
	gint64 start = jp_monotonic_us();
	GError *error = NULL;

	if (!db->driver->put_off)
		return FALSE;
	if (!jp_db_may_call(db, &error) || !db->driver->put_off(r->st, &error))
		jp_db_fatal(db, r->s->name, error);
	r->us += jp_monotonic_us() - start;
	return TRUE;
}

void
jp_db_do(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args)
{
	jp_rows *r = open_rows(db, statement, args, n_args);

	if (r->s->n_cols > 0 || !r->s->is_write)
		jp_db_misuse(r->s->name, "gives rows: jp_db_query or jp_db_insert runs it");
	if (!put_off(r))
		while (jp_rows_next(r))
			;
	jp_rows_free(r);
}

void
jp_rows_run_many(jp_db *db, jp_sql statement, const char *list)
{
	const jp_statement *s = jp_statements[statement].many;
	jp_rows r = {.db = db, .s = s, .statement = statement, .is_open = TRUE};
	jp_stmt **shelf = &db->prepared_many[statement];
	const jp_arg arg = JP_LIST(list);
	GError *error = NULL;

	db->n_open++;
	if (!*shelf && jp_db_may_call(db, &error))
		*shelf = db->driver->prepare(db->conn, s, 0, &error);
	r.st = *shelf;
	if (!r.st || !jp_db_may_call(db, &error) ||
	    (list && !db->driver->bind(r.st, &arg, 1, &error)))
		jp_db_fatal(db, s->name, error);
	if (!put_off(&r))
		while (jp_rows_next(&r))
			;
	end(&r);
}

gboolean
jp_db_get_int(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args, gint64 *out)
{
	g_autoptr(jp_rows) r = jp_db_query(db, statement, args, n_args);

	if (!jp_rows_next(r) || jp_rows_is_null(r, 0))
		return FALSE;
	*out = jp_rows_int(r, 0);
	return TRUE;
}

gboolean
jp_db_insert_new(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args, gint64 *id)
{
	g_autoptr(jp_rows) r = open_rows(db, statement, args, n_args);
	gboolean is_new;

	if (!r->s->gives_id)
		jp_db_misuse(r->s->name, "gives no id");
	is_new = jp_rows_next(r);
	if (db->driver->new_id) {
		is_new = db->driver->changes(db->conn) > 0;
		*id = is_new ? db->driver->new_id(db->conn) : 0;
		return is_new;
	}
	*id = is_new ? jp_rows_int(r, 0) : 0;
	if (is_new && jp_rows_next(r))
		jp_db_misuse(r->s->name, "gave more than one id");
	return is_new;
}

gint64
jp_db_insert(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args)
{
	gint64 id;

	if (!jp_db_insert_new(db, statement, args, n_args, &id))
		jp_db_misuse(jp_sql_name(statement), "gave no id");
	return id;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The declaration of a column of the row that we are on; notes that it was read. */
static const jp_field *
find_col(const jp_rows *r, int col)
{
	if (!r->on_row)
		jp_db_misuse(r->s->name, "a column is read where there is no row");
	if (col < 0 || (guint)col >= r->s->n_cols)
		jp_db_misuse(r->s->name, "has no column %d", col);
	*r->read |= G_GUINT64_CONSTANT(1) << col;
	return &r->s->cols[col];
}

/* TRUE when the column, which must be declared `type`, has a value; a value of another type, or a
 * null where none may be, is fatal. */
static gboolean
has_value(const jp_rows *r, int col, jp_type type)
{
	const jp_field *f = find_col(r, col);
	jp_type got = r->db->driver->col_type(r->st, col);

	if (f->type != type && !(f->type == JP_TYPE_LIST && type == JP_TYPE_TEXT))
		jp_db_misuse(r->s->name, "column %s is %s, read as %s", f->name, type_name(f->type),
		    type_name(type));
	if (got == JP_TYPE_NULL && !f->nullable)
		jp_db_misuse(r->s->name, "column %s is null and not declared so", f->name);
	if (got != JP_TYPE_NULL && got != type)
		jp_db_misuse(r->s->name, "column %s is declared %s and is %s", f->name,
		    type_name(type), type_name(got));
	return got != JP_TYPE_NULL;
}

static void
check_value(const jp_rows *r, int col, jp_type type)
{
	if (!has_value(r, col, type))
		jp_db_misuse(r->s->name, "column %s is null", r->s->cols[col].name);
}

gboolean
jp_rows_is_null(const jp_rows *r, int col)
{
	(void)find_col(r, col); /* checks */
	return r->db->driver->col_type(r->st, col) == JP_TYPE_NULL;
}

gint64
jp_rows_int(const jp_rows *r, int col)
{
	check_value(r, col, JP_TYPE_INT);
	return r->db->driver->col_int(r->st, col);
}

gint64
jp_rows_int_or(const jp_rows *r, int col, gint64 otherwise)
{
	return has_value(r, col, JP_TYPE_INT) ? r->db->driver->col_int(r->st, col) : otherwise;
}

double
jp_rows_real(const jp_rows *r, int col)
{
	check_value(r, col, JP_TYPE_REAL);
	return r->db->driver->col_real(r->st, col);
}

const char *
jp_rows_text(const jp_rows *r, int col)
{
	return has_value(r, col, JP_TYPE_TEXT) ? r->db->driver->col_text(r->st, col) : NULL;
}

const void *
jp_rows_blob(const jp_rows *r, int col, gsize *len)
{
	*len = 0;
	return has_value(r, col, JP_TYPE_BLOB) ? r->db->driver->col_blob(r->st, col, len) : NULL;
}
