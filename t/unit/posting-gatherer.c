/*
 * Gathering beside the caller: what comes of it is what one thread makes, also where there is no
 * room for all, and the process may end in the midst of it.
 */
#include "base/base.h"
#include "posting/internal.h"

#include <stdlib.h>

/* Words that no two of `n_kinds` postings in a row share; few kinds are soon all remembered. */
static jp_posting *
make_posting(gint64 id, guint n_words, guint n_kinds)
{
	g_autoptr(GString) text = g_string_new(NULL);
	jp_posting *p = jp_posting_new();

	for (guint i = 0; i < n_words; i++)
		g_string_append_printf(text, "w%uz%u houses%u ", (guint)id % n_kinds, i, i);
	p->id = id;
	p->title = g_strdup_printf("Fitter %u", (guint)id % 7);
	p->company = g_strdup("Lantern Works");
	p->description = g_strdup(text->str);
	p->language = g_strdup(id % 3 ? "en" : "de");
	g_ptr_array_add(p->skills, g_strdup("welding"));
	return p;
}

static GPtrArray *
make_postings(guint n, guint n_words, guint n_kinds)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)jp_posting_free);

	for (guint i = 0; i < n; i++)
		g_ptr_array_add(list, make_posting((gint64)i + 1, n_words, n_kinds));
	return list;
}

/* Notes what is gathered, as it lies there, and lets go of it. */
static void
note(GString *out, jp_lexemes *l)
{
	const jp_gathered *g = jp_lexemes_gathered(l);

	g_string_append_printf(
	    out, "%u postings, %u terms, %u refs\n", g->n_postings, g->n_terms, g->n_refs);
	for (guint i = 0; i < g->n_postings; i++)
		g_string_append_printf(out, "%" G_GINT64_FORMAT " ends %u: %s\n", g->ids[i],
		    g->ends[i], jp_lexemes_gathered_text(l, i));
	for (guint i = 0; i < g->n_terms; i++)
		g_string_append_printf(out, "%u %.*s in %u\n", g->terms[i].code,
		    (int)g->terms[i].len, g->texts + g->terms[i].at, g->terms[i].n);
	jp_lexemes_let_go(l);
}

/* Gathers all with one thread. */
static char *
note_alone(const GPtrArray *postings)
{
	g_autoptr(jp_lexemes) l = jp_lexemes_new();
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < postings->len; i++) {
		if (!jp_lexemes_has_room(l))
			note(out, l);
		jp_lexemes_gather(l, postings->pdata[i]);
	}
	note(out, l);
	return g_string_free(out, FALSE);
}

static void
note_all(GString *out, jp_gatherer *g)
{
	gboolean was_all;

	do {
		was_all = jp_gatherer_wait(g);
		note(out, jp_gatherer_lexemes(g));
	} while (!was_all);
}

static char *
note_beside(jp_gatherer *g, const GPtrArray *postings)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < postings->len; i++)
		if (!jp_gatherer_add(g, postings->pdata[i]))
			note_all(out, g);
	note_all(out, g);
	return g_string_free(out, FALSE);
}

/* The same gatherer again and again, with few postings and with many, which a thread gathers. */
static void
test_same(void)
{
	static const guint numbers[] = {0, 1, 31, 32, 33, 500, 3, 64};

	for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autoptr(GPtrArray) postings = make_postings(numbers[i], 20, 1000);
		g_autoptr(jp_gatherer) g = jp_gatherer_new();
		g_autofree char *alone = note_alone(postings);

		for (guint k = 0; k < 3; k++) {
			g_autofree char *beside = note_beside(g, postings);

			if (k == 0) /* later ones have remembered the words */
				g_assert_cmpstr(beside, ==, alone);
			g_assert_cmpuint(strlen(beside), ==, strlen(alone));
		}
	}
}

/* What is gathered or remembered has an end; the rest is gathered after it was let go. */
static void
test_no_room(void)
{
	static const guint kinds[] = {1, 10000};

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autoptr(GPtrArray) postings = make_postings(700, 500, kinds[i]);
		g_autoptr(jp_gatherer) g = jp_gatherer_new();
		g_autofree char *alone = note_alone(postings), *beside = note_beside(g, postings);

		g_assert_nonnull(strstr(strstr(alone, " terms, ") + 1, " terms, "));
		g_assert_cmpstr(beside, ==, alone);
	}
}

/* Between postings the caller may ask for the lexemes of one, as a change does. */
static void
test_lexemes_between(void)
{
	g_autoptr(GPtrArray) postings = make_postings(300, 20, 10);
	g_autoptr(jp_gatherer) g = jp_gatherer_new();
	g_autoptr(jp_lexemes) other = jp_lexemes_new();

	for (guint i = 0; i < postings->len; i++) {
		const jp_posting *p = postings->pdata[i];

		g_assert_true(jp_gatherer_add(g, p));
		if (i % 40 == 39)
			g_assert_cmpstr(
			    jp_lexemes_of(jp_gatherer_lexemes(g), p), ==, jp_lexemes_of(other, p));
	}
	g_assert_true(jp_gatherer_wait(g));
	g_assert_cmpuint(
	    jp_lexemes_gathered(jp_gatherer_lexemes(g))->n_postings, ==, postings->len);
	for (guint i = 0; i < postings->len; i++)
		g_assert_cmpstr(jp_lexemes_gathered_text(jp_gatherer_lexemes(g), i), ==,
		    jp_lexemes_of(other, postings->pdata[i]));
}

/* A connection is closed after an error, with what it was about to store. */
static void
test_freed_early(void)
{
	g_autoptr(GPtrArray) postings = make_postings(100, 500, 1000);

	for (guint i = 0; i < 10; i++) {
		g_autoptr(jp_gatherer) g = jp_gatherer_new();

		for (guint k = 0; k < postings->len; k++)
			(void)jp_gatherer_add(g, postings->pdata[k]);
	}
	jp_gatherer_free(NULL);
}

/* As when the database is lost: libraries take themselves down while the thread would gather. */
static void
test_end(void)
{
	if (g_test_subprocess()) {
		g_autoptr(GPtrArray) postings = make_postings(200, 500, 1000);
		jp_gatherer *g = jp_gatherer_new();

		jp_gatherer_free(g); /* one that is gone is not looked for */
		g = jp_gatherer_new();
		for (guint i = 0; i < postings->len; i++)
			(void)jp_gatherer_add(g, postings->pdata[i]);
		exit(EXIT_SUCCESS);
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	jp_init("posting-gatherer");
	g_test_add_func("/posting/gatherer/gathers-what-one-thread-does", test_same);
	g_test_add_func("/posting/gatherer/has-an-end-and-goes-on-behind-it", test_no_room);
	g_test_add_func("/posting/gatherer/gives-lexemes-between", test_lexemes_between);
	g_test_add_func("/posting/gatherer/is-freed-in-the-midst", test_freed_early);
	g_test_add_func("/posting/gatherer/the-process-may-end-meanwhile", test_end);
	return g_test_run();
}
