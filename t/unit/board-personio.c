/* Personio: boards.md, section 9, line by line. */
#include "board.h"

static void
test_fields(void)
{
	static const struct expected e[] = {
	    {"2140001", "title", "\"Rope Maker\""},
	    {"2140001", "company", "\"Uhrwerk GmbH\""},
	    {"2140001", "company_is_guess", "false"},
	    {"2140001", "department", "\"Springs\""},
	    {"2140001", "locations", "\"Bergen\""},
	    /* 2016-05-31T12:14:07+0200 */
	    {"2140001", "posted_at", "\"2026-09-02T10:14:07Z\""},
	    /* not in the feed: the page on the host that answered */
	    {"2140001", "url", "\"https://uhrwerk.jobs.personio.de/job/2140001\""},
	    /* a nested name stands in every section: <h3>name</h3>value in order */
	    {"2140001", "description",
		"\"Your work\\n\\nWinds & oils.\\n\\n- Springs\\n\\nYour profile & "
		"tools\\n\\nSteady "
		"hands\""},
	    /* intern and trainee win, else the schedule */
	    {"2140001", "employment_type", "\"full_time\""},
	    {"2140002", "employment_type", "\"internship\""},
	    {"2140003", "employment_type", "\"internship\""},
	    {"2140004", "employment_type", "\"contract\""},
	    {"2140005", "employment_type", "\"part_time\""},
	    {"2140001", "level", "\"mid\""},
	    {"2140002", "level", "\"intern\""},
	    {"2140003", "level", "\"entry\""},
	    {"2140004", "level", "\"executive\""},
	    {"2140005", "level", "\"senior\""},
	    /* free text such as "Acme-UK"; a work model is no place */
	    {"2140002", "locations", "\"Ghent|Oslo|Acme-UK\""},
	    {"2140004", "locations", "\"\""},
	    {"2140004", "remote", "\"remote\""},
	    {"2140003", "company", "\"uhrwerk\""},
	    {"2140003", "company_is_guess", "true"},
	};
	g_autoptr(jp_listing) l = read_fixture("personio", "uhrwerk", "small.xml");

	g_assert_cmpuint(l->postings->len, ==, 5);
	g_assert_true(l->complete);
	CHECK(l, e);
}

static void
test_sizes(void)
{
	check_size("personio", "large.xml", 150);
	check_size("personio", "empty.xml", 0);
}

/* "The parser must refuse it": what is missing cannot be told. */
static void
test_faulty(void)
{
	static const char *const files[][2] = {{"cut.xml", "XML line"},
	    {"dtd.xml", "document type"}, {"unknown.html", "HTML where XML"}};
	static const char *const bodies[][2] = {{"<a/>", "not of workzag-jobs"},
	    {"{\"jobs\":[]}", "XML"}, {"<workzag-jobs>", "XML line"}, {"workzag-jobs", "XML"}};

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *message = refused_fixture("personio", files[i][0]);

		assert_has(message, files[i][1]);
	}
	for (guint i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autofree char *message = refused("personio", bodies[i][0], strlen(bodies[i][0]));

		assert_has(message, bodies[i][1]);
	}
	g_free(refused("personio", "", 0));
}

static void
test_bad_items(void)
{
	g_autoptr(jp_listing) l = read_body("personio", "uhrwerk", NULL,
	    "<workzag-jobs><position/><position><id>1</id></position><other><id>9</id></other>"
	    "<position><jobDescriptions><jobDescription><name>No title</name></jobDescription>"
	    "</jobDescriptions><id>2</id></position>"
	    "<position><id>3</id><name>Cook</name></position></workzag-jobs>");

	g_assert_cmpuint(l->postings->len, ==, 1);
	g_assert_cmpuint(l->n_bad, ==, 3);
	g_assert_cmpstr(find(l, "3")->title, ==, "Cook");
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"personio:uhrwerk", "personio:uhrwerk"},
	    {"https://uhrwerk.jobs.personio.de/", "personio:uhrwerk"},
	    {"https://uhrwerk.jobs.personio.com/job/17?language=en", "personio:uhrwerk"},
	    {"https://www.personio.de/", NULL},
	    {"https://uhrwerk.personio.de/", NULL},
	    {"personio:uhrwerk.example", NULL},
	    {"personio:Uhrwerk?language=de", "personio:uhrwerk?language=de"},
	    {"personio:uhrwerk?language=en", "personio:uhrwerk"},
	    {"personio:uhrwerk?language=DE", NULL},
	    {"personio:uhrwerk?language=fi", NULL},
	    {"personio:uhrwerk?language=", NULL},
	    {"personio:?language=de", NULL},
	    {"personio:uhrwerk?lang=de", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

/* Without the language the feed is German; a 404 on one domain asks the other, once. */
static void
test_regions(void)
{
	const jp_adapter *a = &jp_adapter_personio;
	g_autofree char *de = request_url(a, "uhrwerk", NULL, NULL);
	g_autofree char *com = request_url(a, "uhrwerk", "com", NULL);
	g_autofree char *german = request_url(a, "uhrwerk?language=de", "com", NULL);
	g_autofree char *mirror =
	    request_url(a, "uhrwerk?language=nl", NULL, "http://127.0.0.1:80/");

	g_assert_cmpstr(de, ==, "https://uhrwerk.jobs.personio.de/xml?language=en");
	g_assert_cmpstr(com, ==, "https://uhrwerk.jobs.personio.com/xml?language=en");
	g_assert_cmpstr(german, ==, "https://uhrwerk.jobs.personio.com/xml?language=de");
	g_assert_cmpstr(mirror, ==, "http://127.0.0.1:80/uhrwerk/xml?language=nl");
	g_assert_cmpstr(a->next_region(NULL), ==, "com");
	g_assert_cmpstr(a->next_region("com"), ==, "");
	/* tenants share infrastructure */
	g_assert_cmpstr(a->manners.pace, ==, "jobs.personio.de");
}

/* What is not translated may be missing from the feed in English (?): a feed of another language
 * has ids of the same kind, and what only one of them lists is a posting of its own.  The token
 * says which feed is read. */
static void
test_untranslated(void)
{
	static const char english[] =
	    "<workzag-jobs><position><id>1</id><name>Cook</name></position>"
	    "</workzag-jobs>",
			  german[] =
			      "<workzag-jobs><position><id>1</id><name>Koch</name></position>"
			      "<position><id>2</id><name>B\303\244cker</name></position>"
			      "</workzag-jobs>";
	g_autoptr(jp_listing) en = read_body("personio", "uhrwerk", NULL, english);
	g_autoptr(jp_listing) de = read_body("personio", "uhrwerk?language=de", NULL, german);

	/* the listing states no total, so that it is complete as it is: what it never had is not
	 * missed, and nothing closes for it */
	g_assert_true(en->complete && de->complete);
	g_assert_cmpint(en->total, ==, -1);
	g_assert_null(find(en, "2"));
	g_assert_cmpstr(find(de, "1")->url, ==, find(en, "1")->url);
	g_assert_nonnull(find(de, "2"));
	g_assert_cmpstr(find(de, "2")->company, ==, "uhrwerk");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/personio/fields", test_fields);
	g_test_add_func("/board/personio/sizes", test_sizes);
	g_test_add_func("/board/personio/R4-faulty", test_faulty);
	g_test_add_func("/board/personio/bad-items", test_bad_items);
	g_test_add_func("/board/personio/names", test_names);
	g_test_add_func("/board/personio/untranslated", test_untranslated);
	g_test_add_func("/board/personio/regions", test_regions);
	return g_test_run();
}
