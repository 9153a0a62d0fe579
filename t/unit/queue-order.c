/* Who is next: priorities that age, fair shares of subscribers. */
#include "queue.h"
#include "queue/internal.h"
#include "tmpdb.h"

static jp_db *
begin(tmpdb *t)
{
	g_setenv("JP_CLOCK", "2026-09-21T13:46:40Z", TRUE);
	return tmpdb_open(t);
}

static gint64
add_for(jp_db *db, const char *subscriber, gint64 priority, gint64 now)
{
	return add_task(
	    db, &(jp_task_new){.type = "a", .subscriber = subscriber, .priority = priority}, now);
}

static gint64
run_id(jp_db *db, gint64 now)
{
	g_autoptr(jp_task) task = run_next(db, "a", now);

	return task ? task->id : 0;
}

/* ---- priorities ------------------------------------------------------------------------------ */

static void
test_priority(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	gint64 low = add_for(db, NULL, -1, NOW), first = add_for(db, NULL, 0, NOW);
	gint64 second = add_for(db, NULL, 0, NOW), high = add_for(db, NULL, 5, NOW + 1);

	g_assert_cmpint(run_id(db, NOW + 2), ==, high);
	g_assert_cmpint(run_id(db, NOW + 2), ==, first);
	g_assert_cmpint(run_id(db, NOW + 2), ==, second);
	g_assert_cmpint(run_id(db, NOW + 2), ==, low);
	tmpdb_close(&t);
}

/* A batch comes in order, too. */
static void
test_batch(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	g_autoptr(GPtrArray) tasks = NULL;

	for (int i = 0; i < 20; i++)
		add_for(db, NULL, i * 7 % 20, NOW);
	tasks = claim_some(db, "a", 20, NOW);
	g_assert_cmpuint(tasks->len, ==, 20);
	for (guint i = 0; i < 20; i++)
		g_assert_cmpint(task_at(tasks, i)->priority, ==, 19 - (gint64)i);
	tmpdb_close(&t);
}

/* Urgent tasks without end: the plain one runs once they are no longer more urgent by its age. */
static void
test_aging(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	gint64 plain = add_for(db, NULL, 0, NOW), now = NOW, id;

	add_for(db, NULL, 10, now);
	for (;;) {
		id = run_id(db, now);
		if (id == plain)
			break;
		now += 10 * JP_SECOND;
		add_for(db, NULL, 10, now);
		g_assert_cmpint(now, <, NOW + JP_HOUR);
	}
	g_assert_cmpint(now, >=, NOW + 10 * JP_MINUTE);
	g_assert_cmpint(now, <=, NOW + 10 * JP_MINUTE + 20 * JP_SECOND);
	tmpdb_close(&t);
}

/* Whatever is added when, nobody is overtaken by one that came later than its urgency allows. */
static void
test_order_property(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	GRand *dice = g_rand_new_with_seed(20);
	g_autoptr(GArray) waiting = g_array_new(FALSE, FALSE, sizeof(gint64[2]));
	gint64 now = NOW;

	for (int i = 0; i < 400; i++, now += g_rand_int_range(dice, 0, 40) * JP_SECOND) {
		gint64 pair[2], priority = g_rand_int_range(dice, -5, 6), id, best = G_MAXINT64;
		guint at = 0;

		pair[0] = add_for(db, NULL, priority, now);
		pair[1] = now - priority * JP_MINUTE;
		g_array_append_val(waiting, pair);
		if (g_rand_int_range(dice, 0, 3) == 0)
			continue;
		id = run_id(db, now);
		for (guint k = 0; k < waiting->len; k++) {
			gint64(*w)[2] = &((gint64(*)[2])(void *)waiting->data)[k];

			best = MIN(best, (*w)[1]);
			at = (*w)[0] == id ? k : at;
		}
		g_assert_cmpint(((gint64(*)[2])(void *)waiting->data)[at][0], ==, id);
		g_assert_cmpint(((gint64(*)[2])(void *)waiting->data)[at][1], ==, best);
		g_array_remove_index(waiting, at);
	}
	g_rand_free(dice);
	tmpdb_close(&t);
}

/* ---- fair shares ----------------------------------------------------------------------------- */

static char
run_who(jp_db *db, gint64 now)
{
	g_autoptr(jp_task) task = run_next(db, "a", now);

	return task ? *task->subscriber : '.';
}

static void
add_many(jp_db *db, const char *who, guint n, gint64 now)
{
	while (n-- > 0)
		add_for(db, who, 0, now);
}

static char *
run_row(jp_db *db, guint n, gint64 now)
{
	GString *row = g_string_new(NULL);

	for (guint i = 0; i < n; i++)
		g_string_append_c(row, run_who(db, now + i));
	return g_string_free(row, FALSE);
}

static void
test_shares(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	g_autofree char *first = NULL, *second = NULL, *third = NULL;

	add_many(db, "a", 100, NOW);
	first = run_row(db, 10, NOW + JP_HOUR);
	g_assert_cmpstr(first, ==, "aaaaaaaaaa");
	add_many(db, "b", 3, NOW + JP_HOUR);
	add_many(db, "c", 1, NOW + JP_HOUR);
	second = run_row(db, 9, NOW + JP_HOUR);
	g_assert_cmpstr(second, ==, "abcababaa");
	add_many(db, "b", 2, NOW + 2 * JP_HOUR);
	third = run_row(db, 5, NOW + 2 * JP_HOUR);
	g_assert_cmpstr(third, ==, "ababa");
	tmpdb_close(&t);
}

/* Tasks that were delayed or failed take their turn as well. */
static void
test_delayed_shares(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	g_autofree char *row = NULL;

	for (int i = 0; i < 4; i++)
		add_task(db,
		    &(jp_task_new){.type = "a", .subscriber = "a", .run_at = NOW + JP_MINUTE}, NOW);
	for (int i = 0; i < 2; i++)
		add_task(db,
		    &(jp_task_new){.type = "a", .subscriber = "b", .run_at = NOW + JP_MINUTE + 1},
		    NOW);
	row = run_row(db, 6, NOW + JP_HOUR);
	g_assert_cmpstr(row, ==, "ababaa");
	tmpdb_close(&t);
}

/* While two of them have tasks, neither gets two more than the other. */
static void
test_shares_property(void)
{
	enum { N = 5 };
	static const char *const names[N] = {"a", "b", "c", "d", "e"};
	tmpdb t;
	jp_db *db = begin(&t);
	GRand *dice = g_rand_new_with_seed(21);
	gint64 now = NOW;
	int left[N] = {0}, ahead[N][N] = {{0}};

	for (int i = 0; i < 600; i++, now += g_rand_int_range(dice, 0, 200000)) {
		int who = g_rand_int_range(dice, 0, N);
		char got;

		if (g_rand_int_range(dice, 0, 6) == 0) {
			guint n = (guint)g_rand_int_range(dice, 1, 30);

			add_many(db, names[who], n, now);
			left[who] += (int)n;
		}
		got = run_who(db, now);
		if (got == '.')
			continue;
		who = got - 'a';
		for (int k = 0; k < N; k++) {
			/* counted only while both wait */
			ahead[who][k] = left[k] > 0 ? MAX(ahead[who][k], 0) + 1 : 0;
			ahead[k][who] = left[k] > 0 ? ahead[k][who] - 1 : 0;
			if (k != who)
				g_assert_cmpint(ahead[who][k], <=, 2);
		}
		ahead[who][who] = 0;
		left[who]--;
		for (int k = 0; left[who] == 0 && k < N; k++)
			ahead[who][k] = ahead[k][who] = 0;
	}
	g_rand_free(dice);
	tmpdb_close(&t);
}

/* Those who wait longer than a day are overtaken by no newcomer. */
static void
test_lead(void)
{
	gint64 old = NOW - 3 * JP_DAY;

	g_assert_cmpint(jp_queue_turn(NOW, JP_NO_TIME, JP_NO_TIME), ==, NOW);
	g_assert_cmpint(jp_queue_turn(NOW, NOW - 5, JP_NO_TIME), ==, NOW - 5);
	g_assert_cmpint(jp_queue_turn(NOW, NOW + JP_HOUR, JP_NO_TIME), ==, NOW + JP_HOUR);
	g_assert_cmpint(jp_queue_turn(NOW, old, JP_NO_TIME), ==, NOW - JP_QUEUE_MAX_LEAD);
	g_assert_cmpint(jp_queue_turn(NOW, NOW - 5, NOW), ==, NOW + JP_QUEUE_STEP);
	g_assert_cmpint(jp_queue_turn(NOW, old, old + JP_MINUTE), ==, NOW - JP_QUEUE_MAX_LEAD);
}

int
main(int argc, char **argv)
{
	jp_init("queue-order");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/order/priority", test_priority);
	g_test_add_func("/queue/order/batch", test_batch);
	g_test_add_func("/queue/order/aging", test_aging);
	g_test_add_func("/queue/order/property", test_order_property);
	g_test_add_func("/queue/shares/turns", test_shares);
	g_test_add_func("/queue/shares/delayed", test_delayed_shares);
	g_test_add_func("/queue/shares/property", test_shares_property);
	g_test_add_func("/queue/shares/lead", test_lead);
	return g_test_run();
}
