/*
 * Reasons: the lines that say why a posting was picked, and the hit they belong to.
 */
#include "match/internal.h"

void
jp_reason_free(gpointer data)
{
	jp_reason *r = data;

	g_free(r->what);
	g_free(r);
}

GPtrArray *
jp_reasons_new(void)
{
	return g_ptr_array_new_with_free_func(jp_reason_free);
}

int
jp_reason_add(GPtrArray *reasons, int points, gboolean ok, char *what)
{
	jp_reason *r;

	if (!reasons) {
		g_free(what);
		return points;
	}
	r = g_new(jp_reason, 1);
	*r = (jp_reason){.points = points, .ok = ok, .what = what};
	g_ptr_array_add(reasons, r);
	return points;
}

void
jp_hit_free(jp_hit *h)
{
	if (!h)
		return;
	g_ptr_array_unref(h->reasons);
	g_free(h);
}

cJSON *
jp_reasons_to_json(const GPtrArray *reasons)
{
	cJSON *list = cJSON_CreateArray();

	for (guint i = 0; i < reasons->len; i++) {
		const jp_reason *r = g_ptr_array_index(reasons, i);
		cJSON *o = cJSON_CreateObject();

		cJSON_AddNumberToObject(o, "points", r->points);
		if (!r->ok)
			cJSON_AddBoolToObject(o, "ok", FALSE);
		cJSON_AddStringToObject(o, "what", r->what);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}
