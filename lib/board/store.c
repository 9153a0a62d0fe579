/*
 * Boards as rows: put, found, switched, listed, removed.  What holds a lease writes in visit.c.
 */
#include "board/internal.h"

#include <string.h>

/* ---- putting ---------------------------------------------------------------------------- */

/* What the operator wrote, on one line and bounded; NULL when nothing is left. */
static char *
clean(const char *text)
{
	g_autofree char *line = text ? jp_text_clean(text, -1, JP_MAX_NAME, FALSE) : NULL;

	return line && *line ? g_steal_pointer(&line) : NULL;
}

gint64
jp_board_insert(jp_db *db, const jp_board_spec *spec, gint64 now)
{
	g_autofree char *company = clean(spec->company);
	g_autofree char *host = jp_board_host(NULL, jp_adapter_find(spec->kind), spec->token, NULL);
	gint64 weight = spec->weight > 0 ? spec->weight : JP_BOARD_WEIGHT;
	const char *terms = jp_board_terms(spec->kind);
	gboolean waits = terms && spec->enabled == JP_BOARD_KEEP;
	gboolean off = waits || spec->enabled == JP_BOARD_DISABLE;
	g_autofree char *why = clean(waits ? terms : "by the operator");

	return jp_db_insert(db, JP_SQL_BOARD_INSERT,
	    JP_ARGS(JP_TEXT(spec->kind), JP_TEXT(spec->token), JP_TEXT(company),
		JP_INT_IF(spec->interval > 0, spec->interval), JP_INT(now), JP_INT_IF(off, now),
		JP_TEXT(off ? why : NULL), JP_TEXT(host), JP_INT(weight),
		JP_INT(jp_board_schedule_head_start(0, 1, weight))));
}

/* Boards of a statement; a round trip to the server is shared by so many. */
#define BATCH 500

struct jp_board_batch {
	jp_db *db;
	gint64 now;
	cJSON *boards; /* [kind, token, company, host, disabled_reason] each */
	int n;
};

jp_board_batch *
jp_board_batch_new(jp_db *db, gint64 now)
{
	jp_board_batch *b = g_new0(jp_board_batch, 1);

	b->db = db;
	b->now = now;
	b->boards = cJSON_CreateArray();
	return b;
}

static void
flush(jp_board_batch *b)
{
	g_autofree char *text = b->n ? jp_json_line(b->boards) : NULL;

	if (!text)
		return;
	(void)jp_db_exec(b->db, JP_SQL_BOARD_INSERT_MANY,
	    JP_ARGS(JP_LIST(text), JP_INT(b->now), JP_INT(JP_BOARD_WEIGHT),
		JP_INT(jp_board_schedule_head_start(0, 1, JP_BOARD_WEIGHT))));
	cJSON_Delete(b->boards);
	b->boards = cJSON_CreateArray();
	b->n = 0;
}

static void
append(cJSON *list, const char *text)
{
	cJSON_AddItemToArray(list, text ? cJSON_CreateString(text) : cJSON_CreateNull());
}

void
jp_board_batch_add(
    jp_board_batch *b, const jp_adapter *adapter, const char *token, const char *company)
{
	g_autofree char *line = clean(company), *why = clean(jp_board_terms(adapter->kind));
	g_autofree char *host = jp_board_host(NULL, adapter, token, NULL);
	cJSON *board = cJSON_CreateArray();

	append(board, adapter->kind);
	append(board, token);
	append(board, line);
	append(board, host);
	append(board, why);
	cJSON_AddItemToArray(b->boards, board);
	if (++b->n == BATCH)
		flush(b);
}

void
jp_board_batch_close(jp_board_batch *b)
{
	flush(b);
	cJSON_Delete(b->boards);
	g_free(b);
}

/* Company and interval as they will be; TRUE when one of them differs from what is stored. */
static gboolean
merge(const jp_board_spec *spec, const jp_rows *r, char **company, gint64 *interval)
{
	const char *old_company = jp_rows_text(r, JP_COL_BOARD_BY_TOKEN_COMPANY);
	gint64 old_interval = jp_rows_int_or(r, JP_COL_BOARD_BY_TOKEN_INTERVAL_MS, 0);

	*company = clean(spec->company);
	if (!*company)
		*company = g_strdup(old_company);
	*interval = spec->interval > 0 ? spec->interval : old_interval;
	return g_strcmp0(*company, old_company) != 0 || *interval != old_interval;
}

static void
weigh(jp_db *db, gint64 id, gint64 weight)
{
	(void)jp_db_exec(db, JP_SQL_BOARD_WEIGH, JP_ARGS(JP_INT(id), JP_INT(weight)));
}

void
jp_board_weigh(jp_db *db, GPtrArray *added, gint64 weight)
{
	for (guint i = 0; weight > 0 && i < added->len; i++) {
		jp_board_added *a = g_ptr_array_index(added, i);
		gint64 old = 0;

		(void)jp_db_get_int(db, JP_SQL_BOARD_WEIGHT, JP_ARGS(JP_INT(a->id)), &old);
		if (old == weight)
			continue;
		weigh(db, a->id, weight);
		a->is_changed = TRUE;
	}
}

gint64
jp_board_put(
    jp_db *db, const jp_board_spec *spec, gint64 now, gboolean *is_new, gboolean *is_changed)
{
	g_autofree char *company = NULL;
	g_autoptr(jp_rows) r = NULL;
	gint64 interval, id, weight;
	gboolean is_off;

	jp_db_lock(db, JP_BOARD_LOCK);
	r = jp_db_query(
	    db, JP_SQL_BOARD_BY_TOKEN, JP_ARGS(JP_TEXT(spec->kind), JP_TEXT(spec->token)));
	*is_changed = FALSE;
	*is_new = !jp_rows_next(r);
	if (*is_new)
		return jp_board_insert(db, spec, now);
	id = jp_rows_int(r, JP_COL_BOARD_BY_TOKEN_ID);
	weight = jp_rows_int(r, JP_COL_BOARD_BY_TOKEN_WEIGHT);
	is_off = !jp_rows_is_null(r, JP_COL_BOARD_BY_TOKEN_DISABLED_AT);
	*is_changed = merge(spec, r, &company, &interval);
	g_clear_pointer(&r, jp_rows_free);
	if (*is_changed) {
		jp_db_exec(db, JP_SQL_BOARD_UPDATE,
		    JP_ARGS(JP_INT(id), JP_TEXT(company), JP_INT_IF(interval > 0, interval),
			JP_INT(now)));
		jp_db_exec(db, JP_SQL_BOARD_REREAD, JP_ARGS(JP_INT(id)));
	}
	if (spec->weight > 0 && spec->weight != weight) {
		weigh(db, id, spec->weight);
		*is_changed = TRUE;
	}
	if (spec->enabled == JP_BOARD_KEEP || (spec->enabled == JP_BOARD_DISABLE) == is_off)
		return id;
	*is_changed = TRUE;
	(void)jp_board_switch_to(
	    db, id, spec->enabled == JP_BOARD_DISABLE ? "by the operator" : NULL, now);
	return id;
}

static void
added_free(jp_board_added *a)
{
	g_free(a->name);
	g_free(a);
}

static jp_board_added *
add_one(jp_db *db, const char *name, jp_board_spec *spec, gint64 now, GError **error)
{
	const jp_adapter *adapter;
	g_autofree char *token = NULL;
	jp_board_added *a;

	if (!jp_board_name_parse(name, &adapter, &token, error))
		return NULL;
	a = g_new0(jp_board_added, 1);
	a->name = g_strdup_printf("%s:%s", adapter->kind, token);
	spec->kind = adapter->kind;
	spec->token = token;
	if (db)
		a->id = jp_board_put(db, spec, now, &a->is_new, &a->is_changed);
	a->terms = a->is_new ? jp_board_terms(spec->kind) : NULL;
	return a;
}

GPtrArray *
jp_board_add(
    jp_db *db, char **names, const char *company, gint64 interval, gint64 now, GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)added_free);
	jp_board_spec spec = {.company = company, .interval = interval};

	/* first all names without the database, then all puts, which cannot fail */
	for (char **name = names; *name; name++) {
		jp_board_added *a = add_one(NULL, *name, &spec, now, error);

		if (!a)
			return NULL;
		g_ptr_array_add(list, a);
	}
	g_ptr_array_set_size(list, 0);
	for (char **name = names; *name; name++)
		g_ptr_array_add(list, add_one(db, *name, &spec, now, NULL));
	return g_steal_pointer(&list);
}

gboolean
jp_board_switch_to(jp_db *db, gint64 id, const char *reason, gint64 now)
{
	g_autofree char *why = clean(reason);

	(void)jp_db_exec(db, JP_SQL_ALERT_DROP, JP_ARGS(JP_INT(id))); /* he knows */
	if (!reason)
		return jp_db_exec(db, JP_SQL_BOARD_ENABLE, JP_ARGS(JP_INT(id), JP_INT(now))) == 1;
	return jp_db_exec(db, JP_SQL_BOARD_DISABLE,
		   JP_ARGS(JP_INT(id), JP_INT(now), JP_TEXT(why ? why : "no reason given"))) == 1;
}

gboolean
jp_board_remove(jp_db *db, gint64 id)
{
	jp_db_lock(db, JP_BOARD_LOCK);
	jp_posting_forget_board(db, id);
	return jp_db_exec(db, JP_SQL_BOARD_DELETE, JP_ARGS(JP_INT(id))) == 1;
}

/* ---- finding ---------------------------------------------------------------------------- */

gint64
jp_board_find(jp_db *db, const char *name)
{
	const jp_adapter *adapter;
	g_autofree char *token = NULL;
	gint64 id;

	if (jp_int_parse(name, 1, G_MAXINT64, &id))
		return jp_db_get_int(db, JP_SQL_BOARD_EXISTS, JP_ARGS(JP_INT(id)), &id) ? id : 0;
	if (!jp_board_name_parse(name, &adapter, &token, NULL))
		return 0;
	if (!jp_db_get_int(
		db, JP_SQL_BOARD_FIND, JP_ARGS(JP_TEXT(adapter->kind), JP_TEXT(token)), &id))
		return 0;
	return id;
}

GArray *
jp_board_named(jp_db *db, char **names)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));

	for (; *names; names++) {
		gint64 id = jp_board_find(db, *names);

		if (id)
			g_array_append_val(ids, id);
		else
			jp_warn(
			    "%s: no such board; jp-board list shows them, jp-board add adds one",
			    *names);
	}
	return ids;
}

/* ---- listing ---------------------------------------------------------------------------- */

/* board_row and board_rows have the same columns; the row of one is read by the other's names. */
G_STATIC_ASSERT((int)JP_COL_BOARD_ROW_ID == (int)JP_COL_BOARD_ROWS_ID);
G_STATIC_ASSERT((int)JP_COL_BOARD_ROW_LAST_REASON == (int)JP_COL_BOARD_ROWS_LAST_REASON);
G_STATIC_ASSERT((int)JP_COL_BOARD_ROW_FAILING_SINCE == (int)JP_COL_BOARD_ROWS_FAILING_SINCE);

static jp_board_row *
read_row(const jp_rows *r)
{
	jp_board_row *row = g_new0(jp_board_row, 1);

	row->id = jp_rows_int(r, JP_COL_BOARD_ROWS_ID);
	row->kind = g_strdup(jp_rows_text(r, JP_COL_BOARD_ROWS_KIND));
	row->token = g_strdup(jp_rows_text(r, JP_COL_BOARD_ROWS_TOKEN));
	row->name = g_strdup_printf("%s:%s", row->kind, row->token);
	row->company = g_strdup(jp_rows_text(r, JP_COL_BOARD_ROWS_COMPANY));
	row->region = g_strdup(jp_rows_text(r, JP_COL_BOARD_ROWS_REGION));
	row->interval = jp_rows_int_or(r, JP_COL_BOARD_ROWS_INTERVAL_MS, 0);
	row->next_at = jp_rows_int(r, JP_COL_BOARD_ROWS_NEXT_AT);
	row->last_visit_at = jp_rows_int_or(r, JP_COL_BOARD_ROWS_LAST_VISIT_AT, JP_NO_TIME);
	row->last_success_at = jp_rows_int_or(r, JP_COL_BOARD_ROWS_LAST_SUCCESS_AT, JP_NO_TIME);
	row->disabled_at = jp_rows_int_or(r, JP_COL_BOARD_ROWS_DISABLED_AT, JP_NO_TIME);
	row->failures = jp_rows_int(r, JP_COL_BOARD_ROWS_FAILURES);
	row->gone = jp_rows_int(r, JP_COL_BOARD_ROWS_GONE);
	row->last_status = g_strdup(jp_rows_text(r, JP_COL_BOARD_ROWS_LAST_STATUS));
	row->last_reason = g_strdup(jp_rows_text(r, JP_COL_BOARD_ROWS_LAST_REASON));
	row->disabled_reason = g_strdup(jp_rows_text(r, JP_COL_BOARD_ROWS_DISABLED_REASON));
	row->n_open = jp_rows_int(r, JP_COL_BOARD_ROWS_N_OPEN);
	row->host = g_strdup(jp_rows_text(r, JP_COL_BOARD_ROWS_HOST));
	row->weight = jp_rows_int(r, JP_COL_BOARD_ROWS_WEIGHT);
	row->pace = jp_rows_int_or(r, JP_COL_BOARD_ROWS_PACE_MS, 0);
	row->yield = jp_rows_real(r, JP_COL_BOARD_ROWS_YIELD_AVG);
	row->success = jp_rows_real(r, JP_COL_BOARD_ROWS_SUCCESS_AVG);
	row->requests = jp_rows_real(r, JP_COL_BOARD_ROWS_REQUESTS_AVG);
	row->failing_since = jp_rows_int_or(r, JP_COL_BOARD_ROWS_FAILING_SINCE, JP_NO_TIME);
	return row;
}

void
jp_board_row_free(jp_board_row *r)
{
	if (!r)
		return;
	g_free(r->kind);
	g_free(r->token);
	g_free(r->name);
	g_free(r->host);
	g_free(r->company);
	g_free(r->region);
	g_free(r->last_status);
	g_free(r->last_reason);
	g_free(r->disabled_reason);
	g_free(r);
}

GPtrArray *
jp_board_list(jp_db *db)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)jp_board_row_free);
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_BOARD_ROWS, JP_NO_ARGS);

	while (jp_rows_next(r))
		g_ptr_array_add(list, read_row(r));
	return list;
}

jp_board_row *
jp_board_get(jp_db *db, gint64 id)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_BOARD_ROW, JP_ARGS(JP_INT(id)));

	return jp_rows_next(r) ? read_row(r) : NULL;
}

GPtrArray *
jp_board_select(jp_db *db, char **names)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)jp_board_row_free);
	g_autoptr(GArray) ids = jp_board_named(db, names);

	for (guint i = 0; i < ids->len; i++) {
		jp_board_row *row = jp_board_get(db, g_array_index(ids, gint64, i));

		if (row) /* else removed meanwhile */
			g_ptr_array_add(list, row);
	}
	return list;
}

static void
visit_row_free(jp_visit_row *v)
{
	g_free(v->status);
	g_free(v->reason);
	g_free(v);
}

GPtrArray *
jp_board_visits(jp_db *db, gint64 id, guint limit)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)visit_row_free);
	g_autoptr(jp_rows) r =
	    jp_db_query(db, JP_SQL_VISIT_ROWS, JP_ARGS(JP_INT(id), JP_INT(limit)));

	while (jp_rows_next(r)) {
		jp_visit_row *v = g_new0(jp_visit_row, 1);

		v->at = jp_rows_int(r, JP_COL_VISIT_ROWS_AT);
		v->status = g_strdup(jp_rows_text(r, JP_COL_VISIT_ROWS_STATUS));
		v->http_status = jp_rows_int_or(r, JP_COL_VISIT_ROWS_HTTP_STATUS, 0);
		v->complete = jp_rows_int(r, JP_COL_VISIT_ROWS_COMPLETE) != 0;
		v->reason = g_strdup(jp_rows_text(r, JP_COL_VISIT_ROWS_REASON));
		v->bytes = jp_rows_int(r, JP_COL_VISIT_ROWS_BYTES);
		v->ms = jp_rows_int(r, JP_COL_VISIT_ROWS_MS);
		v->n_postings = jp_rows_int(r, JP_COL_VISIT_ROWS_N_POSTINGS);
		v->n_bad = jp_rows_int(r, JP_COL_VISIT_ROWS_N_BAD);
		v->n_new = jp_rows_int(r, JP_COL_VISIT_ROWS_N_NEW);
		v->n_changed = jp_rows_int(r, JP_COL_VISIT_ROWS_N_CHANGED);
		v->n_closed = jp_rows_int(r, JP_COL_VISIT_ROWS_N_CLOSED);
		g_ptr_array_add(list, v);
	}
	return list;
}
