/*
 * Places: how one that a search asks for fits one that a posting states.  Pure.
 *
 * Both sides are read by the same rules of the posting room.  What both state must agree; what one
 * leaves open does not speak against it.  Where the posting's place was not recognised, its text
 * may still have the wanted name ("Greater Springfield Area").
 */
#include "match/internal.h"

#include <string.h>

/* Names of areas larger than a country, as postings and people use them, and their countries. */
#define EU                                                                                         \
	"AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL "                             \
	"PL PT RO SK SI ES SE"
#define EUROPE      EU " GB CH NO IS LI UA RS BA ME MK AL MD XK AD MC SM"
#define LATAM       "MX BR AR CL CO PE UY PY BO EC VE CR PA GT HN NI SV DO CU PR"
#define MIDDLE_EAST "AE SA QA KW BH OM IL JO LB TR EG IQ"
#define AFRICA      "ZA NG KE EG MA GH TN DZ ET UG TZ RW SN CI CM ZM ZW BW NA MU MZ AO"
#define APAC        "AU NZ JP KR CN TW HK SG MY TH VN PH ID IN PK BD LK"

static const struct {
	const char *words, *countries;
} areas[] = {
    {" eu ", EU},
    {" european union ", EU},
    {" europe ", EUROPE},
    {" eea ", EU " NO IS LI"},
    {" emea ", EUROPE " " MIDDLE_EAST " " AFRICA},
    {" dach ", "DE AT CH LI"},
    {" benelux ", "BE NL LU"},
    {" nordics ", "SE NO DK FI IS"},
    {" scandinavia ", "SE NO DK"},
    {" baltics ", "EE LV LT"},
    {" north america ", "US CA MX"},
    {" americas ", "US CA " LATAM},
    {" latam ", LATAM},
    {" latin america ", LATAM},
    {" south america ", "BR AR CL CO PE UY PY BO EC VE"},
    {" middle east ", MIDDLE_EAST},
    {" africa ", AFRICA},
    {" apac ", APAC},
    {" asia pacific ", APAC},
};

static const char *
area_read(const char *words)
{
	for (gsize i = 0; i < G_N_ELEMENTS(areas); i++)
		if (strcmp(words, areas[i].words) == 0)
			return areas[i].countries;
	return NULL;
}

static char *
spaced_words(const char *text)
{
	g_auto(GStrv) words = jp_words_of(text);
	g_autofree char *joined = words ? g_strjoinv(" ", words) : NULL;

	return joined ? g_strconcat(" ", joined, " ", NULL) : NULL;
}

/* The folded words of a part with a blank between, NULL when it has none. */
static char *
part_key(const char *text)
{
	g_auto(GStrv) words = text ? jp_words_of(text) : NULL;

	return words ? g_strjoinv(" ", words) : NULL;
}

void
jp_place_free(jp_place *p)
{
	if (!p)
		return;
	g_free(p->text);
	g_free(p->words);
	g_free(p->city);
	g_free(p->region);
	g_free(p->country);
	g_free(p);
}

jp_place *
jp_place_from_location(const jp_location *l)
{
	jp_place *p = g_new0(jp_place, 1);

	p->text = g_strdup(l->text);
	p->words = spaced_words(l->text);
	if (!p->words)
		p->words = g_strdup(" ");
	p->city = part_key(l->city);
	p->region = part_key(l->region);
	p->country = g_strdup(l->country);
	if (!p->city && !p->region && !p->country)
		p->area = area_read(p->words);
	return p;
}

jp_place *
jp_place_read(const char *text)
{
	g_autoptr(jp_posting) posting = jp_posting_new();
	g_autofree char *words = spaced_words(text);
	g_autofree char *whole = g_strdup(text);
	g_autofree char *country = g_strdup(jp_country_read(text));
	const jp_location location = {.text = whole, .country = country};

	if (!words)
		return NULL;
	if (country || area_read(words))
		return jp_place_from_location(&location);
	jp_posting_add_place(posting, text);
	if (!posting->locations->len)
		return NULL;
	return jp_place_from_location(g_ptr_array_index(posting->locations, 0));
}

/* TRUE when both state it and it differs. */
static gboolean
disagree(const char *a, const char *b)
{
	return a && b && strcmp(a, b) != 0;
}

static gboolean
agree(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* TRUE when the place's text has the name as whole words. */
static gboolean
text_has(const jp_place *place, const char *name)
{
	gsize n = strlen(name);

	for (const char *p = place->words; (p = strstr(p, name)); p++)
		if (p[-1] == ' ' && p[n] == ' ')
			return TRUE;
	return FALSE;
}

static gboolean
area_has(const char *area, const char *country)
{
	return area && country && strstr(area, country);
}

jp_fit
jp_place_fit(const jp_place *wanted, const jp_place *place)
{
	if (disagree(wanted->country, place->country))
		return JP_FIT_NONE;
	if (wanted->city) {
		if (place->city && place->region && disagree(wanted->region, place->region))
			return JP_FIT_NONE;
		if (agree(wanted->city, place->city))
			return JP_FIT_CITY;
		return !place->city && text_has(place, wanted->city) ? JP_FIT_CITY : JP_FIT_NONE;
	}
	if (wanted->region) {
		if (agree(wanted->region, place->region))
			return JP_FIT_REGION;
		return !place->region && text_has(place, wanted->region) ? JP_FIT_REGION
									 : JP_FIT_NONE;
	}
	if (wanted->country && place->country)
		return JP_FIT_COUNTRY; /* they agree, see above */
	if (wanted->country)
		return strstr(place->words, wanted->words) ? JP_FIT_COUNTRY : JP_FIT_NONE;
	if (wanted->area && area_has(wanted->area, place->country))
		return JP_FIT_COUNTRY;
	return strstr(place->words, wanted->words) ? JP_FIT_REGION : JP_FIT_NONE;
}

gboolean
jp_place_is_open(const jp_place *wanted, const jp_place *place)
{
	if (disagree(wanted->country, place->country))
		return FALSE;
	if (wanted->area && place->country)
		return area_has(wanted->area, place->country);
	if (place->area && wanted->country)
		return area_has(place->area, wanted->country);
	return place->city || !disagree(wanted->region, place->region);
}
