/*
 * One table is copied: rows of both sides are read in the order of the key and compared value by
 * value, with their types; from the first difference on the target is cut off and filled anew.
 *
 * The order is that of the engines, which agree: numbers by value, texts and bytes by bytes.
 */
#include <string.h>

#include "db/copy.h"

/* Rows that one transaction puts in. */
#define PORTION 2000
/* Rows that one statement puts in where each costs a trip to the server, and the arguments that
 * PostgreSQL takes at most. */
#define ROWS_AT_ONCE 100
#define MAX_ARGS     60000
/* The caller is told after so many rows. */
#define TELL_EACH 256

/* ---- statements made for the occasion -------------------------------------------------------- */

typedef struct made {
	jp_statement s;
	const char *text;
	char *owned;
	jp_field *fields;
} made;

static void
made_free(gpointer data)
{
	made *m = data;

	g_free(m->owned);
	g_free(m->fields);
	g_free(m);
}

static gpointer
made_list(void)
{
	return g_ptr_array_new_with_free_func(made_free);
}

static void
made_list_free(gpointer list)
{
	g_ptr_array_unref(list);
}

/* It lives as long as the connection, because a driver may know a text by its address. */
static made *
made_new(jp_db *db, const jp_schema_table *t, const char *text)
{
	made *m = g_new0(made, 1);

	m->text = text;
	m->s.name = t->name;
	m->s.file = "jp-db copy";
	for (guint e = 0; e < JP_N_ENGINES; e++)
		m->s.variants[e].texts = &m->text;
	g_ptr_array_add(jp_db_kept(db, made_list, made_list_free), m);
	return m;
}

static jp_stmt *
prepare(jp_db *db, const made *m, GError **error)
{
	return jp_db_may_call(db, error) ? db->driver->prepare(db->conn, &m->s, 0, error) : NULL;
}

static void
finalize(jp_db *db, jp_stmt *st)
{
	if (!st)
		return;
	db->driver->reset(st);
	db->driver->finalize(st);
}

/* Runs it to its end. */
static gboolean
run(jp_db *db, jp_stmt *st, const jp_arg *args, guint n_args, GError **error)
{
	jp_step step = JP_STEP_ERROR;

	if (!jp_db_may_call(db, error) || !db->driver->bind(st, args, n_args, error))
		return FALSE;
	do {
		if (!jp_db_may_call(db, error))
			return FALSE;
		step = db->driver->step(st, error);
	} while (step == JP_STEP_ROW);
	db->driver->reset(st);
	return step == JP_STEP_END;
}

/* ---- a row ----------------------------------------------------------------------------------- */

/* Values one after the other: a byte for the type, eight for the length, the bytes. */
#define HEAD 9

typedef struct row {
	GByteArray *bytes;
	gsize *at; /* where each value begins */
} row;

static void
put_value(row *r, jp_type type, const void *p, gsize len)
{
	guint8 head[HEAD] = {(guint8)type};
	guint64 be = GUINT64_TO_BE((guint64)len);

	memcpy(head + 1, &be, sizeof(be));
	g_byte_array_append(r->bytes, head, sizeof(head));
	if (len > 0)
		g_byte_array_append(r->bytes, p, (guint)len);
	if (type == JP_TYPE_TEXT) /* ends it for binding; the length does not count it */
		g_byte_array_append(r->bytes, (const guint8 *)"", 1);
}

/* The value as an argument, borrowed from the row. */
static jp_arg
value_of(const row *r, guint col)
{
	const guint8 *p = r->bytes->data + r->at[col];
	jp_arg a = {.type = (jp_type)p[0], .p = p + HEAD};
	guint64 be;

	memcpy(&be, p + 1, sizeof(be));
	a.len = (gsize)GUINT64_FROM_BE(be);
	if (a.type == JP_TYPE_INT)
		memcpy(&a.i, a.p, sizeof(a.i));
	if (a.type == JP_TYPE_REAL)
		memcpy(&a.r, a.p, sizeof(a.r));
	return a;
}

static int
compare_values(const jp_arg *a, const jp_arg *b)
{
	int order;

	if (a->type == JP_TYPE_INT && b->type == JP_TYPE_INT)
		return a->i < b->i ? -1 : a->i > b->i;
	order = memcmp(a->p, b->p, MIN(a->len, b->len));
	return order ? order : a->len < b->len ? -1 : a->len > b->len;
}

static int
compare_keys(const jp_schema_table *t, const row *a, const row *b)
{
	int order = 0;

	for (guint i = 0; i < t->n_key && order == 0; i++) {
		jp_arg x = value_of(a, t->key[i]), y = value_of(b, t->key[i]);

		order = compare_values(&x, &y);
	}
	return order;
}

/* "posting 17", "sent 4, 29": as messages name a row.  What is no number is not shown, for it may
 * be an address.  g_free. */
static char *
name_of(const jp_schema_table *t, const row *r)
{
	GString *name = g_string_new(t->name);

	for (guint i = 0; i < t->n_key; i++) {
		jp_arg a = value_of(r, t->key[i]);

		g_string_append(name, i ? ", " : " ");
		if (a.type == JP_TYPE_INT)
			g_string_append_printf(name, "%" G_GINT64_FORMAT, a.i);
		else
			g_string_append(name, "?");
	}
	return g_string_free(name, FALSE);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* All rows of one side. */
typedef struct reader {
	jp_db *db;
	const jp_schema_table *table;
	jp_stmt *st;
	gboolean has_row;
	row row;
} reader;

static gboolean
reader_open(reader *r, jp_db *db, const jp_schema_table *t, GError **error)
{
	made *m = made_new(db, t, t->scan);

	m->s.cols = t->columns;
	m->s.n_cols = t->n_columns;
	r->db = db;
	r->table = t;
	r->row.bytes = g_byte_array_new();
	r->row.at = g_new0(gsize, t->n_columns);
	r->st = prepare(db, m, error);
	return r->st && jp_db_may_call(db, error) && db->driver->bind(r->st, NULL, 0, error);
}

static void
reader_clear(reader *r)
{
	finalize(r->db, r->st);
	if (r->row.bytes)
		g_byte_array_unref(r->row.bytes);
	g_free(r->row.at);
	*r = (reader){0};
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(reader, reader_clear)

static gboolean
read_value(reader *r, guint col, GError **error)
{
	const jp_driver *d = r->db->driver;
	jp_type type = d->col_type(r->st, (int)col), want = r->table->columns[col].type;
	const void *p;
	gint64 i;
	double real;
	gsize len;

	if (type != JP_TYPE_NULL && type != want && !(want == JP_TYPE_REAL && type == JP_TYPE_INT))
		goto bad;
	if (type == JP_TYPE_NULL) {
		put_value(&r->row, type, NULL, 0);
	} else if (want == JP_TYPE_INT) {
		i = d->col_int(r->st, (int)col);
		put_value(&r->row, want, &i, sizeof(i));
	} else if (want == JP_TYPE_REAL) {
		real = d->col_real(r->st, (int)col);
		put_value(&r->row, want, &real, sizeof(real));
	} else {
		p = d->col_blob(r->st, (int)col, &len);
		if (want == JP_TYPE_TEXT && memchr(p, '\0', len))
			goto bad;
		put_value(&r->row, want, p, len);
	}
	return TRUE;
bad:
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "%s: %s: has a value that cannot be copied",
	    r->db->label, r->table->columns[col].name);
	return FALSE;
}

/* Goes to the next row; has_row is FALSE at the end. */
static gboolean
reader_next(reader *r, GError **error)
{
	jp_step step =
	    jp_db_may_call(r->db, error) ? r->db->driver->step(r->st, error) : JP_STEP_ERROR;

	r->has_row = step == JP_STEP_ROW;
	g_byte_array_set_size(r->row.bytes, 0);
	for (guint i = 0; r->has_row && i < r->table->n_columns; i++) {
		r->row.at[i] = r->row.bytes->len;
		if (!read_value(r, i, error))
			return FALSE;
	}
	return step != JP_STEP_ERROR;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static gboolean
go_on(jp_table_copy *c, GError **error)
{
	if (c->n % TELL_EACH != 0)
		return TRUE;
	if (!jp_stopping() && (!c->told || c->told(c->table, c->n, c->data)))
		return TRUE;
	g_set_error(error, JP_ERROR, JP_ERROR_TEMP, "interrupted; run it again to go on");
	return FALSE;
}

static gboolean
is_same(const reader *a, const reader *b)
{
	return a->row.bytes->len == b->row.bytes->len &&
	    memcmp(a->row.bytes->data, b->row.bytes->data, a->row.bytes->len) == 0;
}

/* Reads both sides up to the first difference, or to the end of both; each stands at it. */
static gboolean
run_side_by_side(jp_table_copy *c, reader *from, reader *to, GChecksum *sum, GError **error)
{
	for (;;) {
		if (!reader_next(from, error) || !reader_next(to, error))
			return FALSE;
		if (!from->has_row || !to->has_row || !is_same(from, to))
			return TRUE;
		if (sum)
			g_checksum_update(sum, from->row.bytes->data, from->row.bytes->len);
		c->n++;
		if (!go_on(c, error))
			return FALSE;
	}
}

gboolean
jp_copytable_compare(jp_table_copy *c, GError **error)
{
	g_auto(reader) from = {0}, to = {0};
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *name = NULL;
	gboolean from_first;

	c->n = 0;
	if (!reader_open(&from, c->from, c->table, error) ||
	    !reader_open(&to, c->to, c->table, error) ||
	    !run_side_by_side(c, &from, &to, sum, error))
		return FALSE;
	if (!from.has_row && !to.has_row) {
		g_free(c->digest);
		c->digest = g_strdup(g_checksum_get_string(sum));
		return TRUE;
	}
	from_first =
	    !to.has_row || (from.has_row && compare_keys(c->table, &from.row, &to.row) <= 0);
	name = name_of(c->table, from_first ? &from.row : &to.row);
	g_set_error(error, JP_ERROR, JP_ERROR_BUG,
	    "%s: is not the same in both databases; is another program writing to the copy?", name);
	return FALSE;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Removes the target's rows from this one on. */
static gboolean
cut(jp_table_copy *c, const row *first, GError **error)
{
	const jp_schema_table *t = c->table;
	made *m = made_new(c->to, t, t->cut[c->to->driver->engine]);
	g_autofree jp_arg *args = g_new0(jp_arg, t->n_key);
	jp_stmt *st;
	gboolean ok;

	m->fields = g_new0(jp_field, t->n_key);
	for (guint i = 0; i < t->n_key; i++) {
		m->fields[i] = t->columns[t->key[i]];
		args[i] = value_of(first, t->key[i]);
	}
	m->s.args = m->fields;
	m->s.n_args = t->n_key;
	m->s.is_write = TRUE;
	c->is_cut = TRUE;
	if (!jp_db_try_begin(c->to, JP_TX_WRITE, error))
		return FALSE;
	st = prepare(c->to, m, error);
	ok = st && run(c->to, st, args, t->n_key, error);
	finalize(c->to, st);
	return ok && jp_db_try_commit(c->to, error);
}

/* Puts rows in, several with one statement where that helps. */
typedef struct writer {
	jp_db *db;
	const jp_schema_table *table;
	guint n_at_once;
	jp_stmt *many, *one;
	row *rows; /* n_at_once of them */
	guint n_waiting, n_in_tx;
	jp_arg *args;
} writer;

static made *
insert_text(jp_db *db, const jp_schema_table *t, guint n_rows)
{
	const char mark = db->driver->engine == JP_ENGINE_POSTGRES ? '$' : '?';
	GString *text = g_string_new(t->insert);
	made *m = made_new(db, t, NULL);
	guint n = 0;

	m->fields = g_new0(jp_field, n_rows * t->n_columns);
	for (guint r = 0; r < n_rows; r++) {
		g_string_append(text, r ? ", (" : "(");
		for (guint i = 0; i < t->n_columns; i++, n++) {
			m->fields[n] = t->columns[i];
			g_string_append_printf(text, "%s%c%u", i ? ", " : "", mark, n + 1);
		}
		g_string_append_c(text, ')');
	}
	m->owned = g_string_free(text, FALSE);
	m->text = m->owned;
	m->s.args = m->fields;
	m->s.n_args = n;
	m->s.is_write = TRUE;
	return m;
}

static gboolean
writer_open(writer *w, jp_db *db, const jp_schema_table *t, GError **error)
{
	guint n = db->driver->engine == JP_ENGINE_POSTGRES ? ROWS_AT_ONCE : 1;

	w->db = db;
	w->table = t;
	w->n_at_once = CLAMP(MAX_ARGS / t->n_columns, 1, n);
	w->rows = g_new0(row, w->n_at_once);
	for (guint i = 0; i < w->n_at_once; i++) {
		w->rows[i].bytes = g_byte_array_new();
		w->rows[i].at = g_new0(gsize, t->n_columns);
	}
	w->args = g_new0(jp_arg, w->n_at_once * t->n_columns);
	w->one = prepare(db, insert_text(db, t, 1), error);
	if (w->one && w->n_at_once > 1)
		w->many = prepare(db, insert_text(db, t, w->n_at_once), error);
	return w->one && (w->many || w->n_at_once == 1);
}

static void
writer_clear(writer *w)
{
	finalize(w->db, w->one);
	finalize(w->db, w->many);
	for (guint i = 0; w->rows && i < w->n_at_once; i++) {
		g_byte_array_unref(w->rows[i].bytes);
		g_free(w->rows[i].at);
	}
	g_free(w->rows);
	g_free(w->args);
	*w = (writer){0};
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(writer, writer_clear)

static gboolean
say_which(const writer *w, guint row_number, GError **error)
{
	g_autofree char *name = name_of(w->table, &w->rows[row_number]);

	g_prefix_error(error, "%s: ", name);
	return FALSE;
}

/* Sends what waits. */
static gboolean
writer_flush(writer *w, GError **error)
{
	guint n_columns = w->table->n_columns, n = w->n_waiting;

	for (guint i = 0; i < n; i++)
		for (guint k = 0; k < n_columns; k++)
			w->args[i * n_columns + k] = value_of(&w->rows[i], k);
	w->n_waiting = 0;
	if (w->many && n == w->n_at_once)
		return run(w->db, w->many, w->args, n * n_columns, error) || say_which(w, 0, error);
	for (guint i = 0; i < n; i++)
		if (!run(w->db, w->one, w->args + i * n_columns, n_columns, error))
			return say_which(w, i, error);
	return TRUE;
}

static gboolean
writer_commit(writer *w, GError **error)
{
	if (!writer_flush(w, error))
		return FALSE;
	w->n_in_tx = 0;
	return !w->db->in_tx || jp_db_try_commit(w->db, error);
}

/* Takes the reader's row and leaves it another one's memory. */
static gboolean
writer_put(writer *w, reader *r, GError **error)
{
	row *to = &w->rows[w->n_waiting++], had = *to;

	*to = r->row;
	r->row = had;
	if (!w->db->in_tx && !jp_db_try_begin(w->db, JP_TX_WRITE, error))
		return FALSE;
	if (w->n_waiting == w->n_at_once && !writer_flush(w, error))
		return FALSE;
	return ++w->n_in_tx < PORTION || writer_commit(w, error);
}

/* Puts in the source's rows from the one it stands at. */
static gboolean
put_rest(jp_table_copy *c, reader *from, GError **error)
{
	g_auto(writer) w = {0};

	if (!from->has_row)
		return TRUE;
	if (!writer_open(&w, c->to, c->table, error))
		return FALSE;
	while (from->has_row) {
		c->n++;
		if (!writer_put(&w, from, error) || !go_on(c, error) || !reader_next(from, error))
			return FALSE;
	}
	return writer_commit(&w, error);
}

gboolean
jp_copytable_fill(jp_table_copy *c, GError **error)
{
	g_auto(reader) from = {0}, to = {0};

	c->n = 0;
	if (!reader_open(&from, c->from, c->table, error) ||
	    !reader_open(&to, c->to, c->table, error) ||
	    !run_side_by_side(c, &from, &to, NULL, error))
		return FALSE;
	if (to.has_row) {
		gboolean is_source_first =
		    from.has_row && compare_keys(c->table, &from.row, &to.row) < 0;
		row first = is_source_first ? from.row : to.row;

		/* The rows behind it are still being read. */
		c->to->driver->reset(to.st);
		if (!cut(c, &first, error))
			return FALSE;
	}
	reader_clear(&to);
	return put_rest(c, &from, error);
}

/* ---- counting -------------------------------------------------------------------------------- */

gboolean
jp_copytable_count(jp_db *db, const jp_schema_table *t, gint64 *n, GError **error)
{
	static const jp_field count = {"count", JP_TYPE_INT, FALSE};
	made *m = made_new(db, t, t->count);
	jp_stmt *st;
	gboolean ok;

	m->s.cols = &count;
	m->s.n_cols = 1;
	st = prepare(db, m, error);
	ok = st && jp_db_may_call(db, error) && db->driver->bind(st, NULL, 0, error) &&
	    jp_db_may_call(db, error) && db->driver->step(st, error) == JP_STEP_ROW;
	if (ok)
		*n = db->driver->col_int(st, 0);
	finalize(db, st);
	return ok;
}
