/* normalise.c and posting.c: bounds, the hash of R6, the near-duplicate key, salaries, JSON. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "posting/posting.h"

static jp_posting *
draft(void)
{
	jp_posting *p = jp_posting_new();

	p->external_id = g_strdup("17");
	p->title = g_strdup("Lamp fitter");
	p->url = g_strdup("https://jobs.example.org/17");
	p->description_html = g_strdup("<p>Fits <b>lamps</b> &amp; shades.</p>");
	return p;
}

static void
normalise(jp_posting *p)
{
	g_autoptr(GError) error = NULL;

	jp_posting_normalise(p, "Lantern Works GmbH", &error);
	g_assert_no_error(error);
}

static void
set(char **field, const char *text)
{
	g_free(*field);
	*field = g_strdup(text);
}

static void
test_fields(void)
{
	g_autoptr(jp_posting) p = draft();

	set(&p->title, "  Lamp\t&amp; shade\nfitter\033 ");
	set(&p->language, "en-US");
	set(&p->department, "");
	normalise(p);
	g_assert_cmpstr(p->title, ==, "Lamp & shade fitter");
	g_assert_cmpstr(p->company, ==, "Lantern Works GmbH");
	g_assert_cmpstr(p->description, ==, "Fits lamps & shades.");
	g_assert_null(p->description_html);
	g_assert_cmpstr(p->apply_url, ==, p->url);
	g_assert_cmpstr(p->language, ==, "en");
	g_assert_null(p->department);
}

static void
test_company_of_the_payload(void)
{
	g_autoptr(jp_posting) p = draft(), q = draft();
	g_autoptr(GError) error = NULL;

	set(&p->company, "Moth & Sons\r\nBcc: x");
	normalise(p);
	g_assert_cmpstr(p->company, ==, "Moth & Sons Bcc: x");
	g_assert_true(jp_posting_normalise(q, NULL, &error));
	g_assert_cmpstr(q->company, ==, "");
}

static void
test_bad(void)
{
	static const struct {
		const char *id, *title, *url, *part;
	} cases[] = {{NULL, "x", "https://e.org", "no id"}, {" ", "x", "https://e.org", "no id"},
	    {"1", NULL, "https://e.org", "no title"}, {"1", "\001\t", "https://e.org", "no title"},
	    {"1", "x", NULL, "no URL"}, {"1", "x", "javascript:alert(1)", "no URL"},
	    {"1", "x", "/relative", "no URL"}, {"1", "x", "https://e.org/a b", "no URL"},
	    {"1", "x", "https://e.org/\n", NULL}, {"1", "x", "https://e.org/\"onclick", "no URL"}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_posting) p = jp_posting_new();
		g_autoptr(GError) error = NULL;

		p->external_id = g_strdup(cases[i].id);
		p->title = g_strdup(cases[i].title);
		p->url = g_strdup(cases[i].url);
		if (!cases[i].part) {
			g_assert_true(jp_posting_normalise(p, "x", &error));
			continue;
		}
		g_assert_false(jp_posting_normalise(p, "x", &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		g_assert_nonnull(strstr(error->message, cases[i].part));
	}
}

static void
test_bounds(void)
{
	g_autoptr(jp_posting) p = draft();
	g_autofree char *big = g_strnfill(5 * JP_MIB, 'x');

	set(&p->title, big);
	set(&p->description_html, big);
	set(&p->company, big);
	set(&p->external_id, big);
	set(&p->apply_url, big);
	normalise(p);
	g_assert_cmpuint(strlen(p->title), ==, JP_MAX_TITLE);
	g_assert_true(g_str_has_suffix(p->title, "x…"));
	g_assert_cmpuint(strlen(p->description), ==, JP_MAX_DESCRIPTION);
	g_assert_true(g_str_has_suffix(p->description, "x…"));
	g_assert_cmpuint(strlen(p->company), ==, JP_MAX_NAME);
	g_assert_cmpuint(strlen(p->external_id), ==, JP_MAX_NAME);
	g_assert_cmpstr(p->apply_url, ==, p->url);
}

static void
test_cut_at_a_character(void)
{
	for (guint shift = 0; shift < 4; shift++) {
		g_autoptr(jp_posting) p = draft();
		GString *title = g_string_new(NULL);

		for (guint i = 0; i < shift; i++)
			g_string_append_c(title, 'a');
		for (guint i = 0; i < 200; i++)
			g_string_append(title, "灯");
		g_free(p->title);
		p->title = g_string_free(title, FALSE);
		normalise(p);
		g_assert_true(g_utf8_validate(p->title, -1, NULL));
		g_assert_cmpuint(strlen(p->title), <=, JP_MAX_TITLE);
		g_assert_cmpuint(strlen(p->title), >, JP_MAX_TITLE - 4);
		g_assert_true(g_str_has_suffix(p->title, "…"));
	}
}

/* ---- R6 ------------------------------------------------------------------------------ */

static void
no_change(jp_posting *p)
{
	(void)p;
}

static void
other_times(jp_posting *p)
{
	p->updated_at = 5;
	p->posted_at = 7;
	p->valid_through = 9;
	set(&p->department, "Light");
	set(&p->apply_url, "https://jobs.example.org/apply");
	set(&p->requisition, "R-1");
}

static void
other_blanks(jp_posting *p)
{
	set(&p->description_html, "<div>Fits   lamps\n&amp; <i>shades.</i></div><p></p>");
	set(&p->title, "Lamp  fitter ");
}

static void
other_title(jp_posting *p)
{
	set(&p->title, "Lamp Fitter");
}

static void
other_text(jp_posting *p)
{
	set(&p->description_html, "<p>Fits lamps &amp; shade.</p>");
}

static void
other_remote(jp_posting *p)
{
	p->remote = JP_REMOTE_ONSITE;
}

static void
other_type(jp_posting *p)
{
	p->employment = JP_EMPLOYMENT_OTHER;
}

static void
other_salary(jp_posting *p)
{
	jp_posting_set_salary(p, 10, 12, "EUR", "hour");
}

static void
other_place(jp_posting *p)
{
	jp_posting_add_place(p, "Chur");
}

static void
test_hash(void)
{
	static const struct {
		void (*change)(jp_posting *p);
		gboolean same;
	} cases[] = {{no_change, TRUE}, {other_times, TRUE}, {other_blanks, TRUE},
	    {other_title, FALSE}, {other_text, FALSE}, {other_remote, FALSE}, {other_type, FALSE},
	    {other_salary, FALSE}, {other_place, FALSE}};
	g_autoptr(jp_posting) p = draft();

	normalise(p);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_posting) q = draft();

		cases[i].change(q);
		normalise(q);
		g_assert_cmpint(memcmp(p->hash, q->hash, 32) == 0, ==, cases[i].same);
	}
}

/* The order in which a service names places is no change. */
static void
test_hash_order_of_places(void)
{
	g_autoptr(jp_posting) p = draft(), q = draft();

	jp_posting_add_place(p, "Chur; Oslo");
	jp_posting_add_place(q, "Oslo; Chur");
	normalise(p);
	normalise(q);
	g_assert_cmpmem(p->hash, 32, q->hash, 32);
}

/* The serialisation is written down: another implementation gets the same.  The description stands
 * in it as the two halves of its jp_hash128(), the low byte of each first. */
static void
test_hash_is_as_written(void)
{
	static const char text[] = "Fits lamps & shades.";
	g_autoptr(GString) form = g_string_new("t11:Lamp fitter\nl4:Chur\nl4:Oslo\nr0:\ne0:\n"
					       "s26:10000000 12000000 EUR hour\nd16:");
	g_autoptr(jp_posting) p = draft();
	g_autoptr(GString) got = g_string_new(NULL);
	g_autofree char *want = NULL;
	guint64 hash[2];

	jp_hash128(text, strlen(text), hash);
	for (guint i = 0; i < 2; i++)
		for (guint byte = 0; byte < 8; byte++)
			g_string_append_c(form, (char)(hash[i] >> 8 * byte & 0xff));
	g_string_append_c(form, '\n');
	want = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)form->str, form->len);
	jp_posting_add_place(p, "Oslo; Chur");
	jp_posting_set_salary(p, 10, 12, "EUR", "hour");
	normalise(p);
	for (guint i = 0; i < 32; i++)
		g_string_append_printf(got, "%02x", p->hash[i]);
	g_assert_cmpstr(got->str, ==, want);
}

/* ---- near-duplicates ----------------------------------------------------------------- */

static void
test_dedupe(void)
{
	static const struct {
		const char *what, *title, *company, *text;
		gboolean same;
	} cases[] = {
	    {"the same", "Lamp fitter", "Lantern Works", "Fits lamps.", TRUE},
	    {"case, accents, legal form", "LAMP FITTER", "lántern works GmbH", "fits LAMPS", TRUE},
	    {"gender marker", "Lamp fitter (m/f/d)", "Lantern Works", "Fits lamps.", TRUE},
	    {"another gender marker", "Lamp fitter - w/m/x", "Lantern Works", "Fits lamps.", TRUE},
	    {"all genders", "Lamp fitter (all genders)", "Lantern Works", "Fits lamps.", TRUE},
	    {"place in the title", "Lamp fitter - Berlin", "Lantern Works", "Fits lamps.", TRUE},
	    {"place and work model", "Lamp fitter (Remote) | Germany", "Lantern Works",
		"Fits lamps.", TRUE},
	    {"another title", "Lamp tester", "Lantern Works", "Fits lamps.", FALSE},
	    {"another level", "Senior lamp fitter", "Lantern Works", "Fits lamps.", FALSE},
	    {"another company", "Lamp fitter", "Moth & Sons", "Fits lamps.", FALSE},
	    {"another text", "Lamp fitter", "Lantern Works", "Fits other lamps.", FALSE},
	};
	gint64 key = 0;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_posting) p = draft();

		set(&p->title, cases[i].title);
		set(&p->company, cases[i].company);
		set(&p->description_html, cases[i].text);
		normalise(p);
		g_assert_cmpint(p->dedupe_key, >=, 0);
		if (i == 0)
			key = p->dedupe_key;
		g_test_message("%s", cases[i].what);
		g_assert_cmpint(p->dedupe_key == key, ==, cases[i].same);
	}
}

/* Far down a text may differ (an address, a recruiter); without a text nothing is a duplicate. */
static void
test_dedupe_reach(void)
{
	g_autoptr(jp_posting) p = draft(), q = draft(), r = draft(), s = draft();
	g_autofree char *filler = g_strnfill(4000, 'y');

	for (guint i = 0; filler[i]; i += 8)
		filler[i] = ' ';
	g_free(p->description_html);
	p->description_html = g_strconcat(filler, " one", NULL);
	g_free(q->description_html);
	q->description_html = g_strconcat(filler, " two", NULL);
	normalise(p);
	normalise(q);
	g_assert_cmpint(p->dedupe_key, ==, q->dedupe_key);
	set(&r->description_html, "");
	set(&s->description_html, "");
	set(&s->external_id, "18");
	normalise(r);
	normalise(s);
	g_assert_cmpint(r->dedupe_key, !=, s->dedupe_key);
}

/* ---- salaries and JSON --------------------------------------------------------------- */

static void
test_set_salary(void)
{
	static const struct {
		double min, max;
		const char *currency, *period;
		gint64 want_min, want_max; /* whole units */
		const char *want_currency;
	} cases[] = {{100, 200, "EUR", "year", 100, 200, "EUR"},
	    {200, 100, "eur", "year", 100, 200, "EUR"}, {0, 0, "EUR", "year", 0, 0, ""},
	    {0, 90, "€", "year", 0, 90, "EUR"}, {90, 0, "$", NULL, 90, 0, "USD"},
	    {-5, 10, "GBP", NULL, 0, 10, "GBP"},
	    {(double)NAN, (double)INFINITY, "EUR", NULL, 0, 0, ""},
	    {1e300, 5, "EUR", NULL, 0, 5, "EUR"}, {5, 6, "euros", NULL, 5, 6, ""},
	    {5, 6, NULL, NULL, 5, 6, ""}, {5, 6, "12$", NULL, 5, 6, ""}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_posting) p = jp_posting_new();

		jp_posting_set_salary(
		    p, cases[i].min, cases[i].max, cases[i].currency, cases[i].period);
		g_assert_cmpint(p->salary_min, ==, cases[i].want_min * 1000000);
		g_assert_cmpint(p->salary_max, ==, cases[i].want_max * 1000000);
		g_assert_cmpstr(p->salary_currency, ==, cases[i].want_currency);
	}
}

static void
test_widen_salary(void)
{
	g_autoptr(jp_posting) p = jp_posting_new();

	jp_posting_set_salary(p, 100, 200, "EUR", "year");
	jp_posting_set_salary(p, 90, 150, "EUR", "year");
	jp_posting_set_salary(p, 150, 250, "EUR", "per-year-salary");
	jp_posting_set_salary(p, 1, 999, "USD", "year");
	jp_posting_set_salary(p, 1, 999, "EUR", "hour");
	g_assert_cmpint(p->salary_min, ==, 90000000);
	g_assert_cmpint(p->salary_max, ==, 250000000);
}

static void
test_json(void)
{
	g_autoptr(jp_posting) p = draft();
	g_autoptr(cJSON) json = NULL;
	g_autofree char *line = NULL;

	jp_posting_add_place(p, "Oslo, Norway");
	jp_posting_set_salary(p, 85000.5, 0, "NOK", "year");
	p->posted_at = 1700000000 * JP_SECOND;
	normalise(p);
	json = jp_posting_to_json(p);
	line = jp_json_line(json);
	g_assert_cmpstr(line, ==,
	    "{\"external_id\":\"17\",\"requisition\":null,\"title\":\"Lamp fitter\","
	    "\"company\":\"Lantern Works "
	    "GmbH\",\"company_is_guess\":false,\"locations\":[{\"text\":"
	    "\"Oslo, "
	    "Norway\",\"city\":\"Oslo\",\"region\":null,\"country\":\"NO\"}],\"remote\":null,"
	    "\"employment_type\":null,\"level\":null,\"department\":null,"
	    "\"salary_min_micros\":85000500000,\"salary_max_micros\":null,\"salary_currency\":"
	    "\"NOK\","
	    "\"salary_period\":\"year\",\"language\":null,\"url\":\"https://jobs.example.org/17\","
	    "\"apply_url\":\"https://jobs.example.org/17\",\"posted_at\":\"2023-11-14T22:13:20Z\","
	    "\"posted_date_only\":false,\"posted_derived\":false,\"updated_at\":null,"
	    "\"valid_through\":null,\"skills\":[],\"description\":\"Fits lamps & shades.\"}");
	jp_posting_free(NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/posting/normalise/fields", test_fields);
	g_test_add_func("/posting/normalise/company", test_company_of_the_payload);
	g_test_add_func("/posting/normalise/bad", test_bad);
	g_test_add_func("/posting/normalise/bounds", test_bounds);
	g_test_add_func("/posting/normalise/cut-at-a-character", test_cut_at_a_character);
	g_test_add_func("/posting/normalise/R6-hash", test_hash);
	g_test_add_func("/posting/normalise/R6-order-of-places", test_hash_order_of_places);
	g_test_add_func("/posting/normalise/R6-as-written", test_hash_is_as_written);
	g_test_add_func("/posting/normalise/R7-near-duplicates", test_dedupe);
	g_test_add_func("/posting/normalise/R7-reach", test_dedupe_reach);
	g_test_add_func("/posting/posting/set-salary", test_set_salary);
	g_test_add_func("/posting/posting/widen-salary", test_widen_salary);
	g_test_add_func("/posting/posting/L04-json", test_json);
	return g_test_run();
}
