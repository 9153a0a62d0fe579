/* The types a supervisor works on, with their handlers, as the configuration has them. */
#include <string.h>

#include "queue/work.h"

gboolean
jp_crew_is_stopping(const jp_crew *w)
{
	return w->stop_us != 0;
}

jp_lane *
jp_crew_lane(const jp_crew *w, guint i)
{
	return g_ptr_array_index(w->lanes, i);
}

guint
jp_crew_in_hand(const jp_crew *w)
{
	guint n = 0;

	for (guint i = 0; i < w->lanes->len; i++)
		n += jp_lane_in_hand(jp_crew_lane(w, i));
	return n;
}

guint
jp_crew_n_handlers(const jp_crew *w)
{
	guint n = 0;

	for (guint i = 0; i < w->lanes->len; i++)
		n += jp_crew_lane(w, i)->hands->len;
	return n;
}

jp_lane *
jp_crew_find(const jp_crew *w, const char *type)
{
	for (guint i = 0; i < w->lanes->len; i++)
		if (strcmp(jp_crew_lane(w, i)->conf.name, type) == 0)
			return jp_crew_lane(w, i);
	return NULL;
}

/* A clock may say that leases are older than they should be: we were stopped, or the machine was,
 * or it waited long for its disk.  They are renewed before what they are for begins. */
void
jp_crew_feed(jp_crew *w)
{
	if (w->now_us >= w->held_us || jp_now() >= w->held_at) {
		w->renew_us = MIN(w->renew_us, w->now_us);
		return;
	}
	for (guint i = 0; i < w->lanes->len; i++)
		jp_lane_feed(jp_crew_lane(w, i), w->now_us);
}

static void
set_lane(jp_crew *w, const jp_queue_type *type)
{
	jp_lane *l = jp_crew_find(w, type->name);

	if (!l) {
		l = jp_lane_new(w->endings, w->keeper.fd);
		g_ptr_array_add(w->lanes, l);
	}
	jp_lane_set(l, type, w->w->most, w->env);
	l->once = w->w->once;
	l->is_over = FALSE;
	l->claim_us = l->barren_us = 0;
}

static gboolean
is_asked_for(const jp_crew *w, const jp_queue_type *type)
{
	if (w->w->types)
		return g_strv_contains(w->w->types, type->name);
	return type->concurrency.max > 0;
}

/* Makes the lanes those of the configuration; types that went end when their handlers did. */
void
jp_crew_set(jp_crew *w)
{
	for (guint i = 0; i < w->lanes->len; i++) {
		jp_ahead_give_back(jp_crew_lane(w, i), 0);
		jp_crew_lane(w, i)->is_over = TRUE;
	}
	for (guint i = 0; i < w->conf->queue.types->len; i++) {
		const jp_queue_type *type = g_ptr_array_index(w->conf->queue.types, i);

		if (is_asked_for(w, type))
			set_lane(w, type);
	}
	w->every_us = w->poll_us = w->renew_us = 0;
}

gboolean
jp_crew_check(const jp_crew *w, GError **error)
{
	for (guint i = 0; w->w->types && w->w->types[i]; i++) {
		const jp_queue_type *type = jp_config_type(w->conf, w->w->types[i]);

		if (!type) {
			g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
			    "%s: no such type of task; types stand below queue.types in the "
			    "configuration",
			    w->w->types[i]);
			return FALSE;
		}
		if (type->concurrency.max == 0 && w->w->most == 0) {
			g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
			    "queue.types.%s.concurrency is 0; -c gives it handlers", type->name);
			return FALSE;
		}
	}
	return TRUE;
}
