/*
 * Budgets of requests: whatever is asked when, no hour and no day ever holds more starts than the
 * limits say, and what is refused could not be had much earlier.
 */
#include "board/internal.h"

#define NOW G_GINT64_CONSTANT(1790000000000)

static guint
rounds(void)
{
	return g_getenv("JP_SOAK") ? 2000 : 40;
}

static void
test_empty(void)
{
	const jp_http_limits none = {0}, some = {.per_hour = 50, .per_day = 500};
	gint64 until;

	g_assert_cmpint(jp_budget_room(NULL, 0, NOW, &none, &until), ==, G_MAXINT64);
	g_assert_cmpint(jp_budget_room(NULL, 0, NOW, &some, &until), ==, 50);
	g_assert_cmpint(until, ==, NOW);
}

static void
test_full(void)
{
	const gint64 at = jp_budget_bucket(NOW);
	const jp_budget_use uses[] = {{at - JP_HOUR / 2, 30}, {at, 20}};
	const jp_http_limits hour = {.per_hour = 50}, day = {.per_day = 50};
	gint64 until;

	g_assert_cmpint(jp_budget_room(uses, 1, NOW, &hour, &until), ==, 20);
	g_assert_cmpint(jp_budget_room(uses, 2, NOW, &hour, &until), ==, 0);
	g_assert_cmpint(until, ==, at - JP_HOUR / 2 + JP_BUDGET_BUCKET + JP_BUDGET_LATE + JP_HOUR);
	g_assert_cmpint(jp_budget_room(uses, 2, until, &hour, &until), ==, 30);
	g_assert_cmpint(jp_budget_room(uses, 2, NOW, &day, &until), ==, 0);
	g_assert_cmpint(until, >=, NOW + 23 * JP_HOUR);
}

/* ---- any history ------------------------------------------------------------------------- */

/* Starts in (at - window, at]. */
static guint
starts_in(const GArray *starts, gint64 at, gint64 window)
{
	guint n = 0;

	for (guint i = starts->len; i-- > 0;) {
		gint64 s = g_array_index(starts, gint64, i);

		if (s <= at - window)
			break;
		n += s <= at;
	}
	return n;
}

static void
count(GArray *uses, gint64 at)
{
	jp_budget_use *last =
	    uses->len > 0 ? &g_array_index(uses, jp_budget_use, uses->len - 1) : NULL;
	jp_budget_use u = {jp_budget_bucket(at), 1};

	if (last && last->at == u.at)
		last->n++;
	else
		g_array_append_val(uses, u);
}

static void
check_history(GRand *rand)
{
	const jp_http_limits l = {.per_hour = (guint)g_rand_int_range(rand, 1, 60),
	    .per_day = (guint)g_rand_int_range(rand, 1, 300)};
	g_autoptr(GArray) starts = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GArray) uses = g_array_new(FALSE, FALSE, sizeof(jp_budget_use));
	gint64 at = NOW + g_rand_int_range(rand, 0, (gint32)JP_HOUR), late = at;

	for (guint i = 0; i < 1000; i++) {
		gint64 until,
		    room = jp_budget_room(
			(const jp_budget_use *)(gpointer)uses->data, uses->len, at, &l, &until);

		if (room == 0) {
			g_assert_cmpint(until, >, at);
			g_assert_cmpint(until, <=, at + JP_DAY + JP_BUDGET_BUCKET + JP_BUDGET_LATE);
			at = until;
			continue;
		}
		/* it starts up to a minute after it was counted for, in the order it was */
		late = MAX(late, at + g_rand_int_range(rand, 0, (gint32)JP_BUDGET_LATE));
		late = MIN(late, at + JP_BUDGET_LATE);
		g_array_append_val(starts, late);
		count(uses, at);
		g_assert_cmpuint(starts_in(starts, late, JP_HOUR), <=, l.per_hour);
		g_assert_cmpuint(starts_in(starts, late, JP_DAY), <=, l.per_day);
		at += g_rand_int_range(rand, 0, 2) ? g_rand_int_range(rand, 0, 5000)
						   : g_rand_int_range(rand, 0, 400000);
	}
}

static void
test_any_history(void)
{
	for (guint seed = 1; seed <= rounds(); seed++) {
		g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

		check_history(rand);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/budget/empty", test_empty);
	g_test_add_func("/board/budget/full", test_full);
	g_test_add_func("/board/budget/any-history", test_any_history);
	return g_test_run();
}
