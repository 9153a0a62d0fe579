/*
 * Statements of the PostgreSQL driver: sent in batches, rows read one by one.
 *
 * A batch is what was put off, one statement and a Sync.  Rows are read one by one from the wire,
 * so that a large result is not held in memory, unless another statement is run meanwhile: then the
 * rest is.  A text is prepared under a name when a session runs it for the second time; behind a
 * pooler, or with db.prepare off, never.
 */
#include <string.h>

#include "db/postgres.h"

/* ---- batches --------------------------------------------------------------------------------- */

/* The name under which the session has the text, or has it from now on; NULL: none. */
static const char *
prepared_name(jp_conn *c, const char *const *place, const Oid *types, int n, gboolean *ok)
{
	const char *name = g_hash_table_lookup(c->prepared, place);
	g_autofree char *sum = NULL;

	*ok = TRUE;
	if (name || !c->may_prepare || g_hash_table_add(c->seen, (gpointer)place))
		return name;
	/* The name is the text's, so that it can never mean another one. */
	sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, *place, -1);
	name = g_strdup_printf("jp_%.24s_%d", sum, n);
	g_hash_table_insert(c->prepared, (gpointer)place, (gpointer)name);
	*ok = c->pq->PQsendPrepare(c->pg, name, *place, n, types);
	g_ptr_array_add(c->put_off, (gpointer) "prepare");
	return name;
}

static gboolean
send_statement(jp_conn *c, const jp_stmt *st, GError **error)
{
	int n = (int)st->s->n_args;
	gboolean ok;
	const char *name = prepared_name(c, st->place, st->types, n, &ok);

	if (ok && name)
		ok = c->pq->PQsendQueryPrepared(c->pg, name, n, st->args, st->lens, st->formats, 1);
	else if (ok)
		ok = c->pq->PQsendQueryParams(
		    c->pg, *st->place, n, st->types, st->args, st->lens, st->formats, 1);
	return ok || jp_pg_fail_lost(error);
}

gboolean
jp_pg_command(jp_conn *c, const char *sql, GError **error)
{
	if (!c->pg || !c->pq->PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 0))
		return jp_pg_fail_lost(error);
	g_ptr_array_add(c->put_off, (gpointer) "transaction");
	return TRUE;
}

gboolean
jp_pg_settings(jp_conn *c, jp_tx kind, GError **error)
{
	const char *const *place = (const char *const *)&c->settings[kind];
	gboolean ok;
	const char *name = c->pg ? prepared_name(c, place, NULL, 0, &ok) : NULL;

	if (!name)
		return jp_pg_command(c, *place, error);
	if (!ok || !c->pq->PQsendQueryPrepared(c->pg, name, 0, NULL, NULL, NULL, 0))
		return jp_pg_fail_lost(error);
	g_ptr_array_add(c->put_off, (gpointer) "transaction");
	return TRUE;
}

/* Ends the batch and hands it to the network. */
static gboolean
send_batch(jp_conn *c, GError **error)
{
	if (!c->pq->PQpipelineSync(c->pg)) {
		jp_pg_disconnect(c);
		return jp_pg_fail_lost(error);
	}
	return jp_pg_flush(c, error);
}

/* Reads one command to its end; the first failure goes to *failed, to be PQclear'd. */
static gboolean
read_command(jp_conn *c, PGresult **failed, GError **error)
{
	PGresult *r;

	for (;;) {
		if (!jp_pg_result(c, &r, error))
			return FALSE;
		if (!r)
			return TRUE;
		if (c->pq->PQresultStatus(r) == PGRES_COMMAND_OK)
			g_strlcpy(c->tag, c->pq->PQcmdStatus(r), sizeof(c->tag));
		if (!*failed && c->pq->PQresultStatus(r) == PGRES_FATAL_ERROR)
			*failed = r;
		else
			c->pq->PQclear(r);
	}
}

/* The name of the one that failed first goes to *where. */
static gboolean
read_put_off(jp_conn *c, PGresult **failed, const char **where, GError **error)
{
	*where = NULL;
	for (guint i = 0; i < c->put_off->len; i++) {
		if (!read_command(c, failed, error)) {
			c->pq->PQclear(*failed);
			return FALSE;
		}
		if (*failed && !*where)
			*where = g_ptr_array_index(c->put_off, i);
	}
	g_ptr_array_set_size(c->put_off, 0);
	return TRUE;
}

/* Reads what ends a batch.  A session that ended gives nothing more. */
static gboolean
read_sync(jp_conn *c, GError **error)
{
	PGresult *r;
	ExecStatusType status;

	if (!jp_pg_result(c, &r, error))
		return FALSE;
	status = c->pq->PQresultStatus(r);
	c->pq->PQclear(r);
	if (r && status == PGRES_PIPELINE_SYNC)
		return TRUE;
	jp_pg_disconnect(c);
	return jp_pg_fail_lost(error);
}

/* Reads to the end of a batch of which a command failed; takes failed.  Which names the server has
 * after that is not known. */
static gboolean
fail_batch(jp_conn *c, PGresult *failed, const char *where, GError **error)
{
	(void)jp_pg_fail(c, failed, error);
	if (where)
		g_prefix_error(error, "%s: ", where);
	c->may_prepare = FALSE;
	g_hash_table_remove_all(c->prepared);
	(void)read_sync(c, NULL); /* the first error is the one to tell */
	return FALSE;
}

static gboolean keep_rest(jp_stmt *st);

gboolean
jp_pg_settle(jp_conn *c, GError **error)
{
	PGresult *failed = NULL;
	const char *where;

	if (!c->pg)
		return jp_pg_fail_lost(error);
	if (c->reading && !keep_rest(c->reading))
		return jp_pg_fail_lost(error);
	if (c->put_off->len == 0)
		return TRUE;
	if (!send_batch(c, error) || !read_put_off(c, &failed, &where, error))
		return FALSE;
	return failed ? fail_batch(c, failed, where, error) : read_sync(c, error);
}

PGresult *
jp_pg_ask(jp_conn *c, const char *sql, GError **error)
{
	PGresult *r = NULL, *failed = NULL;

	if (!jp_pg_settle(c, error))
		return NULL;
	if (!c->pq->PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 0)) {
		jp_pg_fail_lost(error);
		return NULL;
	}
	if (!send_batch(c, error) || !jp_pg_result(c, &r, error))
		return NULL;
	if (c->pq->PQresultStatus(r) == PGRES_FATAL_ERROR)
		failed = g_steal_pointer(&r);
	if (!read_command(c, &failed, error) || (failed && !fail_batch(c, failed, NULL, error)) ||
	    !read_sync(c, error)) {
		c->pq->PQclear(r);
		return NULL;
	}
	return r;
}

/* ---- rows from the wire ---------------------------------------------------------------------- */

static void
clear_row(jp_stmt *st)
{
	st->c->pq->PQclear(st->row);
	st->row = NULL;
}

static void
end_reading(jp_stmt *st)
{
	clear_row(st);
	st->phase = JP_PG_END;
	if (st->c->reading == st)
		st->c->reading = NULL;
}

/* Reads a statement that gave its last result to the end of its batch. */
static gboolean
read_end(jp_stmt *st, PGresult *last, GError **error)
{
	jp_conn *c = st->c;
	gint64 n = 0;
	PGresult *failed = NULL;

	if (c->pq->PQresultStatus(last) == PGRES_FATAL_ERROR)
		failed = last;
	(void)jp_int_parse(c->pq->PQcmdTuples(last), 0, G_MAXINT64, &n); /* "": no rows */
	if (!failed)
		c->pq->PQclear(last);
	end_reading(st);
	if (!read_command(c, &failed, error)) {
		c->pq->PQclear(failed);
		return FALSE;
	}
	c->changes = n;
	return failed ? fail_batch(c, failed, NULL, error) : read_sync(c, error);
}

static void
take_row(jp_stmt *st, PGresult *r)
{
	const jp_pq *pq = st->c->pq;
	guint n = MIN((guint)pq->PQnfields(r), st->s->n_cols);

	st->row = r;
	for (guint i = 0; i < n; i++) {
		st->col_types[i] = pq->PQftype(r, (int)i);
		st->cells[i].p =
		    pq->PQgetisnull(r, 0, (int)i) ? NULL : pq->PQgetvalue(r, 0, (int)i);
		st->cells[i].len = (gsize)pq->PQgetlength(r, 0, (int)i);
	}
}

static jp_step
fetch(jp_stmt *st, GError **error)
{
	PGresult *r;

	clear_row(st);
	if (!jp_pg_result(st->c, &r, error)) {
		end_reading(st);
		return JP_STEP_ERROR;
	}
	if (st->c->pq->PQresultStatus(r) == PGRES_SINGLE_TUPLE) {
		take_row(st, r);
		return JP_STEP_ROW;
	}
	return read_end(st, r, error) ? JP_STEP_END : JP_STEP_ERROR;
}

/* Sends the statement with what was put off before it, and reads the results of that. */
static gboolean
start(jp_stmt *st, GError **error)
{
	jp_conn *c = st->c;
	PGresult *failed = NULL;
	const char *where;

	if (c->reading && !keep_rest(c->reading))
		return jp_pg_fail_lost(error);
	if (c->in_tx && !c->pg)
		return jp_pg_fail_lost(error);
	if (!c->in_tx && !jp_pg_refresh(c, error))
		return FALSE;
	if (!c->in_tx && !jp_pg_settings(c, JP_TX_READ, error))
		return FALSE;
	if (!send_statement(c, st, error) || !send_batch(c, error) ||
	    !read_put_off(c, &failed, &where, error))
		return FALSE;
	if (failed) {
		if (!read_command(c, &failed, NULL)) /* skipped by the server */
			jp_pg_disconnect(c);
		return fail_batch(c, failed, where, error);
	}
	if (!c->pq->PQsetSingleRowMode(
		c->pg)) { /* else rows would come all at once, and be missed */
		jp_pg_disconnect(c);
		return jp_pg_fail_lost(error);
	}
	c->reading = st;
	st->phase = JP_PG_WIRE;
	return TRUE;
}

/* ---- rows from memory ------------------------------------------------------------------------ */

static void
keep_cell(GByteArray *rest, const jp_pg_cell *v)
{
	gint64 len = v->p ? (gint64)v->len : -1;

	g_byte_array_append(rest, (const guint8 *)&len, sizeof(len));
	if (v->p) {
		g_byte_array_append(rest, (const guint8 *)v->p, (guint)v->len);
		g_byte_array_append(rest, (const guint8 *)"", 1);
	}
}

/* Reads all that follows the caller's row into memory; that row stays as it is, for its texts are
 * borrowed.  An error is told when the row behind it is asked for; FALSE: the session is lost. */
static gboolean
keep_rest(jp_stmt *st)
{
	g_autofree jp_pg_cell *current = g_memdup2(st->cells, st->s->n_cols * sizeof(*st->cells));
	PGresult *row = g_steal_pointer(&st->row);

	g_byte_array_set_size(st->rest, 0);
	st->at = 0;
	while (fetch(st, &st->broken) == JP_STEP_ROW)
		for (guint i = 0; i < st->s->n_cols; i++)
			keep_cell(st->rest, &st->cells[i]);
	st->row = row;
	if (current)
		memcpy(st->cells, current, st->s->n_cols * sizeof(*st->cells));
	st->phase = JP_PG_MEMORY;
	return st->c->pg != NULL;
}

static jp_step
recall(jp_stmt *st, GError **error)
{
	clear_row(st);
	if (st->at == st->rest->len) {
		if (!st->broken)
			return JP_STEP_END;
		g_propagate_error(error, g_steal_pointer(&st->broken));
		return JP_STEP_ERROR;
	}
	for (guint i = 0; i < st->s->n_cols; i++) {
		gint64 len;

		memcpy(&len, st->rest->data + st->at, sizeof(len));
		st->at += sizeof(len);
		st->cells[i].p = len < 0 ? NULL : (const char *)st->rest->data + st->at;
		st->cells[i].len = (gsize)MAX(len, 0);
		st->at += len < 0 ? 0 : (gsize)len + 1;
	}
	return JP_STEP_ROW;
}

/* ---- running --------------------------------------------------------------------------------- */

jp_stmt *
jp_pg_prepare(jp_conn *c, const jp_statement *s, guint mask, GError **error)
{
	jp_stmt *st = g_new0(jp_stmt, 1);

	(void)error; /* the server sees the text when it is run */
	st->c = c;
	st->s = s;
	st->place = &s->variants[JP_ENGINE_POSTGRES].texts[mask];
	st->types = g_new0(Oid, s->n_args + 1);
	st->args = g_new0(const char *, s->n_args + 1);
	st->lens = g_new0(int, s->n_args + 1);
	st->formats = g_new0(int, s->n_args + 1);
	st->cells = g_new0(jp_pg_cell, s->n_cols + 1);
	st->col_types = g_new0(Oid, s->n_cols + 1);
	st->values = g_byte_array_new();
	st->rest = g_byte_array_new();
	for (guint i = 0; i < s->n_args; i++)
		st->types[i] = jp_pg_type_of(s->args[i].type);
	return st;
}

/* The first step of a statement.  One that only reads, outside a transaction, is asked once more
 * where the session turns out to be dead. */
static jp_step
run(jp_stmt *st, GError **error)
{
	jp_conn *c = st->c;
	gboolean may_repeat = !c->in_tx && !st->s->is_write;
	g_autoptr(GError) lost = NULL;

	if (!start(st, &lost)) {
		if (!may_repeat || c->pg || jp_stopping() || !jp_pg_connect(c, NULL) ||
		    !start(st, NULL)) {
			g_propagate_error(error, g_steal_pointer(&lost));
			return JP_STEP_ERROR;
		}
	}
	return fetch(st, error);
}

/* What waits is bounded: libpq keeps what is to be sent in memory, the kernel what is answered. */
#define MAX_PUT_OFF 64

gboolean
jp_pg_put_off(jp_stmt *st, GError **error)
{
	jp_conn *c = st->c;

	if (c->reading && !keep_rest(c->reading))
		return jp_pg_fail_lost(error);
	if (!c->pg)
		return jp_pg_fail_lost(error);
	if (!send_statement(c, st, error))
		return FALSE;
	g_ptr_array_add(c->put_off, (gpointer)st->s->name);
	return c->put_off->len < MAX_PUT_OFF || jp_pg_settle(c, error);
}

jp_step
jp_pg_step(jp_stmt *st, GError **error)
{
	switch (st->phase) {
	case JP_PG_READY:
		return run(st, error);
	case JP_PG_WIRE:
		return fetch(st, error);
	case JP_PG_MEMORY:
		return recall(st, error);
	case JP_PG_END:
		break;
	}
	return JP_STEP_END;
}

void
jp_pg_reset(jp_stmt *st)
{
	while (st->phase == JP_PG_WIRE && fetch(st, NULL) == JP_STEP_ROW)
		; /* what nobody wants to see still stands before the next answer */
	clear_row(st);
	g_clear_error(&st->broken);
	g_byte_array_set_size(st->rest, 0);
	st->phase = JP_PG_READY;
}

void
jp_pg_finalize(jp_stmt *st)
{
	jp_pg_reset(st);
	g_byte_array_unref(st->rest);
	g_byte_array_unref(st->values);
	g_free(st->types);
	g_free(st->args);
	g_free(st->lens);
	g_free(st->formats);
	g_free(st->cells);
	g_free(st->col_types);
	g_free(st);
}
