/* Greenhouse: boards.md, section 3, line by line. */
#include "board.h"

static void
test_fields(void)
{
	static const struct expected e[] = {
	    {"101", "title", "\"Firmware Engineer\""},
	    {"101", "company", "\"Larkspur Robotics\""},
	    {"101", "company_is_guess", "false"},
	    {"101", "url", "\"https://boards.greenhouse.io/larkspur/jobs/101\""},
	    {"101", "apply_url", "\"https://boards.greenhouse.io/larkspur/jobs/101\""},
	    {"101", "department", "\"Engineering\""},
	    {"101", "posted_at", "\"2026-09-14T12:30:00Z\""},
	    {"101", "updated_at", "\"2026-09-20T14:00:00Z\""},
	    {"101", "valid_through", "null"},
	    {"101", "locations", "\"Lisbon, Portugal\""},
	    {"101", "country.0", "\"PT\""},
	    /* content: one decode of entities, then HTML whose text has entities of its own (D) */
	    {"101", "description", "~C & Rust on small boards, R&D <in house>."},
	    {"101", "description", "~- Read schematics\\n- Write drivers"},
	    /* location.name may hold only a work model, the city being in offices (O) */
	    {"102", "remote", "\"hybrid\""},
	    {"102", "locations", "\"Porto, Portugal\""},
	    {"103", "remote", "\"onsite\""},
	    {"103", "locations", "\"Germany\""},
	    /* an office that is the same place tells its country, another is a further place */
	    {"109", "locations", "\"Lisbon|Setúbal, Portugal\""},
	    {"109", "country.0", "\"PT\""},
	    /* R7: one job in several places */
	    {"105", "requisition", "\"9101\""},
	    {"106", "requisition", "\"9101\""},
	    /* metadata, which is custom to each board */
	    {"107", "employment_type", "\"part_time\""},
	    {"107", "remote", "\"remote\""},
	    {"107", "salary_min_micros", "42000000000"},
	    {"107", "salary_max_micros", "51000000000"},
	    {"107", "salary_currency", "\"EUR\""},
	    /* absolute_url may be the employer's own (D), language is per post */
	    {"108", "url", "\"https://larkspur.example/careers?gh_jid=108\""},
	    {"108", "language", "\"fr\""},
	    {"108", "valid_through", "\"2026-11-30T00:00:00Z\""},
	    {"108", "department", "\"Process, Engineering\""},
	    /* hundredths; of several ranges the widest, the rest in the text */
	    {"110", "salary_min_micros", "52000000000"},
	    {"110", "salary_max_micros", "78000000000"},
	    {"110", "description", "~Annual salary, Lisbon: 50000 - 60000 EUR"},
	};
	g_autoptr(jp_listing) l = read_fixture("greenhouse", "larkspur", "small.json");

	CHECK(l, e);
}

/* internal_job_id null = a prospect post, not an opening; meta.total counts it. */
static void
test_prospects_skipped(void)
{
	g_autoptr(jp_listing) l = read_fixture("greenhouse", "larkspur", "small.json");

	g_assert_null(find(l, "104"));
	g_assert_cmpuint(l->postings->len, ==, 9);
	g_assert_cmpuint(l->n_bad, ==, 0);
	g_assert_true(l->complete);
	g_assert_cmpint(l->total, ==, 10);
}

/* "value may be string, list, object, boolean or null". */
static void
test_metadata_shapes(void)
{
	static const struct {
		const char *metadata, *remote, *employment;
	} cases[] = {
	    {"null", "null", "null"},
	    {"[]", "null", "null"},
	    {"[null,3,\"x\",{}]", "null", "null"},
	    {"[{\"name\":\"Remote?\",\"value\":true}]", "\"remote\"", "null"},
	    {"[{\"name\":\"Remote?\",\"value\":false}]", "null", "null"},
	    {"[{\"name\":\"Workplace Type\",\"value\":[\"Hybrid\",4]}]", "\"hybrid\"", "null"},
	    {"[{\"name\":\"Employment Type\",\"value\":[\"Internship\"]}]", "null",
		"\"internship\""},
	    {"[{\"name\":\"Employment Type\",\"value\":{\"a\":1}}]", "null", "null"},
	    {"[{\"name\":\"Employment Type\",\"value\":null}]", "null", "null"},
	    {"[{\"name\":null,\"value\":\"Hybrid\"}]", "null", "null"},
	    {"{\"name\":\"Remote\"}", "null", "null"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *body =
		    g_strdup_printf("{\"jobs\":[{\"id\":1,\"title\":\"Smith\",\"metadata\":%s}]}",
			cases[i].metadata);
		g_autoptr(jp_listing) l = read_body("greenhouse", "acme", "Acme", body);
		const struct expected e[] = {{"1", "remote", cases[i].remote},
		    {"1", "employment_type", cases[i].employment}};

		CHECK(l, e);
	}
}

/* "updated_at moves on bulk edits: never use it as posted_at"; a bare job still has a page. */
static void
test_bare_job(void)
{
	static const struct expected e[] = {
	    {"1", "posted_at", "null"},
	    {"1", "updated_at", "\"2026-09-20T10:00:00Z\""},
	    {"1", "url", "\"https://boards.greenhouse.io/acme/jobs/1\""},
	    {"1", "company", "\"acme\""},
	    {"1", "company_is_guess", "true"},
	    {"1", "remote", "null"},
	    {"1", "description", "\"\""},
	};
	g_autoptr(jp_listing) l = read_body("greenhouse", "acme", NULL,
	    "{\"jobs\":[{\"id\":1,\"title\":\"Smith\",\"updated_at\":\"2026-09-20T10:00:00Z\"}]}");

	CHECK(l, e);
}

static void
test_total_disagrees(void)
{
	g_autoptr(jp_listing) l = read_fixture("greenhouse", "larkspur", "short.json");

	g_assert_cmpuint(l->postings->len, ==, 2);
	g_assert_false(l->complete);
	g_assert_cmpstr(l->incomplete_why, ==, "2 jobs came, meta.total says 40");
}

static void
test_sizes(void)
{
	g_autofree char *unknown = refused_fixture("greenhouse", "unknown.json");

	check_size("greenhouse", "large.json", 150);
	check_size("greenhouse", "empty.json", 0);
	check_size("greenhouse", "no-content.json", 2);
	g_assert_cmpstr(unknown, ==, "no list of jobs in the answer");
}

static void
test_bad_items(void)
{
	g_autoptr(jp_listing) l = read_body("greenhouse", "acme", "Acme",
	    "{\"jobs\":[7,{\"id\":2},{\"title\":\"No id\"},{\"id\":4,\"title\":\"Good\"},"
	    "{\"id\":4,\"title\":\"Good again\"}],\"meta\":{\"total\":5}}");

	g_assert_cmpuint(l->postings->len, ==, 1);
	g_assert_cmpuint(l->n_bad, ==, 3);
	g_assert_cmpstr(g_ptr_array_index(l->problems, 0), ==, "jobs[0]: not an object");
	assert_has((char *)g_ptr_array_index(l->problems, 1), "jobs[1]: ");
	assert_has((char *)g_ptr_array_index(l->problems, 2), "jobs[2]: ");
	g_assert_cmpstr(find(l, "4")->title, ==, "Good");
}

static void
test_hostile_texts(void)
{
	g_autofree char *title = g_strnfill(5 * JP_MIB, 'A');
	g_autofree char *body = g_strdup_printf(
	    "{\"jobs\":[{\"id\":1,\"title\":\"%s\",\"company_name\":\"Evil\\r\\nBcc: "
	    "x@example.org\"},"
	    "{\"id\":2,\"title\":\"Bell\\u0007 \\u001b[31mred \xff\xfe end\"},"
	    "{\"id\":3,\"title\":\"Link\",\"absolute_url\":\"javascript:alert(1)\"}]}",
	    title);
	g_autoptr(jp_listing) l = read_body("greenhouse", "acme", NULL, body);

	g_assert_cmpuint(strlen(find(l, "1")->title), <=, JP_MAX_TITLE);
	g_assert_null(strpbrk(find(l, "1")->company, "\r\n"));
	g_assert_true(g_utf8_validate(find(l, "2")->title, -1, NULL));
	g_assert_null(strpbrk(find(l, "2")->title, "\a\033"));
	g_assert_cmpstr(find(l, "3")->url, ==, "https://boards.greenhouse.io/acme/jobs/3");
}

static void
test_broken_bodies(void)
{
	check_json_bodies("greenhouse");
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"greenhouse:larkspur", "greenhouse:larkspur"},
	    {"https://boards.greenhouse.io/larkspur", "greenhouse:larkspur"},
	    {"https://boards.greenhouse.io/larkspur/jobs/101?x=y", "greenhouse:larkspur"},
	    {"https://boards.eu.greenhouse.io/larkspur", "greenhouse:larkspur"},
	    {"https://job-boards.greenhouse.io/larkspur/", "greenhouse:larkspur"},
	    {"https://job-boards.eu.greenhouse.io/larkspur#top", "greenhouse:larkspur"},
	    {"https://BOARDS.greenhouse.io/embed/job_board?for=larkspur&b=x",
		"greenhouse:larkspur"},
	    {"https://boards-api.greenhouse.io/v1/boards/larkspur/jobs", "greenhouse:larkspur"},
	    {"https://boards.greenhouse.io/", NULL},
	    {"https://boards.greenhouse.io/embed/job_board", NULL},
	    {"https://larkspur.example/careers?gh_jid=108", NULL},
	    {"greenhouse:", NULL},
	    {"greenhouse:a b", NULL},
	    {"greenhouse:../x", NULL},
	    {"greenhouse:a/b", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

static void
test_request(void)
{
	const jp_adapter *a = &jp_adapter_greenhouse;
	g_autofree char *own = request_url(a, "larkspur", NULL, NULL);
	g_autofree char *mirror = request_url(a, "larkspur", NULL, "http://127.0.0.1:8080/gh/");

	g_assert_cmpstr(
	    own, ==, "https://boards-api.greenhouse.io/v1/boards/larkspur/jobs?content=true");
	g_assert_cmpstr(
	    mirror, ==, "http://127.0.0.1:8080/gh/v1/boards/larkspur/jobs?content=true");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/greenhouse/fields", test_fields);
	g_test_add_func("/board/greenhouse/prospects-skipped", test_prospects_skipped);
	g_test_add_func("/board/greenhouse/metadata-shapes", test_metadata_shapes);
	g_test_add_func("/board/greenhouse/R5-updated-is-not-posted", test_bare_job);
	g_test_add_func("/board/greenhouse/R1-total-disagrees", test_total_disagrees);
	g_test_add_func("/board/greenhouse/sizes", test_sizes);
	g_test_add_func("/board/greenhouse/bad-items", test_bad_items);
	g_test_add_func("/board/greenhouse/hostile-texts", test_hostile_texts);
	g_test_add_func("/board/greenhouse/R4-broken-bodies", test_broken_bodies);
	g_test_add_func("/board/greenhouse/names", test_names);
	g_test_add_func("/board/greenhouse/request", test_request);
	return g_test_run();
}
