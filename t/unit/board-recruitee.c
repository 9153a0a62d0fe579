/* Recruitee: boards.md, section 8, line by line. */
#include "board.h"

static void
test_fields(void)
{
	static const struct expected e[] = {
	    {"2700001", "title", "\"Rope Maker\""},
	    {"2700001", "company", "\"Nordlys Foods\""},
	    {"2700001", "department", "\"Kitchen\""},
	    {"2700001", "locations", "\"Bergen, Vestland, NO\""},
	    {"2700001", "url", "\"https://nordlys.recruitee.com/o/offer-1\""},
	    {"2700001", "apply_url", "\"https://nordlys.recruitee.com/o/offer-1/c/new\""},
	    /* "2026-10-01 13:40:19 UTC" */
	    {"2700001", "posted_at", "\"2026-09-02T13:40:19Z\""},
	    {"2700001", "updated_at", "\"2026-09-20T06:00:00Z\""},
	    {"2700001", "valid_through", "\"2026-12-01T00:00:00Z\""},
	    {"2700004", "posted_at", "\"2026-08-01T08:00:00Z\""},
	    /* one flag is that, remote with another is hybrid, none says nothing */
	    {"2700001", "remote", "\"remote\""},
	    {"2700002", "remote", "\"hybrid\""},
	    {"2700003", "remote", "\"hybrid\""},
	    {"2700004", "remote", "null"},
	    {"2700005", "remote", "\"onsite\""},
	    {"2700001", "employment_type", "\"part_time\""},
	    {"2700002", "employment_type", "\"contract\""},
	    {"2700003", "employment_type", "\"internship\""},
	    {"2700004", "employment_type", "\"full_time\""},
	    {"2700001", "level", "\"entry\""},
	    {"2700002", "level", "\"intern\""},
	    {"2700003", "level", "\"senior\""},
	    {"2700004", "level", "\"manager\""},
	    {"2700005", "level", "\"mid\""},
	    /* salary: strings, 0, one end only */
	    {"2700001", "salary_min_micros", "2800000000"},
	    {"2700001", "salary_max_micros", "3400500000"},
	    {"2700001", "salary_period", "\"month\""},
	    {"2700003", "salary_max_micros", "null"},
	    {"2700005", "salary_min_micros", "30000000"},
	    {"2700005", "salary_currency", "\"NOK\""},
	    /* description and requirements, joined */
	    {"2700001", "description", "\"Cooks, run 1.\\n\\n- Knife\""},
	    /* without places the single fields count */
	    {"2700004", "locations", "\"Leeds, England, GB\""},
	    /* often the employer's own domain */
	    {"2700004", "url", "\"https://jobs.nordlys.example/o/offer-4\""},
	    /* the text may stand in the translations only */
	    {"2700005", "title", "\"Kokk\""},
	    {"2700005", "description", "\"Lager suppe.\\n\\nØse\""},
	    {"2700005", "url", "\"https://nordlys.recruitee.com/o/offer-5\""},
	    {"2700005", "locations", "\"Bergen, Vestland, NO|Oslo, NO\""},
	};
	g_autoptr(jp_listing) l = read_fixture("recruitee", "nordlys", "small.json");

	g_assert_cmpuint(l->postings->len, ==, 5);
	g_assert_true(l->complete);
	CHECK(l, e);
}

static void
test_sizes(void)
{
	check_size("recruitee", "large.json", 150);
	check_size("recruitee", "empty.json", 0);
	g_free(refused_fixture("recruitee", "unknown.html"));
}

static void
test_bad_items(void)
{
	g_autoptr(jp_listing) l = read_body("recruitee", "nordlys", NULL,
	    "{\"offers\":[[],{\"id\":1},{\"title\":\"No id\"},{\"id\":2,\"title\":\"Cook\","
	    "\"slug\":\"../../evil\",\"salary\":[],\"translations\":7},"
	    "{\"id\":3,\"title\":\"Chef\",\"slug\":\"chef\"}]}");

	g_assert_cmpuint(l->postings->len, ==, 1);
	g_assert_cmpuint(l->n_bad, ==, 4);
	g_assert_cmpstr(find(l, "3")->url, ==, "https://nordlys.recruitee.com/o/chef");
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"recruitee:nordlys", "recruitee:nordlys"},
	    {"recruitee:Nordlys", "recruitee:nordlys"},
	    {"recruitee:jobs.nordlys.example", "recruitee:jobs.nordlys.example"},
	    {"https://nordlys.recruitee.com/o/cook", "recruitee:nordlys"},
	    {"https://nordlys.recruitee.com", "recruitee:nordlys"},
	    {"https://www.recruitee.com/", NULL},
	    {"https://a.b.recruitee.com/", NULL},
	    {"recruitee:10.0.0.1", NULL},
	    {"recruitee:nordlys/..", NULL},
	    {"recruitee:-nordlys", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

/* "works on the custom domain too" */
static void
test_request(void)
{
	const jp_adapter *a = &jp_adapter_recruitee;
	g_autofree char *url = request_url(a, "nordlys", NULL, NULL);
	g_autofree char *own = request_url(a, "jobs.nordlys.example", NULL, NULL);
	g_autofree char *mirror = request_url(a, "nordlys", NULL, "http://127.0.0.1:8/");

	g_assert_cmpstr(url, ==, "https://nordlys.recruitee.com/api/offers/");
	g_assert_cmpstr(own, ==, "https://jobs.nordlys.example/api/offers/");
	g_assert_cmpstr(mirror, ==, "http://127.0.0.1:8/nordlys/api/offers/");
}

static void
test_broken_bodies(void)
{
	check_json_bodies("recruitee");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/recruitee/fields", test_fields);
	g_test_add_func("/board/recruitee/sizes", test_sizes);
	g_test_add_func("/board/recruitee/bad-items", test_bad_items);
	g_test_add_func("/board/recruitee/names", test_names);
	g_test_add_func("/board/recruitee/request", test_request);
	g_test_add_func("/board/recruitee/R4-broken-bodies", test_broken_bodies);
	return g_test_run();
}
