/*
 * The plan: no limit is ever broken in it, whatever the site; every board has its turn; and boards
 * without a limit in their way come when they are due.  The heap under it, too.
 */
#include "board/internal.h"

#define NOW G_GINT64_CONSTANT(1790000000000)
/* What a request takes in a plan. */
#define ANSWER 500

static guint
rounds(void)
{
	return g_getenv("JP_SOAK") ? 500 : 25;
}

/* ---- the heap ----------------------------------------------------------------------------- */

static void
test_heap(void)
{
	for (guint seed = 1; seed <= rounds(); seed++) {
		g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
		jp_heap_entry last = {-1, -1, NULL};
		guint n = (guint)g_rand_int_range(rand, 0, 300), popped = 0;
		jp_heap h;

		jp_heap_init(&h);
		for (guint i = 0; i < n; i++)
			jp_heap_push(&h, g_rand_int_range(rand, 0, 50), i, &h);
		for (; jp_heap_peek(&h); popped++) {
			const jp_heap_entry e = *jp_heap_peek(&h);

			g_assert_true(e.key > last.key || (e.key == last.key && e.tie > last.tie));
			last = e;
			g_assert_true(jp_heap_pop(&h) == &h);
		}
		g_assert_cmpuint(popped, ==, n);
		jp_heap_clear(&h);
	}
}

/* ---- sites -------------------------------------------------------------------------------- */

struct site {
	jp_config conf;
	jp_plan *plan;
	GHashTable *starts; /* jp_plan_host -> GArray of gint64 */
	GHashTable *visits; /* jp_plan_board -> GArray of gint64 */
	GArray *all;        /* of gint64, every visit */
	guint n_days;
};

static GArray *
times_of(GHashTable *all, gconstpointer what)
{
	GArray *a = g_hash_table_lookup(all, what);

	if (!a) {
		a = g_array_new(FALSE, FALSE, sizeof(gint64));
		g_hash_table_insert(all, (gpointer)what, a);
	}
	return a;
}

static void
on_visit(const jp_plan_board *b, gint64 at, gint64 due, guint requests, gpointer data)
{
	struct site *s = data;

	g_assert_cmpint(at, >=, due);
	g_assert_cmpuint(requests, >=, 1);
	g_array_append_val(times_of(s->visits, b), at);
	g_assert_true(s->all->len == 0 || at >= g_array_index(s->all, gint64, s->all->len - 1));
	g_array_append_val(s->all, at);
}

static void
on_request(const jp_plan_host *h, gint64 at, gpointer data)
{
	struct site *s = data;

	g_array_append_val(times_of(s->starts, h), at);
}

static void
on_day(gint64 end, gpointer data)
{
	struct site *s = data;

	g_assert_cmpint(end, ==, NOW + ++s->n_days * JP_DAY);
}

static void
site_init(struct site *s, gint64 span, gint64 every)
{
	*s = (struct site){0};
	s->conf.scrape.interval = (jp_range){2 * JP_HOUR, 12 * JP_HOUR};
	s->conf.scrape.per_host = 3;
	s->conf.scrape.in_flight = 64;
	s->conf.scrape.max_failures = 5;
	s->conf.http.max_connections = 64;
	s->plan = jp_plan_new(&s->conf, NOW, span, every);
	s->starts = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
	s->visits = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
	s->all = g_array_new(FALSE, FALSE, sizeof(gint64));
}

static void
site_clear(struct site *s)
{
	jp_plan_free(s->plan);
	g_hash_table_unref(s->starts);
	g_hash_table_unref(s->visits);
	g_array_unref(s->all);
}

static jp_plan_board *
add(struct site *s, const char *host, const jp_http_limits *limits, jp_range range)
{
	jp_plan_board *b = g_new0(jp_plan_board, 1);

	b->id = s->plan->boards->len + 1;
	b->name = g_strdup_printf("feed:%" G_GINT64_FORMAT, b->id);
	b->host = jp_plan_host_of(s->plan, host, limits);
	b->range = range;
	b->schedule = (jp_board_schedule){
	    .next_at = NOW, .requests = 1, .success = 1, .weight = JP_BOARD_WEIGHT};
	b->schedule.head_start = jp_board_schedule_head_start(0, 1, JP_BOARD_WEIGHT);
	jp_plan_add(s->plan, b);
	return b;
}

static void
go(struct site *s)
{
	const jp_plan_told told = {on_visit, on_request, on_day, s};

	jp_plan_run(s->plan, &told);
	g_assert_cmpint(s->n_days * JP_DAY, ==, s->plan->span);
}

/* In any window of so many ms there are at most so many. */
static void
check_window(const GArray *times, gint64 window, guint most)
{
	for (guint i = most; most > 0 && i < times->len; i++)
		g_assert_cmpint(
		    g_array_index(times, gint64, i) - g_array_index(times, gint64, i - most), >=,
		    window);
}

/* ---- no limit in the way ------------------------------------------------------------------ */

static void
test_free(void)
{
	const jp_http_limits l = {
	    .min_interval = 2000, .at_once = 1, .per_hour = 50, .per_day = 500};
	const jp_range range = {4 * JP_HOUR, 4 * JP_HOUR};
	struct site s;
	const GArray *times;

	site_init(&s, 7 * JP_DAY, JP_MINUTE);
	add(&s, "a.example", &l, range);
	add(&s, "b.example", &l, range);
	go(&s);
	times = times_of(s.visits, g_ptr_array_index(s.plan->boards, 0));
	g_assert_cmpint(g_array_index(times, gint64, 0), ==, NOW);
	for (guint i = 1; i < times->len; i++) {
		gint64 gap = g_array_index(times, gint64, i) - g_array_index(times, gint64, i - 1);

		/* a tenth less at most, and up to a run's beginning more */
		g_assert_cmpint(gap, >=, range.min - range.min / 10);
		g_assert_cmpint(gap, <=, range.max + JP_MINUTE + 2 * ANSWER);
	}
	for (guint i = 0; i < s.plan->boards->len; i++) {
		const jp_plan_board *b = g_ptr_array_index(s.plan->boards, i);

		g_assert_cmpint(b->worst, <=, jp_plan_patience(s.plan, b));
	}
	site_clear(&s);
}

/* A board that finds something on every visit comes often, one that never does seldom. */
static void
test_learns(void)
{
	const jp_http_limits l = {.at_once = 1};
	const jp_range range = {2 * JP_HOUR, 12 * JP_HOUR};
	struct site s;
	jp_plan_board *busy, *idle;

	site_init(&s, 7 * JP_DAY, JP_MINUTE);
	busy = add(&s, "a.example", &l, range);
	idle = add(&s, "b.example", &l, range);
	busy->schedule.yield = 3;
	go(&s);
	g_assert_cmpuint(busy->n_visits, >=, 7 * 24 / 2);
	g_assert_cmpuint(idle->n_visits, <=, 7 * 2 + 4);
	g_assert_cmpuint(idle->n_visits, >=, 7 * 2);
	site_clear(&s);
}

/* ---- what visits taught ------------------------------------------------------------------- */

/* A board that mostly fails is left alone for longer, which does not make it late. */
static void
test_fails(void)
{
	const jp_http_limits l = {.at_once = 1};
	const jp_range range = {2 * JP_HOUR, 4 * JP_HOUR};
	struct site s;
	jp_plan_board *good, *bad, *new;

	site_init(&s, 7 * JP_DAY, JP_MINUTE);
	good = add(&s, "a.example", &l, range);
	bad = add(&s, "b.example", &l, range);
	new = add(&s, "b.example", &l, range);
	bad->schedule.success = 0.2;
	bad->answer = 100;
	go(&s);
	g_assert_cmpuint(bad->n_visits, >, 0);
	g_assert_cmpuint(bad->n_visits * 2, <, good->n_visits);
	g_assert_cmpint(good->n_visits, >, 7 * 24 / 5);
	g_assert_cmpuint(new->n_visits, ==, bad->n_visits); /* it is thought to be like it */
	g_assert_cmpfloat(good->schedule.success, ==, 1);
	g_assert_cmpfloat(bad->schedule.success, ==, 0.2);
	for (guint i = 0; i < s.plan->boards->len; i++)
		g_assert_false(jp_plan_is_late(s.plan, g_ptr_array_index(s.plan->boards, i)));
	site_clear(&s);
}

/* One that is gone is disabled after so many visits, one that waits out a failure is not late. */
static void
test_gone(void)
{
	const jp_http_limits l = {.at_once = 1};
	const jp_range range = {2 * JP_HOUR, 4 * JP_HOUR};
	struct site s;
	jp_plan_board *gone, *parked;

	site_init(&s, 7 * JP_DAY, JP_MINUTE);
	gone = add(&s, "a.example", &l, range);
	gone->schedule.gone = gone->schedule.failures = 2;
	gone->schedule.success = 0;
	parked = g_new0(jp_plan_board, 1);
	parked->id = 2;
	parked->name = g_strdup("feed:2");
	parked->host = jp_plan_host_of(s.plan, "b.example", &l);
	parked->range = range;
	parked->schedule = (jp_board_schedule){
	    .next_at = NOW + 6 * JP_DAY, .requests = 1, .failures = 9, .success = 0.5};
	jp_plan_add(s.plan, parked);
	go(&s);
	g_assert_cmpuint(gone->n_visits, ==, 3);
	g_assert_false(jp_plan_is_late(s.plan, gone));
	g_assert_cmpuint(parked->n_visits, >, 0);
	g_assert_false(jp_plan_is_late(s.plan, parked));
	site_clear(&s);
}

/* Answers take as long as they took. */
static void
test_slow(void)
{
	const jp_http_limits l = {.at_once = 1};
	const jp_range range = {JP_MINUTE, JP_MINUTE};
	struct site s;
	jp_plan_board *slow, *quick;

	site_init(&s, JP_DAY, JP_MINUTE);
	slow = add(&s, "a.example", &l, range);
	slow->answer = 10 * JP_MINUTE;
	add(&s, "a.example", &l, range); /* as slow as the other one of the host */
	quick = add(&s, "b.example", &l, range);
	quick->answer = 1;
	go(&s);
	check_window(times_of(s.starts, slow->host), 10 * JP_MINUTE, 1);
	g_assert_cmpuint(slow->host->n_requests, ==, 24 * 6);
	g_assert_cmpuint(quick->n_visits, >, 24 * 60 - 60);
	site_clear(&s);
}

/* ---- limits ------------------------------------------------------------------------------- */

static void
check_host(gpointer key, gpointer value, gpointer data)
{
	const jp_plan_host *h = key;
	const GArray *times = value;

	(void)data;
	check_window(times, h->limits.min_interval, 1);
	check_window(times, ANSWER, h->limits.at_once);
	check_window(times, JP_HOUR, h->limits.per_hour);
	check_window(times, JP_DAY, h->limits.per_day);
	g_assert_cmpuint(times->len, ==, h->n_requests);
}

static jp_http_limits
random_limits(GRand *rand)
{
	return (jp_http_limits){
	    .min_interval = g_rand_int_range(rand, 0, 3) * g_rand_int_range(rand, 1, 5000),
	    .at_once = (guint)g_rand_int_range(rand, 1, 4),
	    .per_hour = (guint)(g_rand_int_range(rand, 0, 2) * g_rand_int_range(rand, 1, 60)),
	    .per_day = (guint)(g_rand_int_range(rand, 0, 2) * g_rand_int_range(rand, 1, 400)),
	};
}

static void
random_site(struct site *s, GRand *rand)
{
	guint n_hosts = (guint)g_rand_int_range(rand, 1, 6);

	s->conf.scrape.per_host = g_rand_int_range(rand, 1, 5);
	s->conf.scrape.in_flight = g_rand_int_range(rand, 1, 10);
	for (guint i = 0; i < n_hosts; i++) {
		const jp_http_limits l = random_limits(rand);
		g_autofree char *host = g_strdup_printf("h%u.example", i);

		for (guint n = (guint)g_rand_int_range(rand, 1, 40); n > 0; n--) {
			gint64 least = g_rand_int_range(rand, 5, 400) * JP_MINUTE;
			jp_plan_board *b = add(s, host, &l, (jp_range){least, 2 * least});

			b->schedule.requests = 1 + g_rand_int_range(rand, 0, 40) / 10.0;
			b->schedule.yield = g_rand_double_range(rand, 0, 2);
			b->schedule.failures = g_rand_int_range(rand, 0, 3);
		}
	}
}

/* Boards in flight together: by the visits' beginnings, each being there for half a second. */
static void
test_any_site(void)
{
	for (guint seed = 1; seed <= rounds(); seed++) {
		g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
		struct site s;

		site_init(&s, 2 * JP_DAY, g_rand_int_range(rand, 1, 30) * JP_MINUTE);
		random_site(&s, rand);
		go(&s);
		g_assert_cmpuint(s.all->len, >, 0);
		g_hash_table_foreach(s.starts, check_host, NULL);
		check_window(s.all, ANSWER, (guint)s.conf.scrape.in_flight);
		site_clear(&s);
	}
}

/* The same boards give the same plan. */
static void
test_same(void)
{
	struct site s[2];

	for (guint i = 0; i < 2; i++) {
		g_autoptr(GRand) rand = g_rand_new_with_seed(7);

		site_init(&s[i], 2 * JP_DAY, 10 * JP_MINUTE);
		random_site(&s[i], rand);
		go(&s[i]);
	}
	g_assert_cmpmem(s[0].all->data, s[0].all->len * sizeof(gint64), s[1].all->data,
	    s[1].all->len * sizeof(gint64));
	site_clear(&s[0]);
	site_clear(&s[1]);
}

/* ---- turns -------------------------------------------------------------------------------- */

/* Far more boards than the limits give: all have their turn, none a second one before. */
static void
test_turns(void)
{
	const jp_http_limits l = {
	    .min_interval = 2000, .at_once = 1, .per_hour = 20, .per_day = 100};
	struct site s;
	guint least = G_MAXUINT, most = 0;

	site_init(&s, 7 * JP_DAY, 10 * JP_MINUTE);
	for (guint i = 0; i < 300; i++)
		add(&s, "crowded.example", &l, s.conf.scrape.interval);
	go(&s);
	for (guint i = 0; i < s.plan->boards->len; i++) {
		const jp_plan_board *b = g_ptr_array_index(s.plan->boards, i);

		least = MIN(least, b->n_visits);
		most = MAX(most, b->n_visits);
		g_assert_cmpint(b->worst, >, jp_plan_patience(s.plan, b));
	}
	g_assert_cmpuint(s.all->len, >, 650); /* nothing of the limits is wasted */
	g_assert_cmpuint(s.all->len, <=, 700);
	g_assert_cmpuint(least, >=, 2);
	g_assert_cmpuint(most, <=, 3);
	site_clear(&s);
}

/* Few may be in flight: the hosts share that by how long their boards have waited. */
static void
test_few_in_flight(void)
{
	const jp_http_limits l = {.at_once = 1};
	const jp_range range = {JP_MINUTE, JP_MINUTE};
	struct site s;
	guint least = G_MAXUINT, most = 0;

	site_init(&s, JP_DAY, JP_MINUTE);
	s.conf.scrape.in_flight = 1;
	for (guint i = 0; i < 300; i++) {
		g_autofree char *host = g_strdup_printf("h%u.example", i % 100);

		add(&s, host, &l, range);
	}
	go(&s);
	for (guint i = 0; i < s.plan->boards->len; i++) {
		const jp_plan_board *b = g_ptr_array_index(s.plan->boards, i);

		least = MIN(least, b->n_visits);
		most = MAX(most, b->n_visits);
	}
	g_assert_cmpuint(s.all->len, >=, JP_DAY / ANSWER - 300);
	g_assert_cmpuint(most - least, <=, 3);
	site_clear(&s);
}

/* ---- crowds ------------------------------------------------------------------------------- */

static void
test_crowd(void)
{
	const jp_http_limits day = {.min_interval = 2000, .per_hour = 50, .per_day = 500},
			     hour = {.per_hour = 10}, pause = {.min_interval = JP_MINUTE},
			     none = {0};
	const char *limit;
	g_autofree char *text = jp_crowd_sentence("a.example", 900, 1800, &day);

	g_assert_cmpfloat(jp_crowd_gives(&day, &limit), ==, 500);
	g_assert_cmpstr(limit, ==, "http.per_day");
	g_assert_cmpfloat(jp_crowd_gives(&hour, &limit), ==, 240);
	g_assert_cmpstr(limit, ==, "http.per_hour");
	g_assert_cmpfloat(jp_crowd_gives(&pause, &limit), ==, 1440);
	g_assert_cmpstr(limit, ==, "http.min_interval");
	g_assert_cmpfloat(jp_crowd_gives(&none, &limit), <, 0);
	g_assert_cmpfloat(jp_crowd_needs(3, 12 * JP_HOUR), ==, 6);
	g_assert_cmpfloat(jp_crowd_needs(0, JP_DAY), ==, 1);
	g_assert_cmpstr(text, ==,
	    "900 boards of a.example need 1800 requests a day, of which http.per_day gives 500");
	g_assert_null(jp_crowd_sentence("a.example", 900, 500, &day));
	g_assert_null(jp_crowd_sentence("a.example", 900, 1e9, &none));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/plan/heap", test_heap);
	g_test_add_func("/board/plan/free", test_free);
	g_test_add_func("/board/plan/learns", test_learns);
	g_test_add_func("/board/plan/fails", test_fails);
	g_test_add_func("/board/plan/gone", test_gone);
	g_test_add_func("/board/plan/slow", test_slow);
	g_test_add_func("/board/plan/any-site", test_any_site);
	g_test_add_func("/board/plan/same", test_same);
	g_test_add_func("/board/plan/turns", test_turns);
	g_test_add_func("/board/plan/few-in-flight", test_few_in_flight);
	g_test_add_func("/board/plan/crowd", test_crowd);
	return g_test_run();
}
