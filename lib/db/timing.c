/*
 * timing: how long every named statement took, as a histogram for `jp-stats queries` and a line
 * with -v for a slow one.  The time is the engine's (prepare, bind, steps), not what the caller
 * did between two rows.  What is put off (jp_db_do on PostgreSQL) counts where it is waited for.
 */
#include "db/internal.h"

void
jp_timing_add(jp_db *db, jp_sql statement, gint64 us)
{
	jp_timing *t = &db->timings[statement];
	guint k = 0;

	while (k < JP_TIMING_BUCKETS - 1 && us >= G_GINT64_CONSTANT(1) << k)
		k++;
	t->n++;
	t->total_us += us;
	t->max_us = MAX(t->max_us, us);
	t->buckets[k]++;
	if (us >= db->conf->db.slow_query * 1000)
		jp_info("slow query: %s took %" G_GINT64_FORMAT " ms", jp_sql_name(statement),
		    us / 1000);
}

/* Adds a stored histogram; one that cannot be read counts as empty. */
static void
add_buckets(jp_timing *t, const char *json)
{
	g_autoptr(cJSON) array = cJSON_Parse(json);
	const cJSON *item;
	guint k = 0;

	cJSON_ArrayForEach (item, array)
		if (k < JP_TIMING_BUCKETS && cJSON_IsNumber(item))
			t->buckets[k++] += (gint64)item->valuedouble;
}

static void
add_stored(jp_timing *t, const jp_rows *r)
{
	t->n += jp_rows_int(r, JP_COL_QUERY_STAT_ALL_N);
	t->total_us += jp_rows_int(r, JP_COL_QUERY_STAT_ALL_TOTAL_US);
	t->max_us = MAX(t->max_us, jp_rows_int(r, JP_COL_QUERY_STAT_ALL_MAX_US));
	add_buckets(t, jp_rows_text(r, JP_COL_QUERY_STAT_ALL_BUCKETS));
}

/* Adds what is in the table to the statements that were called. */
static gboolean
read_stored(jp_db *db, jp_timing *sums, GError **error)
{
	g_autoptr(GHashTable) by_name =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(jp_rows) r = jp_rows_try_open(db, JP_SQL_QUERY_STAT_ALL, JP_NO_ARGS, error);
	jp_step step = JP_STEP_ERROR;

	for (guint i = 0; i < JP_SQL_N; i++)
		if (sums[i].n > 0)
			g_hash_table_insert(by_name, g_strdup(jp_sql_name(i)), &sums[i]);
	while (r && (step = jp_rows_try_next(r, error)) == JP_STEP_ROW) {
		jp_timing *t =
		    g_hash_table_lookup(by_name, jp_rows_text(r, JP_COL_QUERY_STAT_ALL_NAME));
		jp_timing unused = {0};

		add_stored(t ? t : &unused, r);
	}
	return step == JP_STEP_END;
}

static gboolean
put_one(jp_db *db, jp_sql statement, const jp_timing *t, GError **error)
{
	g_autoptr(GString) json = g_string_new("[");
	jp_rows *r;
	jp_step step;

	for (guint k = 0; k < JP_TIMING_BUCKETS; k++)
		g_string_append_printf(json, "%s%" G_GINT64_FORMAT, k ? "," : "", t->buckets[k]);
	g_string_append_c(json, ']');
	r = jp_rows_try_open(db, JP_SQL_QUERY_STAT_PUT,
	    JP_ARGS(JP_TEXT(jp_sql_name(statement)), JP_INT(t->n), JP_INT(t->total_us),
		JP_INT(t->max_us), JP_LIST(json->str)),
	    error);
	step = r ? jp_rows_try_next(r, error) : JP_STEP_ERROR;
	jp_rows_free(r);
	return step == JP_STEP_END;
}

static gboolean
save(jp_db *db, jp_timing *sums, GError **error)
{
	if (!jp_db_try_begin(db, JP_TX_WRITE, error) ||
	    !jp_db_try_lock(db, "query_stat", FALSE, error))
		return FALSE;
	if (!read_stored(db, sums, error))
		return FALSE;
	for (guint i = 0; i < JP_SQL_N; i++)
		if (sums[i].n > 0 && !put_one(db, i, &sums[i], error))
			return FALSE;
	return jp_db_try_commit(db, error);
}

static gboolean
is_measured(const jp_db *db)
{
	for (guint i = 0; i < JP_SQL_N; i++)
		if (db->timings[i].n > 0)
			return TRUE;
	return FALSE;
}

void
jp_timing_save(jp_db *db)
{
	g_autoptr(GError) error = NULL;
	g_autofree jp_timing *sums = NULL;

	if (db->in_tx || !is_measured(db))
		return;
	sums = g_memdup2(db->timings, sizeof(db->timings));
	if (save(db, sums, &error))
		return;
	jp_info("%s: timings are lost: %s", db->label, error->message);
	if (db->in_tx)
		(void)jp_db_try_rollback(db, NULL); /* closing rolls back anyway */
}
