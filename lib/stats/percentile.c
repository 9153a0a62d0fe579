/* Percentiles from the histograms of query_stat.  Pure. */
#include "stats/stats.h"

gint64
jp_stats_percentile(const gint64 *buckets, guint n_buckets, double share, gint64 max_us)
{
	double total = 0, below = 0;

	for (guint k = 0; k < n_buckets; k++)
		total += (double)buckets[k];
	if (total <= 0)
		return 0;
	for (guint k = 0; k + 1 < n_buckets; k++) {
		below += (double)buckets[k];
		if (below >= share * total - 1e-6) /* 0.07 * 100 is a little over 7 */
			return MIN(G_GINT64_CONSTANT(1) << k, max_us);
	}
	return max_us; /* the last bucket has no upper edge */
}

void
jp_stats_buckets_parse(const char *json, gint64 *buckets, guint n_buckets)
{
	g_autoptr(cJSON) array = cJSON_Parse(json);
	guint k = 0;

	for (; k < n_buckets && cJSON_IsArray(array); k++) {
		const cJSON *item = cJSON_GetArrayItem(array, (int)k);

		buckets[k] =
		    cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 9e15
		    ? (gint64)item->valuedouble
		    : 0;
	}
	for (; k < n_buckets; k++)
		buckets[k] = 0;
}
