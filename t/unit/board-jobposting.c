/* schema.org JobPosting on pages: boards.md, section 16, line by line. */
#include "board/internal.h"

#include "board.h"
#include "recorded.h"

#define PAGE "https://quellbach.example/jobs/"
#define NOW  G_GINT64_CONSTANT(1790812800000) /* 2026-10-01 */

static jp_listing *
read_page(const char *page)
{
	g_autoptr(GError) error = NULL;
	jp_listing *l = jp_listing_new();

	jp_board_parse(l, "jobposting", PAGE, NULL, page, strlen(page), NOW, &error);
	g_assert_no_error(error);
	return l;
}

static jp_listing *
read_file(const char *file)
{
	gsize len;
	g_autofree char *body = fixture("jobposting", file, &len);

	return read_page(body);
}

/* One posting whose properties are given, beside those that every posting needs. */
static jp_listing *
read_properties(const char *properties)
{
	g_autofree char *page = g_strdup_printf("<script type=application/ld+json>"
						"{\"@type\":\"JobPosting\",\"identifier\":\"a\","
						"\"title\":\"Cook\",%s}</script>",
	    properties);

	return read_page(page);
}

/* ---- finding -------------------------------------------------------------------------------- */

static void
test_fields(void)
{
	static const struct expected e[] = {
	    {"4711", "title", "\"Pump Engineer & Planner\""},
	    {"4711", "company", "\"Quellbach Wasser AG\""},
	    {"4711", "locations", "\"Graz, Steiermark, AT|Linz, AT\""},
	    {"4711", "employment_type", "\"full_time\""},
	    {"4711", "salary_min_micros", "48000000000"},
	    {"4711", "salary_max_micros", "61000000000"},
	    {"4711", "salary_currency", "\"EUR\""},
	    {"4711", "salary_period", "\"year\""},
	    {"4711", "url", "\"https://quellbach.example/jobs/4711\""},
	    {"4711", "posted_at", "\"2026-09-10T00:00:00Z\""},
	    {"4711", "posted_date_only", "true"},
	    {"4711", "valid_through", "\"2026-12-31T23:59:59.999Z\""},
	    /* "HTML, sometimes escaped once more" */
	    {"4711", "description",
		"\"You plan & build pumps.\\n\\n- Drawings\\n\\nResponsibilities\\n\\n"
		"- Keep the water flowing\""},
	    /* strings for objects, a bare number, comma-joined types, a relative address */
	    {"q-2", "company", "\"Quellbach Netze\""},
	    {"q-2", "locations", "\"Bern, Switzerland\""},
	    {"q-2", "employment_type", "\"part_time\""},
	    {"q-2", "salary_min_micros", "31500000"},
	    {"q-2", "salary_currency", "\"CHF\""},
	    {"q-2", "url", "\"https://quellbach.example/jobs/q-2\""},
	    {"q-2", "posted_at", "\"2026-09-11T06:00:00Z\""},
	    {"q-2", "description", "\"You answer the phone at night.\\nAnd you write it down.\""},
	    /* @graph, references, the vocabulary's address in the type */
	    {"q-3", "company", "\"Quellbach Digital GmbH\""},
	    {"q-3", "locations", "\"Basel, CH|Switzerland|DE\""},
	    {"q-3", "country.2", "\"DE\""},
	    {"q-3", "remote", "\"remote\""},
	    {"q-3", "employment_type", "\"contract\""},
	    {"q-3", "salary_max_micros", "900000000"},
	    {"q-3", "salary_period", "\"day\""},
	    {"q-3", "url", "\"https://quellbach.example/jobs/q-3\""},
	    /* a list of items; quotes that nobody escaped; pay in words */
	    {"q-4", "employment_type", "\"internship\""},
	    {"q-4", "description", "\"Learn how a \\\"weir\\\" works, and more.\""},
	    {"q-4", "salary_min_micros", "2400000000"},
	    {"q-4", "salary_max_micros", "2800000000"},
	    {"q-4", "salary_period", "\"month\""},
	};
	g_autoptr(jp_listing) l = read_file("small.html");

	CHECK(l, e);
	g_assert_cmpuint(l->postings->len, ==, 4); /* not those in comments and scripts */
	g_assert_true(l->complete);
}

/* "a past date = closed" */
static void
test_past_is_closed(void)
{
	g_autoptr(jp_listing) l = read_file("small.html");
	g_autoptr(jp_listing) last_day =
	    read_properties("\"url\":\"/a\",\"validThrough\":\"2026-10-01\"");
	g_autoptr(jp_listing) day_after =
	    read_properties("\"url\":\"/a\",\"validThrough\":\"2026-09-30\"");

	g_assert_null(find(l, "q-5"));
	g_assert_cmpuint(last_day->postings->len, ==, 1);
	g_assert_cmpuint(day_after->postings->len, ==, 0);
	g_assert_true(day_after->complete);
}

/* "a broken block must not hide the next one" */
static void
test_broken_block(void)
{
	g_autoptr(jp_listing) l = read_file("broken.html");

	g_assert_nonnull(find(l, "w"));
	g_assert_cmpuint(l->n_bad, ==, 1);
	g_assert_false(l->complete);
	assert_has(l->incomplete_why, "could not be read");
}

static void
test_microdata(void)
{
	static const struct expected e[] = {
	    {"HB-12", "title", "\"Brew Master\""},
	    {"HB-12", "company", "\"Hopfen & Malz KG\""},
	    {"HB-12", "locations", "\"Bamberg, Bayern, DE|Passau, Germany\""},
	    {"HB-12", "employment_type", "\"full_time\""},
	    {"HB-12", "salary_min_micros", "4200000000"},
	    {"HB-12", "salary_max_micros", "5100000000"},
	    {"HB-12", "salary_period", "\"month\""},
	    {"HB-12", "url", "\"https://hopfen.example/jobs/brew-master\""},
	    {"HB-12", "posted_at", "\"2026-08-30T07:00:00Z\""},
	    {"HB-12", "valid_through", "\"2026-12-01T00:00:00Z\""},
	    {"HB-12", "description",
		"\"You brew.\\n\\n- Copper\\n- Yeast\\n\\nBenefits\\n\\nFree beer, in measure.\""},
	};
	g_autoptr(jp_listing) l = read_file("microdata.html");

	CHECK(l, e);
	g_assert_cmpuint(l->postings->len, ==, 1);
}

/* JSON-LD is asked first; microdata says the same again. */
static void
test_json_before_microdata(void)
{
	g_autoptr(jp_listing) l =
	    read_page("<div itemscope itemtype=\"http://schema.org/JobPosting\"><b "
		      "itemprop=title>Twice</b></div><script type='application/ld+json'>"
		      "{\"@type\":\"JobPosting\",\"title\":\"Once\"}</script>");

	g_assert_cmpuint(l->postings->len, ==, 1);
	g_assert_cmpstr(((jp_posting *)g_ptr_array_index(l->postings, 0))->title, ==, "Once");
}

/* ---- properties ----------------------------------------------------------------------------- */

/* "identifier.value else the canonical URL -> external_id" */
static void
test_ids(void)
{
	static const struct {
		const char *properties, *id;
	} table[] = {
	    {"\"identifier\":{\"@type\":\"PropertyValue\",\"value\":\"R-1\"}", "R-1"},
	    {"\"identifier\":{\"@type\":\"PropertyValue\",\"value\":17}", "17"},
	    {"\"identifier\":99", "99"},
	    {"\"identifier\":[{\"value\":\"first\"},{\"value\":\"second\"}]", "first"},
	    {"\"identifier\":{\"name\":\"Acme\",\"value\":\"\"}", PAGE "x"},
	    {"\"identifier\":null", PAGE "x"},
	    {"\"url\":\"https://quellbach.example/jobs/9\"", PAGE "9"},
	    {"\"url\":{\"@id\":\"y\"},\"sameAs\":\"y\"", PAGE "y"},
	    {"\"title2\":0", PAGE "x"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *page =
		    g_strdup_printf("<link rel=canonical href=\"x\"><script "
				    "type=application/ld+json>{\"@type\":\"JobPosting\","
				    "\"title\":\"T\",%s}</script>",
			table[i].properties);
		g_autoptr(jp_listing) l = read_page(page);

		g_assert_cmpuint(l->postings->len, ==, 1);
		g_assert_cmpstr(((jp_posting *)g_ptr_array_index(l->postings, 0))->external_id, ==,
		    table[i].id);
	}
}

static void
test_pay(void)
{
	static const struct {
		const char *properties;
		gint64 min, max; /* whole units */
		const char *currency;
		jp_period period;
	} table[] = {
	    {"\"baseSalary\":{\"currency\":\"USD\",\"value\":{\"value\":50,\"unitText\":\"HOUR\"}}",
		50, 50, "USD", JP_PERIOD_HOUR},
	    {"\"baseSalary\":{\"currency\":\"USD\",\"value\":{\"minValue\":\"10\","
	     "\"maxValue\":\"20\",\"unitText\":\"hour\"}}",
		10, 20, "USD", JP_PERIOD_HOUR},
	    {"\"baseSalary\":{\"currency\":\"EUR\",\"minValue\":30000,\"maxValue\":40000,"
	     "\"unitText\":\"YEAR\"}",
		30000, 40000, "EUR", JP_PERIOD_YEAR},
	    {"\"baseSalary\":[{\"currency\":\"EUR\",\"value\":\"2.500\",\"unitText\":\"MONTH\"}]",
		2500, 2500, "EUR", JP_PERIOD_MONTH},
	    {"\"baseSalary\":{\"@type\":\"PriceSpecification\",\"minPrice\":1,\"maxPrice\":2,"
	     "\"priceCurrency\":\"GBP\"}",
		1, 2, "GBP", JP_PERIOD_UNKNOWN},
	    {"\"baseSalary\":70000,\"salaryCurrency\":\"PLN\"", 70000, 70000, "PLN",
		JP_PERIOD_UNKNOWN},
	    {"\"baseSalary\":\"70,000\",\"salaryCurrency\":\"PLN\"", 70000, 70000, "PLN",
		JP_PERIOD_UNKNOWN},
	    {"\"baseSalary\":\"\\u00a330,000 - \\u00a340,000 per year\"", 30000, 40000, "GBP",
		JP_PERIOD_YEAR},
	    {"\"baseSalary\":{\"currency\":\"USD\",\"value\":{\"minValue\":0,\"maxValue\":0}}", 0,
		0, "", JP_PERIOD_UNKNOWN},
	    {"\"baseSalary\":{\"currency\":\"USD\",\"value\":{\"minValue\":0,\"maxValue\":9}}", 9,
		9, "USD", JP_PERIOD_UNKNOWN},
	    {"\"baseSalary\":\"competitive\"", 0, 0, "", JP_PERIOD_UNKNOWN},
	    {"\"baseSalary\":null", 0, 0, "", JP_PERIOD_UNKNOWN},
	    {"\"baseSalary\":[]", 0, 0, "", JP_PERIOD_UNKNOWN},
	};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(jp_listing) l = read_properties(table[i].properties);
		const jp_posting *p = find(l, "a");

		g_assert_cmpint(p->salary_min, ==, table[i].min * 1000000);
		g_assert_cmpint(p->salary_max, ==, table[i].max * 1000000);
		g_assert_cmpstr(p->salary_currency, ==, table[i].currency);
		g_assert_cmpint(p->salary_period, ==, table[i].period);
	}
}

static void
test_employment(void)
{
	static const struct {
		const char *given;
		jp_employment is;
	} table[] = {
	    {"\"FULL_TIME\"", JP_EMPLOYMENT_FULL_TIME},
	    {"\"full_time\"", JP_EMPLOYMENT_FULL_TIME},
	    {"\"PART_TIME\"", JP_EMPLOYMENT_PART_TIME},
	    {"\"CONTRACTOR\"", JP_EMPLOYMENT_CONTRACT},
	    {"\"TEMPORARY\"", JP_EMPLOYMENT_TEMPORARY},
	    {"\"INTERN\"", JP_EMPLOYMENT_INTERNSHIP},
	    {"\"VOLUNTEER\"", JP_EMPLOYMENT_VOLUNTEER},
	    {"\"PER_DIEM\"", JP_EMPLOYMENT_PER_DIEM},
	    {"\"OTHER\"", JP_EMPLOYMENT_OTHER},
	    {"[\"FULL_TIME\",\"INTERN\"]", JP_EMPLOYMENT_INTERNSHIP},
	    {"\"PART_TIME,CONTRACTOR\"", JP_EMPLOYMENT_PART_TIME},
	    {"\"https://schema.org/FULL_TIME\"", JP_EMPLOYMENT_FULL_TIME},
	    {"[]", JP_EMPLOYMENT_UNKNOWN},
	    {"7", JP_EMPLOYMENT_UNKNOWN},
	};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *given = g_strdup_printf("\"employmentType\":%s", table[i].given);
		g_autoptr(jp_listing) l = read_properties(given);

		g_assert_cmpint(find(l, "a")->employment, ==, table[i].is);
	}
}

/* "with a place as well -> hybrid is not implied" */
static void
test_places(void)
{
	static const struct {
		const char *properties, *places;
		jp_remote remote;
	} table[] = {
	    {"\"jobLocation\":\"Graz, Austria\"", "Graz, Austria", JP_REMOTE_UNKNOWN},
	    {"\"jobLocation\":[\"Graz\",{\"address\":\"Linz\"}]", "Graz|Linz", JP_REMOTE_UNKNOWN},
	    {"\"jobLocation\":{\"@type\":\"Place\",\"name\":\"Wels\"}", "Wels", JP_REMOTE_UNKNOWN},
	    {"\"jobLocation\":{\"@type\":\"PostalAddress\",\"addressLocality\":\"Wels\"}", "Wels",
		JP_REMOTE_UNKNOWN},
	    {"\"jobLocation\":{\"address\":[{\"addressLocality\":\"Wels\"}]}", "Wels",
		JP_REMOTE_UNKNOWN},
	    {"\"jobLocationType\":\"TELECOMMUTE\"", "", JP_REMOTE_REMOTE},
	    {"\"jobLocationType\":[\"telecommute\"],\"jobLocation\":\"Graz\"", "Graz",
		JP_REMOTE_REMOTE},
	    {"\"jobLocationType\":\"TELECOMMUTE\",\"applicantLocationRequirements\":"
	     "{\"@type\":\"Country\",\"name\":\"Austria\"}",
		"Austria", JP_REMOTE_REMOTE},
	    {"\"applicantLocationRequirements\":\"Austria\"", "", JP_REMOTE_UNKNOWN},
	    {"\"jobLocation\":7", "", JP_REMOTE_UNKNOWN},
	};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(jp_listing) l = read_properties(table[i].properties);
		const jp_posting *p = find(l, "a");
		g_autofree char *got = places(p);

		g_assert_cmpstr(got, ==, table[i].places);
		g_assert_cmpint(p->remote, ==, table[i].remote);
	}
}

/* A company that nobody names is guessed from the page's host, and marked. */
static void
test_company_guess(void)
{
	g_autoptr(jp_listing) l = read_properties("\"hiringOrganization\":{}");

	g_assert_cmpstr(find(l, "a")->company, ==, "quellbach.example");
	g_assert_true(find(l, "a")->company_is_guess);
}

/* ---- bodies --------------------------------------------------------------------------------- */

static void
test_sizes(void)
{
	g_autofree char *message = refused_fixture("jobposting", "unknown.txt");

	check_size("jobposting", "large.html", 120);
	check_size("jobposting", "empty.html", 0);
	assert_has(message, "no page");
}

static void
test_json_document(void)
{
	g_autoptr(jp_listing) l =
	    read_page("{\"@type\":\"JobPosting\",\"identifier\":\"j\",\"title\":\"T\"}");

	g_assert_nonnull(find(l, "j"));
}

/* Scripts are found as a browser finds them. */
static void
test_tags(void)
{
	static const struct {
		const char *page;
		guint n;
	} table[] = {
	    {"<SCRIPT "
	     "TYPE='Application/LD+JSON'>{\"@type\":\"JobPosting\",\"title\":\"T\"}</SCRIPT>",
		1},
	    {"<script defer type = application/ld+json >{\"@type\":\"JobPosting\",\"title\":\"T\"}"
	     "</script >",
		1},
	    {"<a title=\"a > b\"><script type=application/ld+json>{\"@type\":\"JobPosting\","
	     "\"title\":\"T\"}",
		1},
	    {"<a title=\"open><script type=application/ld+json>{'@type':'JobPosting'}</script>", 0},
	    {"<script>\"<script type=application/ld+json>\"</script>{\"@type\":\"JobPosting\"}", 0},
	    {"<textarea><script type=application/ld+json>{\"@type\":\"JobPosting\",\"title\":\"T\"}"
	     "</script></textarea>",
		0},
	    {"<!-- <script type=application/ld+json>{\"@type\":\"JobPosting\",\"title\":\"T\"}"
	     "</script>",
		0},
	    {"<scripts type=application/ld+json>{\"@type\":\"JobPosting\",\"title\":\"T\"}", 0},
	};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(jp_pagedata) d = jp_pagedata_parse(table[i].page, strlen(table[i].page));

		g_assert_cmpuint(d->jobs->len, ==, table[i].n);
	}
}

static void
test_loose_json(void)
{
	static const struct {
		const char *text, *json; /* NULL: broken */
	} table[] = {
	    {"{\"a\":1}", "{\"a\":1}"},
	    {"{\"a\":1,}", "[{\"a\":1}]"},
	    {"[1,,2,]", "[[1,2]]"},
	    {"{\"a\":\"x\ny\"", NULL},
	    {"{\"a\":\"x\n\ty\"};", "[{\"a\":\"x\\n\\ty\"}]"},
	    {"<!-- {\"a\":\"\\'\"} -->", "[{\"a\":\"'\"}]"},
	    {"//<![CDATA[\n{\"a\":1}\n//]]>", "[{\"a\":1}]"},
	    {"{\"a\":1 /* one */, // two\n\"b\":2}", "[{\"a\":1,\"b\":2}]"},
	    {"{\"a\":\"http://b.example/*x*/\",}", "[{\"a\":\"http://b.example/*x*/\"}]"},
	    {"{\"a\":1}{\"a\":2}", "[{\"a\":1},{\"a\":2}]"},
	    {"{\"a\":1},{\"a\":2}", "[{\"a\":1},{\"a\":2}]"},
	    {"{\"a\":\"<p class=\"x\">y</p>\",\"b\":\"\"}",
		"[{\"a\":\"<p class=\\\"x\\\">y</p>\",\"b\":\"\"}]"},
	    {"{&quot;a&quot;:&quot;b&quot;}", "[{\"a\":\"b\"}]"},
	    {"{\"a\":\"b\"", NULL},
	    {"}{", NULL},
	    {"{a:1}", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(cJSON) o = jp_loosejson_parse(table[i].text, strlen(table[i].text), NULL);
		g_autofree char *line = o ? jp_json_line(o) : NULL;

		g_assert_cmpstr(line, ==, table[i].json);
	}
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"jobposting:https://Quellbach.example:443/jobs/1#apply",
		"jobposting:https://quellbach.example/jobs/1"},
	    {"jobposting:quellbach.example", NULL},
	    {"jobposting:https://a:b@quellbach.example/", NULL},
	    {"https://quellbach.example/jobs/1", NULL},
	};
	g_autofree char *url = request_url(&jp_adapter_jobposting, PAGE, NULL, NULL);

	check_names(n, G_N_ELEMENTS(n));
	g_assert_cmpstr(url, ==, PAGE);
}

/* A page that would be read again and again for its own items is given up, not read for ever. */
static void
test_hostile_microdata(void)
{
	GString *page = g_string_new("<div itemscope itemtype=\"http://schema.org/JobPosting\" "
				     "itemref=\"a a a a a a a\"><b itemprop=title>T</b>");
	g_autofree char *body = NULL;
	gint64 began = g_get_monotonic_time();
	g_autoptr(jp_pagedata) d = NULL;

	for (guint i = 0; i < 10; i++)
		g_string_append(page, "<div itemscope itemprop=\"a b c d e f g h\">");
	for (guint i = 0; i < 20000; i++)
		g_string_append(page, "<i>x</i>");
	body = g_string_free(page, FALSE);
	d = jp_pagedata_parse(body, strlen(body));
	g_assert_cmpuint(d->jobs->len, ==, 1);
	g_assert_cmpint(g_get_monotonic_time() - began, <, 30 * G_USEC_PER_SEC);
}

/* Signs that are no markup do not make a text be looked through for each of them. */
static void
test_many_signs(void)
{
	GString *many = g_string_new(NULL);
	g_autofree char *text = NULL, *got = NULL;

	for (guint i = 0; i < 200000; i++)
		g_string_append(many, "a &lt; b ");
	text = g_string_free(many, FALSE);
	got = jp_listing_unescape(text);
	g_assert_cmpstr(got, ==, text);
}

/* ---- recorded ------------------------------------------------------------------------------- */

static void
test_recorded_pages(void)
{
	static const struct {
		const char *file;
		guint n;
	} pages[] = {{"pages/indeed-viewjob.html", 1}, {"pages/workday-job.html", 1},
	    {"pages/linkedin-job-guest.html", 0}, {"pages/remoteworkspain-listing.html", 0}};

	for (guint i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_autofree char *page = recorded_read(pages[i].file);
		g_autoptr(jp_listing) l = page ? read_page(page) : NULL;

		if (!l) {
			g_test_skip("no recorded data");
			return;
		}
		g_assert_cmpuint(l->postings->len, ==, pages[i].n);
		g_assert_cmpuint(l->n_bad, ==, 0);
	}
}

/* Fifty objects of an older vocabulary: none is lost, and what they say is found. */
static void
test_recorded_objects(void)
{
	g_autoptr(GPtrArray) rows = recorded_lines("corpus/schemaorg-jobposting-50.jsonl.gz");

	if (!rows) {
		g_test_skip("no recorded data");
		return;
	}
	g_assert_cmpuint(rows->len, ==, 50);
	for (guint i = 0; i < rows->len; i++) {
		const cJSON *o = g_ptr_array_index(rows, i);
		g_autoptr(jp_posting) p = jp_posting_new();
		g_autoptr(GError) error = NULL;
		const char *company = jp_json_text(o, "hiringOrganization.organizationName");

		jp_jobposting_read(p, NULL, o, PAGE);
		g_assert_cmpstr(p->url, ==, jp_json_text(o, "url"));
		g_assert_cmpstr(p->company, ==, company && *company ? company : NULL);
		g_assert_true(jp_posting_normalise(p, "Acme", &error));
		g_assert_no_error(error);
		g_assert_cmpuint(p->locations->len, >=, 1);
		g_assert_cmpstr(
		    ((jp_location *)g_ptr_array_index(p->locations, 0))->country, ==, "US");
		g_assert_cmpuint(strlen(p->description), >, 100);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/jobposting/fields", test_fields);
	g_test_add_func("/board/jobposting/past-is-closed", test_past_is_closed);
	g_test_add_func("/board/jobposting/broken-block", test_broken_block);
	g_test_add_func("/board/jobposting/microdata", test_microdata);
	g_test_add_func("/board/jobposting/json-before-microdata", test_json_before_microdata);
	g_test_add_func("/board/jobposting/ids", test_ids);
	g_test_add_func("/board/jobposting/pay", test_pay);
	g_test_add_func("/board/jobposting/employment", test_employment);
	g_test_add_func("/board/jobposting/places", test_places);
	g_test_add_func("/board/jobposting/company-guess", test_company_guess);
	g_test_add_func("/board/jobposting/sizes", test_sizes);
	g_test_add_func("/board/jobposting/json-document", test_json_document);
	g_test_add_func("/board/jobposting/tags", test_tags);
	g_test_add_func("/board/jobposting/loose-json", test_loose_json);
	g_test_add_func("/board/jobposting/hostile-microdata", test_hostile_microdata);
	g_test_add_func("/board/jobposting/many-signs", test_many_signs);
	g_test_add_func("/board/jobposting/names", test_names);
	g_test_add_func("/board/jobposting/recorded-pages", test_recorded_pages);
	g_test_add_func("/board/jobposting/recorded-objects", test_recorded_objects);
	return g_test_run();
}
