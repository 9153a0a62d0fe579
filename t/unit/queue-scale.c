/* How many handlers a type gets: simulated loads, against backlog, age and flapping. */
#include "queue/work.h"

#define TICK JP_SCALE_STEP

/* A type under simulation: tasks come at a rate, each takes a time, handlers work one at a time. */
struct sim {
	jp_scale scale;
	gint64 min, max, task_ms;
	gint64 now;
	GQueue waiting;     /* times at which tasks came, as pointers */
	GArray *busy_until; /* of gint64, a handler at work each */
	gint64 n_changes, peak, most_age, n_done;
	gint64 finished;
};

static void
sim_init(struct sim *s, gint64 min, gint64 max, gint64 task_ms)
{
	*s = (struct sim){.min = min, .max = max, .task_ms = task_ms};
	g_queue_init(&s->waiting);
	s->busy_until = g_array_new(FALSE, FALSE, sizeof(gint64));
	jp_scale_init(&s->scale, MAX(min, 1), 0);
}

static void
sim_clear(struct sim *s)
{
	g_queue_clear(&s->waiting);
	g_array_unref(s->busy_until);
}

/* One millisecond of work. */
static void
work(struct sim *s)
{
	for (guint i = 0; i < s->busy_until->len;) {
		if (g_array_index(s->busy_until, gint64, i) > s->now) {
			i++;
			continue;
		}
		g_array_remove_index_fast(s->busy_until, i);
		s->finished++;
		s->n_done++;
	}
	while ((gint64)s->busy_until->len < s->scale.n && !g_queue_is_empty(&s->waiting)) {
		gint64 end = s->now + s->task_ms;
		gint64 came = GPOINTER_TO_SIZE(g_queue_pop_head(&s->waiting));

		s->most_age = MAX(s->most_age, s->now - came);
		g_array_append_val(s->busy_until, end);
	}
}

/* Runs for a time in which `n` tasks come every `every` ms. */
static void
sim_run(struct sim *s, gint64 ms, gint64 every, gint64 n)
{
	for (gint64 end = s->now + ms; s->now < end; s->now++) {
		if (every > 0 && s->now % every == 0)
			for (gint64 i = 0; i < n; i++)
				g_queue_push_tail(&s->waiting, GSIZE_TO_POINTER((gsize)s->now));
		work(s);
		if (s->now % TICK == 0) {
			gint64 before = s->scale.n, after;
			jp_scale_facts f = {.now = s->now,
			    .waiting = g_queue_get_length(&s->waiting),
			    .busy = s->busy_until->len,
			    .finished = s->finished};

			if (f.waiting > 0)
				f.oldest = s->now -
				    (gint64)GPOINTER_TO_SIZE(g_queue_peek_head(&s->waiting));
			s->finished = 0;
			after = jp_scale_step(&s->scale, s->min, s->max, &f);
			g_assert_cmpint(after, >=, s->min);
			g_assert_cmpint(after, <=, s->max);
			g_assert_cmpint(after, <=, MAX(2 * before, 1));
			s->n_changes += after != before;
			s->peak = MAX(s->peak, after);
		}
	}
}

/* Tasks that one handler can do keep one handler. */
static void
test_light(void)
{
	struct sim s;

	sim_init(&s, 1, 8, 50);
	sim_run(&s, 300 * JP_SECOND, 100, 1);
	g_assert_cmpint(s.peak, <=, 2);
	g_assert_cmpint(s.n_changes, <=, 4);
	sim_clear(&s);
}

/* Nearly seven times what one handler can do: seven are there within seconds, and stay. */
static void
test_heavy(void)
{
	struct sim s;

	sim_init(&s, 1, 8, 1000);
	sim_run(&s, 10 * JP_SECOND, 150, 1);
	g_assert_cmpint(s.scale.n, >=, 7);
	g_assert_cmpint(s.n_changes, <=, 5);
	sim_run(&s, 200 * JP_SECOND, 150, 1);
	g_assert_cmpint(s.scale.n, >=, 7);
	g_assert_cmpint(s.n_changes, <=, 5);
	sim_clear(&s);
}

/* 200 at once, then nothing: up quickly, down once it has been calm, once. */
static void
test_peak(void)
{
	struct sim s;

	sim_init(&s, 1, 8, 500);
	sim_run(&s, 1, 1, 200);
	sim_run(&s, 20 * JP_SECOND, 0, 0);
	g_assert_cmpint(s.n_done, ==, 200);
	g_assert_cmpint(s.peak, ==, 8);
	g_assert_cmpint(s.most_age, <=, 15 * JP_SECOND); /* 200 x 0.5 s / 8 = 12.5 s at the best */
	sim_run(&s, 60 * JP_SECOND, 0, 0);
	g_assert_cmpint(s.scale.n, ==, 1);
	g_assert_cmpint(s.n_changes, <=, 6);
	sim_clear(&s);
}

/* A load that comes and goes every ten seconds keeps its handlers. */
static void
test_flapping(void)
{
	struct sim s;
	gint64 changes;

	sim_init(&s, 1, 8, 1000);
	sim_run(&s, 10 * JP_SECOND, 200, 1);
	changes = s.n_changes;
	for (guint i = 0; i < 30; i++) {
		sim_run(&s, 10 * JP_SECOND, 0, 0);
		sim_run(&s, 10 * JP_SECOND, 200, 1);
	}
	g_assert_cmpint(s.n_changes - changes, <=, 2);
	sim_clear(&s);
}

/* A thousand tasks an hour, of two seconds each: nothing waits for long, an hour long. */
static void
test_hour(void)
{
	struct sim s;

	sim_init(&s, 0, 4, 2000);
	sim_run(&s, JP_HOUR, 3600, 1);
	g_assert_cmpint(s.n_done, >=, 999);
	g_assert_cmpint(s.most_age, <=, 5 * JP_SECOND);
	g_assert_cmpint(s.n_changes, <=, 20);
	sim_clear(&s);
}

/* A clock that stands still or facts that are nonsense do no harm. */
static void
test_odd(void)
{
	jp_scale s;
	const jp_scale_facts facts[] = {{0, 0, 0, 0, 0}, {0, G_MAXINT64 / 2, G_MAXINT64, 3, 9},
	    {0, 1, -5, 0, 0}, {G_MAXINT64 / 2, 5, 5, 5, G_MAXINT32}, {-1, 1, 1, 1, 1}};

	jp_scale_init(&s, 1, 0);
	for (guint i = 0; i < 10 * G_N_ELEMENTS(facts); i++) {
		gint64 n = jp_scale_step(&s, 2, 5, &facts[i % G_N_ELEMENTS(facts)]);

		g_assert_cmpint(n, >=, 2);
		g_assert_cmpint(n, <=, 5);
	}
	g_assert_cmpint(jp_scale_step(&s, 0, 0, &facts[1]), ==, 0);
}

/* A type's handlers are within its bounds from the moment that these are read. */
static void
test_bounds(void)
{
	static const struct {
		gint64 min, max;
		guint allowed;
	} cases[] = {{2, 8, 2}, {4, 4, 4}, {1, 3, 3}, {0, 0, 0}, {0, 5, 1}, {6, 6, 6}, {1, 1, 1}};
	static char *command[] = {(char *)"true", NULL}, *env[] = {NULL};
	g_autoptr(GArray) endings = g_array_new(FALSE, FALSE, sizeof(jp_ending));
	jp_lane *l = jp_lane_new(endings, -1);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const jp_queue_type type = {.name = (char *)"a",
		    .command = command,
		    .concurrency = {cases[i].min, cases[i].max}};

		jp_lane_set(l, &type, 0, env);
		g_assert_cmpuint(jp_lane_allowed(l), ==, cases[i].allowed);
	}
	jp_lane_free(l);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/scale/a light load keeps one", test_light);
	g_test_add_func("/queue/scale/a heavy load gets what it needs, and keeps it", test_heavy);
	g_test_add_func("/queue/scale/200 at once", test_peak);
	g_test_add_func("/queue/scale/a load that comes and goes does not flap", test_flapping);
	g_test_add_func("/queue/scale/1,000 tasks an hour", test_hour);
	g_test_add_func("/queue/scale/odd clocks and facts", test_odd);
	g_test_add_func("/queue/scale/within new bounds at once", test_bounds);
	return g_test_run();
}
