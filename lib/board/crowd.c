/*
 * Whether a host's limits give its boards what they need to be visited in time: each of them once
 * in its longest interval, by as many requests as a visit takes on average.
 */
#include "board/internal.h"

static void
lower(double *gives, const char **limit, double to, const char *key)
{
	if (*gives >= 0 && *gives <= to)
		return;
	*gives = to;
	*limit = key;
}

double
jp_crowd_gives(const jp_http_limits *l, const char **limit)
{
	double gives = -1;

	*limit = NULL;
	if (l->per_day > 0)
		lower(&gives, limit, l->per_day, "http.per_day");
	if (l->per_hour > 0)
		lower(&gives, limit, 24.0 * l->per_hour, "http.per_hour");
	if (l->min_interval > 0)
		lower(&gives, limit, (double)JP_DAY / (double)l->min_interval, "http.min_interval");
	return gives;
}

double
jp_crowd_needs(double requests, gint64 longest)
{
	return MAX(requests, 1) * (double)JP_DAY / (double)MAX(longest, 1);
}

char *
jp_crowd_sentence(const char *host, guint n_boards, double need, const jp_http_limits *l)
{
	const char *limit;
	double gives = jp_crowd_gives(l, &limit);

	if (gives < 0 || need <= gives)
		return NULL;
	return g_strdup_printf(
	    "%u board%s of %s need%s %.0f requests a day, of which %s gives %.0f", n_boards,
	    n_boards == 1 ? "" : "s", host, n_boards == 1 ? "s" : "", need, limit, gives);
}

/* ---- of all hosts ------------------------------------------------------------------------ */

GHashTable *
jp_board_crowds(jp_db *db, const jp_config *conf)
{
	GHashTable *crowds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(jp_rows) r =
	    jp_db_query(db, JP_SQL_HOST_CROWDS, JP_ARGS(JP_INT(conf->scrape.interval.max)));

	while (jp_rows_next(r)) {
		const char *key = jp_rows_text(r, JP_COL_HOST_CROWDS_KEY);
		const jp_http_limits limits = {
		    .min_interval = jp_rows_int(r, JP_COL_HOST_CROWDS_INTERVAL_MS),
		    .per_hour = (guint)jp_rows_int(r, JP_COL_HOST_CROWDS_PER_HOUR),
		    .per_day = (guint)jp_rows_int(r, JP_COL_HOST_CROWDS_PER_DAY),
		};
		char *sentence =
		    jp_crowd_sentence(key, (guint)jp_rows_int(r, JP_COL_HOST_CROWDS_N_BOARDS),
			jp_rows_real(r, JP_COL_HOST_CROWDS_NEED), &limits);

		if (sentence)
			g_hash_table_insert(crowds, g_strdup(key), sentence);
	}
	return crowds;
}
