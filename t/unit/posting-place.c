/* place.c: places recognised, split, and told apart from work models. */
#include <string.h>

#include "base/base.h"
#include "posting/posting.h"

/* "remote; City/Region/CC; ..." of what the text gave; "-" for unknown parts. */
static char *
places(const jp_posting *p)
{
	GString *out = g_string_new(p->remote ? jp_remote_word(p->remote) : "");

	for (guint i = 0; i < p->locations->len; i++) {
		const jp_location *l = p->locations->pdata[i];

		g_assert_nonnull(l->text);
		g_assert_cmpstr(l->text, !=, "");
		g_string_append_printf(out, "%s%s/%s/%s", out->len ? "; " : "",
		    l->city ? l->city : "-", l->region ? l->region : "-",
		    l->country ? l->country : "-");
	}
	return g_string_free(out, FALSE);
}

static void
test_places(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"", ""},
	    {"New York, NY (HQ); Remote (US) or Berlin",
		"remote; New York/New York/US; -/-/US; Berlin/-/DE"},
	    {"San Francisco, CA, US; Remote, US", "remote; San Francisco/California/US; -/-/US"},
	    {"UK - London", "London/-/GB"},
	    {"Brazil - Rio de Janeiro", "Rio de Janeiro/-/BR"},
	    {"US-Remote", "remote; -/-/US"},
	    {"Remote - US", "remote; -/-/US"},
	    {"United States (Remote)", "remote; -/-/US"},
	    {"Remote, Anywhere in the U.S.", "remote; -/-/US"},
	    {"Paris, Remote", "remote; Paris/-/FR"},
	    {"Köln oder Remote", "remote; Köln/-/DE"},
	    {"Berlin, Deutschland (Home Office möglich)", "remote; Berlin/-/DE"},
	    {"Cologne", "Köln/-/DE"},
	    {"Munich / Vienna", "München/-/DE; Wien/-/AT"},
	    {"London and New York", "London/-/GB; New York/-/US"},
	    {"Bosnia and Herzegovina", "-/-/BA"},
	    {"Trinidad & Tobago", "-/-/TT"},
	    {"Paris, London, Berlin", "Paris/-/FR; London/-/GB; Berlin/-/DE"},
	    {"New York, New York, United States", "New York/New York/US"},
	    {"San Francisco, Seattle, New York", "San Francisco/-/US; Seattle/-/US; New York/-/US"},
	    {"Boston, MA, Chicago, IL", "Boston/Massachusetts/US; Chicago/Illinois/US"},
	    {"Chicago, US-Remote, Toronto", "remote; Chicago/-/US; -/-/US; Toronto/-/CA"},
	    {"Seattle, WA OR Denver, CO OR Remote Canada",
		"remote; Seattle/Washington/US; Denver/Colorado/US; -/-/CA"},
	    {"Buffalo, New York, United States", "Buffalo/New York/US"},
	    {"Victoria, London, UK", "London/-/GB"},
	    {"Mexico City, Mexico City, Mexico", "Mexico City/-/MX"},
	    {"Peru, Lima, Lima", "Lima/-/PE"},
	    {"Singapore", "Singapore/-/SG"},
	    {"Luxembourg, LU, L-1274", "Luxembourg/-/LU"},
	    {"Washington, D.C.", "Washington/District of Columbia/US"},
	    {"Brooklyn, NY 11232", "New York/New York/US"},
	    {"10115 Berlin", "Berlin/-/DE"},
	    {"Eindhoven, NL, 5613 AM", "Eindhoven/-/NL"},
	    {"Dublin, IE", "Dublin/-/IE"},
	    {"Bangalore, IN", "Bengaluru/-/IN"},
	    {"Greenfield, IN", "Greenfield/Indiana/US"},
	    {"Dinklage, DE, 49413", "Dinklage/-/DE"},
	    {"Toronto, ON", "Toronto/Ontario/CA"},
	    {"Pointe-Claire, QC, CA, H9R 5J2", "Pointe-Claire/Quebec/CA"},
	    {"Kamloops, British Columbia, CA, V2C 1Z2", "Kamloops/British Columbia/CA"},
	    {"Perth, WA", "Perth/Western Australia/AU"},
	    {"Spokane, WA", "Spokane/Washington/US"},
	    {"Sydney NSW, Australia", "Sydney/New South Wales/AU"},
	    {"Jamaica, NY, US, 11430", "-/New York/US"},
	    {"Atlanta, Georgia", "Atlanta/Georgia/US"},
	    {"Tbilisi, Georgia", "Tbilisi/-/GE"},
	    {"Warsaw, POL", "Warszawa/-/PL"},
	    {"San Jose, Costa Rica", "San Jose/-/CR"},
	    {"Cambridge, UK", "Cambridge/-/GB"},
	    {"Cambridge, MA", "Cambridge/Massachusetts/US"},
	    {"Korea (Republic of)", "-/-/KR"},
	    {"Remote (EMEA)", "remote; -/-/-"},
	    {"Hobbiton", "-/-/-"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_posting) p = jp_posting_new();
		g_autofree char *got = NULL;

		jp_posting_add_place(p, cases[i].text);
		got = places(p);
		g_test_message("%s", cases[i].text);
		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

/* A pure work model is not a place. */
static void
test_models(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {{"Hybrid", "hybrid"}, {"Remote", "remote"}, {"In-Office", "onsite"},
	    {"Distributed", "remote"}, {"2 Locations", ""}, {"Multiple Locations", ""},
	    {"Anywhere", "remote"}, {"Home Office", "remote"}, {"Fully Remote", "remote"},
	    {" ; | ", ""}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_posting) p = jp_posting_new();
		g_autofree char *got = NULL;

		jp_posting_add_place(p, cases[i].text);
		got = places(p);
		g_test_message("%s", cases[i].text);
		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

static void
test_model_is_kept(void)
{
	g_autoptr(jp_posting) p = jp_posting_new();

	p->remote = JP_REMOTE_HYBRID;
	jp_posting_add_place(p, "Remote - US");
	g_assert_cmpint(p->remote, ==, JP_REMOTE_HYBRID);
}

static void
test_duplicates(void)
{
	g_autoptr(jp_posting) p = jp_posting_new();
	g_autofree char *got = NULL;

	jp_posting_add_place(p, "Berlin, Germany");
	jp_posting_add_place(p, "BERLIN, GERMANY");
	jp_posting_add_place(p, "Berlin");
	jp_posting_add_location(p, NULL, "Berlin", NULL, "DE");
	jp_posting_add_place(p, "Hamburg");
	got = places(p);
	g_assert_cmpstr(got, ==, "Berlin/-/DE; Hamburg/-/DE");
}

static void
test_location(void)
{
	static const struct {
		const char *text, *city, *region, *country, *want, *shown;
	} cases[] = {
	    {NULL, "Munich", "Bavaria", "Germany", "München/Bayern/DE", "Munich, Bayern, DE"},
	    {NULL, "Austin", "TX", "us", "Austin/Texas/US", "Austin, Texas, US"},
	    {"Hall 3, Leeds", "Leeds", NULL, "UK", "Leeds/-/GB", "Hall 3, Leeds"},
	    {NULL, "Paris", NULL, NULL, "Paris/-/FR", "Paris"},
	    {NULL, "Paris", "Texas", "USA", "Paris/Texas/US", "Paris, Texas, US"},
	    {NULL, NULL, NULL, "Brasil", "-/-/BR", "Brasil"},
	    {NULL, NULL, "Ontario", "Canada", "-/Ontario/CA", "Ontario, Canada"},
	    {NULL, "Remote", NULL, "Canada", "remote; -/-/CA", "Canada"},
	    {NULL, "Nowhere", NULL, "Atlantis", "Nowhere/-/-", "Nowhere"},
	    {"San Francisco, CA", "San Fransisco", "California", "US",
		"San Francisco/California/US", "San Francisco, CA"},
	    {"London (by the river)", "Croydon", NULL, "UK", "Croydon/-/GB",
		"London (by the river)"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_posting) p = jp_posting_new();
		g_autofree char *got = NULL;

		jp_posting_add_location(
		    p, cases[i].text, cases[i].city, cases[i].region, cases[i].country);
		got = places(p);
		g_assert_cmpstr(got, ==, cases[i].want);
		g_assert_cmpstr(((jp_location *)p->locations->pdata[0])->text, ==, cases[i].shown);
	}
}

static void
test_bounds(void)
{
	g_autoptr(jp_posting) p = jp_posting_new(), q = jp_posting_new();
	g_autoptr(GString) many = g_string_new(NULL);
	g_autofree char *big = g_strnfill(5 * JP_MIB, 'x');

	for (guint i = 0; i < 500; i++)
		g_string_append_printf(
		    many, "Town %c%c%c;", 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676);
	jp_posting_add_place(p, many->str);
	g_assert_cmpuint(p->locations->len, ==, JP_MAX_LOCATIONS);
	jp_posting_add_place(q, big);
	g_assert_cmpuint(strlen(((jp_location *)q->locations->pdata[0])->text), <=, JP_MAX_NAME);
	memset(big, '-', strlen(big));
	jp_posting_add_place(q, big); /* in no time, and nothing */
	jp_posting_add_place(q, "a\tb\033[1m\377");
	jp_posting_add_location(q, "", "", "", "");
	g_assert_cmpuint(q->locations->len, ==, 2);
}

static void
test_countries(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {{"UK", "GB"}, {"U.K.", "GB"}, {"USA", "US"}, {"us", "US"}, {"U.S.", "US"},
	    {"United States of America", "US"}, {"Deutschland", "DE"}, {"ALLEMAGNE", "DE"},
	    {"España", "ES"}, {"Schweiz", "CH"}, {"Suisse", "CH"}, {"Österreich", "AT"},
	    {"Pays-Bas", "NL"}, {"Holland", "NL"}, {"Türkiye", "TR"}, {"Czech Republic", "CZ"},
	    {"Viet Nam", "VN"}, {"South Korea", "KR"}, {"Côte d’Ivoire", "CI"}, {"de", "DE"},
	    {"DEU", "DE"}, {"Brasil", "BR"}, {"Sverige", "SE"}, {"Kosovo", "XK"},
	    {"Atlantis", NULL}, {"", NULL}, {NULL, NULL}, {"xx", NULL}, {"Berlin", NULL}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpstr(jp_country_read(cases[i].text), ==, cases[i].want);
	g_assert_cmpstr(jp_country_name("DE"), ==, "Germany");
	g_assert_cmpstr(jp_country_name("GB"), ==, "United Kingdom");
	g_assert_null(jp_country_name("ZZ"));
	g_assert_null(jp_country_name(NULL));
}

/* Every country of ISO 3166-1 is there, by its own codes and by its English name. */
static void
test_all_countries(void)
{
	guint n = 0;

	for (char a = 'A'; a <= 'Z'; a++) {
		for (char b = 'A'; b <= 'Z'; b++) {
			char code[3] = {a, b, '\0'};
			const char *name = jp_country_name(code);

			if (!name)
				continue;
			n++;
			g_assert_cmpstr(jp_country_read(name), ==, code);
		}
	}
	g_assert_cmpuint(n, ==, 250); /* 249 and Kosovo */
}

static char *
places_after(const char *first, const char *text)
{
	g_autoptr(jp_posting) p = jp_posting_new();

	if (first)
		jp_posting_add_place(p, first);
	jp_posting_add_place(p, text);
	return places(p);
}

/* A text that was met before gives the same again, whatever became of the postings that had it,
 * and beside other places what it gives there. */
static void
test_met_before(void)
{
	static const char text[] = "New York, NY (HQ); Remote (US) or Berlin";
	g_autofree char *first = places_after(NULL, text);

	for (guint i = 0; i < 1500; i++) {
		g_autofree char *other = g_strdup_printf("Berlin %u", i);
		g_autofree char *again = places_after(NULL, text);
		g_autofree char *beside = places_after("Berlin", text);
		g_autofree char *one = places_after(NULL, other);

		g_assert_cmpstr(again, ==, first);
		g_assert_cmpstr(beside, ==, "remote; Berlin/-/DE; New York/New York/US; -/-/US");
		g_assert_cmpstr(one, ==, "Berlin/-/DE");
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/posting/place/places", test_places);
	g_test_add_func("/posting/place/models", test_models);
	g_test_add_func("/posting/place/model-is-kept", test_model_is_kept);
	g_test_add_func("/posting/place/duplicates", test_duplicates);
	g_test_add_func("/posting/place/location", test_location);
	g_test_add_func("/posting/place/bounds", test_bounds);
	g_test_add_func("/posting/place/met-before", test_met_before);
	g_test_add_func("/posting/place/countries", test_countries);
	g_test_add_func("/posting/place/all-countries", test_all_countries);
	return g_test_run();
}
