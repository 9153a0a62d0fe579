/*
 * Reading beside the loop: its order, its bound, and an end of the process in the midst of it.
 */
#include "board/internal.h"

#include <stdlib.h>
#include <string.h>

struct probe {
	jp_reading reading;
	guint number, rounds;
	gsize n_read;
	GArray *done; /* of guint, borrowed */
};

/* What a reading calls on its way, over and over. */
static void
read_probe(jp_reading *r)
{
	struct probe *p = (struct probe *)r;

	for (guint i = 0; i <= p->rounds; i++) {
		g_autofree char *text = jp_html_to_text("<p>one<table><tr>two", -1, 100);

		p->n_read += strlen(text);
	}
}

static void
probe_done(jp_reading *r)
{
	struct probe *p = (struct probe *)r;

	g_assert_cmpuint(p->n_read, >, p->rounds);
	g_array_append_val(p->done, p->number);
	g_free(p);
}

static void
put(jp_reader *r, GArray *done, gsize size, guint rounds)
{
	struct probe *p = g_new0(struct probe, 1);

	p->reading = (jp_reading){.read = read_probe, .done = probe_done, .size = size};
	p->number = done->len + jp_reader_pending(r);
	p->rounds = rounds;
	p->done = done;
	jp_reader_put(r, &p->reading);
}

static void
take_all(jp_reader *r)
{
	while (jp_reader_pending(r) > 0)
		g_assert_true(jp_reader_take(r, TRUE));
	g_assert_false(jp_reader_take(r, TRUE)); /* nothing is waited for */
}

static void
count(gpointer data)
{
	g_atomic_int_inc((gint *)data);
}

static void
test_order(void)
{
	gint n_woken = 0;
	jp_reader *r = jp_reader_new(count, &n_woken);
	g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(guint));

	g_assert_false(jp_reader_take(r, FALSE));
	for (guint i = 0; i < 500; i++) {
		put(r, done, 1, i % 50 == 0 ? 100 : 0);
		if (i % 7 == 0)
			(void)jp_reader_take(r, FALSE); /* some are read, perhaps */
	}
	take_all(r);
	g_assert_cmpuint(done->len, ==, 500);
	for (guint i = 0; i < done->len; i++)
		g_assert_cmpuint(g_array_index(done, guint, i), ==, i);
	g_assert_cmpint(g_atomic_int_get(&n_woken), ==, 500);
}

static void
test_bound(void)
{
	gint n_woken = 0;
	jp_reader *r = jp_reader_new(count, &n_woken);
	g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(guint));

	put(r, done, (gsize)JP_MAX_BODY, 0);
	g_assert_false(jp_reader_is_full(r)); /* the largest one gets through */
	put(r, done, 1, 0);
	g_assert_true(jp_reader_is_full(r));
	take_all(r);
	g_assert_false(jp_reader_is_full(r));
	for (guint i = 0; i < 100; i++)
		put(r, done, JP_KIB, 0);
	g_assert_false(jp_reader_is_full(r));
	take_all(r);
	g_assert_cmpuint(done->len, ==, 102);
}

/* As when the database is lost: libraries take themselves down while the thread would read. */
static void
test_end(void)
{
	gint n_woken = 0;

	if (g_test_subprocess()) {
		jp_reader *r = jp_reader_new(count, &n_woken);
		g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(guint));

		for (guint i = 0; i < 20; i++)
			put(r, done, 1, 1000);
		exit(EXIT_SUCCESS);
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	jp_init("board-reader");
	g_test_add_func("/board/reader/they-are-done-in-the-order-they-were-put-in", test_order);
	g_test_add_func("/board/reader/what-lies-there-is-bounded-but-for-one", test_bound);
	g_test_add_func("/board/reader/the-process-may-end-while-it-reads", test_end);
	return g_test_run();
}
