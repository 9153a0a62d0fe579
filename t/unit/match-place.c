/* How places fit, and what a document makes of a company's name. */
#include <string.h>

#include "match/internal.h"

static void
test_fit(void)
{
	static const struct {
		const char *wanted, *stated;
		jp_fit fit;
	} cases[] = {
	    {"Berlin", "Berlin", JP_FIT_CITY},
	    {"Berlin", "BERLIN, Germany", JP_FIT_CITY},
	    {"Berlin, Germany", "Berlin", JP_FIT_CITY},
	    {"München", "Munich, Germany", JP_FIT_CITY},
	    {"Berlin", "Hamburg, Germany", JP_FIT_NONE},
	    {"Berlin", "Germany", JP_FIT_NONE},
	    {"Germany", "Berlin", JP_FIT_COUNTRY},
	    {"Deutschland", "Hamburg, Germany", JP_FIT_COUNTRY},
	    {"Germany", "Paris, France", JP_FIT_NONE},
	    {"Paris", "Paris, TX, USA", JP_FIT_NONE},
	    {"California", "San Francisco, CA, USA", JP_FIT_REGION},
	    {"California", "Austin, TX, USA", JP_FIT_NONE},
	    {"EU", "Vienna, Austria", JP_FIT_COUNTRY},
	    {"Europe", "London, UK", JP_FIT_COUNTRY},
	    {"EU", "London, UK", JP_FIT_NONE},
	    {"DACH", "Zurich, Switzerland", JP_FIT_COUNTRY},
	    {"Nordics", "Nordics", JP_FIT_REGION},
	    {"Little Wallop", "Greater Little Wallop Area", JP_FIT_REGION},
	    {"Little Wallop", "Wallop", JP_FIT_NONE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_place) wanted = jp_place_read(cases[i].wanted);
		g_autoptr(jp_place) stated = jp_place_read(cases[i].stated);
		jp_fit fit = jp_place_fit(wanted, stated);

		if (fit != cases[i].fit)
			g_error("%s in %s: %d", cases[i].stated, cases[i].wanted, fit);
	}
}

/* Whether remote work that states the one place is open to people at the other. */
static void
test_open(void)
{
	static const struct {
		const char *wanted, *stated;
		gboolean is_open;
	} cases[] = {
	    {"Berlin", "Germany", TRUE},
	    {"Berlin", "Hamburg, Germany", TRUE},
	    {"Berlin", "London, UK", FALSE},
	    {"Berlin", "Europe", TRUE},
	    {"Berlin", "Somewhere Nice", TRUE},
	    {"London, UK", "EU", FALSE},
	    {"EU", "Germany", TRUE},
	    {"EU", "USA", FALSE},
	    {"New York, NY, USA", "California, USA", FALSE},
	    {"New York, NY, USA", "San Francisco, CA, USA", TRUE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_place) wanted = jp_place_read(cases[i].wanted);
		g_autoptr(jp_place) stated = jp_place_read(cases[i].stated);

		if (jp_place_is_open(wanted, stated) != cases[i].is_open)
			g_error("%s from %s", cases[i].stated, cases[i].wanted);
	}
}

static void
test_no_place(void)
{
	g_assert_null(jp_place_read(""));
	g_assert_null(jp_place_read("---"));
	g_assert_null(jp_place_read("Remote"));
}

static void
test_employer(void)
{
	static const struct {
		const char *name, *key;
	} cases[] = {
	    {"Foo Bar GmbH", "foo bar"},
	    {"FOO  BAR", "foo bar"},
	    {"Foo Bar GmbH & Co. KG", "foo bar"},
	    {"Foo, Inc.", "foo"},
	    {"Foo S.A.", "foo"},
	    {"Foo B.V.", "foo"},
	    {"Foo Ltd", "foo"},
	    {"Fôo", "foo"},
	    {"AG", "ag"},
	    {"Company Company", "company"},
	    {"Se", "se"},
	    {"7 A", "7 a"},
	    {"", ""},
	    {"!!!", ""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *key = jp_employer_key(cases[i].name);

		g_assert_cmpstr(key, ==, cases[i].key);
	}
}

/* The words of a document: where they are and how often. */
static void
test_doc(void)
{
	g_autoptr(jp_posting) p = jp_posting_new();
	g_autoptr(jp_doc) d = jp_doc_new();

	p->title = g_strdup("Rust Engineer");
	p->description = g_strdup("Rust, rust and engineers");
	p->company = g_strdup("Rust AG");
	for (int again = 0; again < 2; again++) {
		const jp_doc_word *w;

		jp_doc_set(d, p, 0);
		w = &g_array_index(d->words, jp_doc_word, 0);
		g_assert_cmpstr(w->token, ==, "rust");
		g_assert_cmpuint(w->in, ==, JP_IN_TITLE | JP_IN_TEXT | JP_IN_COMPANY);
		g_assert_cmpuint(w->n, ==, 4);
		g_assert_cmpuint(w->n_text, ==, 2);
		g_assert_cmpuint(w->first, ==, 0);
		g_assert_cmpuint(g_array_index(d->next, guint32, 0), ==, d->title_end + 1);
		g_assert_cmpuint(d->words->len, ==, 5);
		g_assert_cmpstr(d->employer, ==, "rust");
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/match/place/fit", test_fit);
	g_test_add_func("/match/place/open", test_open);
	g_test_add_func("/match/place/none", test_no_place);
	g_test_add_func("/match/doc/employer", test_employer);
	g_test_add_func("/match/doc/words", test_doc);
	return g_test_run();
}
