/*
 * A plan for people and programs: by day, by host, the boards that would be late, or every visit.
 */
#include "board/internal.h"

#include <string.h>

struct show {
	jp_plan *plan;
	jp_plan_view view;
	jp_table *table;
	gint64 n_visits, n_requests; /* of the day */
	GHashTable *hosts;           /* asked on the day */
};

static const jp_column day_columns[] = {{"from", NULL, JP_CELL_TIME}, {"visits", NULL, JP_CELL_INT},
    {"requests", NULL, JP_CELL_INT}, {"hosts", NULL, JP_CELL_INT}, {"late", NULL, JP_CELL_INT}};
static const jp_column host_columns[] = {{"host", NULL, JP_CELL_TEXT},
    {"boards", NULL, JP_CELL_INT}, {"visits", NULL, JP_CELL_INT}, {"requests", NULL, JP_CELL_INT},
    {"late", NULL, JP_CELL_INT}, {"worst", NULL, JP_CELL_TEXT}, {"about", NULL, JP_CELL_TEXT}};
static const jp_column late_columns[] = {{"id", NULL, JP_CELL_INT}, {"board", NULL, JP_CELL_TEXT},
    {"host", NULL, JP_CELL_TEXT}, {"visits", NULL, JP_CELL_INT}, {"interval", NULL, JP_CELL_TEXT},
    {"worst", NULL, JP_CELL_TEXT}, {"about", NULL, JP_CELL_TEXT}};
static const jp_column visit_columns[] = {{"at", NULL, JP_CELL_TIME}, {"id", NULL, JP_CELL_INT},
    {"board", NULL, JP_CELL_TEXT}, {"host", NULL, JP_CELL_TEXT}, {"due_at", "DUE", JP_CELL_TIME},
    {"requests", NULL, JP_CELL_INT}};

static const struct {
	const char *word;
	const jp_column *columns;
	guint n;
} views[] = {
    [JP_PLAN_DAY] = {"day", day_columns, G_N_ELEMENTS(day_columns)},
    [JP_PLAN_HOST] = {"host", host_columns, G_N_ELEMENTS(host_columns)},
    [JP_PLAN_LATE] = {"late", late_columns, G_N_ELEMENTS(late_columns)},
    [JP_PLAN_VISIT] = {"visit", visit_columns, G_N_ELEMENTS(visit_columns)},
};

gboolean
jp_plan_view_of(const char *word, jp_plan_view *out)
{
	for (guint i = 0; i < G_N_ELEMENTS(views); i++)
		if (strcmp(word, views[i].word) == 0) {
			*out = (jp_plan_view)i;
			return TRUE;
		}
	return FALSE;
}

/* ---- while it runs ------------------------------------------------------------------------ */

static void
on_visit(const jp_plan_board *b, gint64 at, gint64 due, guint requests, gpointer data)
{
	struct show *s = data;

	s->n_visits++;
	if (s->view == JP_PLAN_VISIT)
		jp_table_row(s->table, at, b->id, b->name, b->host->key, due, (gint64)requests);
}

static void
on_request(const jp_plan_host *h, gint64 at, gpointer data)
{
	struct show *s = data;

	(void)at;
	s->n_requests++;
	if (s->view == JP_PLAN_DAY)
		g_hash_table_add(s->hosts, (gpointer)h);
}

static void
on_day(gint64 end, gpointer data)
{
	struct show *s = data;
	gint64 n_late = 0;

	for (guint i = 0; s->view == JP_PLAN_DAY && i < s->plan->boards->len; i++) {
		const jp_plan_board *b = g_ptr_array_index(s->plan->boards, i);

		n_late += !b->is_off && end - b->met_at > jp_plan_patience(s->plan, b);
	}
	if (s->view == JP_PLAN_DAY)
		jp_table_row(s->table, end - JP_DAY, s->n_visits, s->n_requests,
		    (gint64)g_hash_table_size(s->hosts), n_late);
	s->n_visits = s->n_requests = 0;
	g_hash_table_remove_all(s->hosts);
}

/* ---- when it is over ---------------------------------------------------------------------- */

/* Rounded to what a reader wants to know. */
static char *
span_of(gint64 ms)
{
	gint64 unit = ms < 2 * JP_HOUR ? JP_MINUTE : JP_HOUR;

	return jp_duration_format((ms + unit / 2) / unit * unit);
}

/* Why the host's boards are late, worked out once; NULL: its limits give enough. */
static const char *
about(jp_plan_host *h)
{
	double need = 0;

	if (h->is_judged)
		return h->about;
	h->is_judged = TRUE;
	for (guint i = 0; i < h->all->len; i++) {
		const jp_plan_board *b = g_ptr_array_index(h->all, i);

		need += jp_crowd_needs(b->schedule.requests, b->range.max);
	}
	h->about = jp_crowd_sentence(h->key, h->all->len, need, &h->limits);
	return h->about;
}

static void
show_host(const struct show *s, jp_plan_host *h)
{
	g_autofree char *worst = NULL;
	gint64 n_late = 0, longest = 0;

	for (guint i = 0; i < h->all->len; i++) {
		const jp_plan_board *b = g_ptr_array_index(h->all, i);

		n_late += jp_plan_is_late(s->plan, b);
		longest = MAX(longest, b->worst);
	}
	worst = span_of(longest);
	jp_table_row(s->table, h->key, (gint64)h->all->len, (gint64)h->n_visits,
	    (gint64)h->n_requests, n_late, worst, about(h));
}

static void
show_late(const struct show *s, const jp_plan_board *b)
{
	g_autofree char *interval = jp_duration_format(b->range.max), *worst = span_of(b->worst);

	jp_table_row(s->table, b->id, b->name, b->host->key, (gint64)b->n_visits, interval, worst,
	    about(b->host));
}

static gint
by_key(gconstpointer a, gconstpointer b)
{
	return strcmp((*(jp_plan_host *const *)a)->key, (*(jp_plan_host *const *)b)->key);
}

/* The longest wait first. */
static gint
by_wait(gconstpointer a, gconstpointer b)
{
	const jp_plan_board *x = *(jp_plan_board *const *)a, *y = *(jp_plan_board *const *)b;

	if (x->worst != y->worst)
		return x->worst > y->worst ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void
show_rest(const struct show *s)
{
	GPtrArray *hosts = s->plan->hosts, *boards = s->plan->boards;

	if (s->view == JP_PLAN_HOST) {
		g_ptr_array_sort(hosts, by_key);
		for (guint i = 0; i < hosts->len; i++)
			show_host(s, g_ptr_array_index(hosts, i));
	}
	if (s->view == JP_PLAN_LATE) {
		g_ptr_array_sort(boards, by_wait);
		for (guint i = 0; i < boards->len; i++) {
			const jp_plan_board *b = g_ptr_array_index(boards, i);

			if (jp_plan_is_late(s->plan, b))
				show_late(s, b);
		}
	}
}

void
jp_plan_show(jp_plan *p, jp_plan_view view, jp_table_mode mode)
{
	g_autoptr(jp_table) table = jp_table_new(mode, views[view].columns, views[view].n);
	g_autoptr(GHashTable) hosts = g_hash_table_new(NULL, NULL);
	struct show s = {.plan = p, .view = view, .table = table, .hosts = hosts};
	const jp_plan_told told = {on_visit, on_request, on_day, &s};

	jp_plan_run(p, &told);
	show_rest(&s);
}
