/*
 * The parts of a place become country, region and city.  Nothing is guessed: a place that is not
 * recognised keeps its text alone.
 */
#include <string.h>

#include "base/base.h"
#include "posting/where.h"

/* ---- from parts to a place ----------------------------------------------------------- */

/* Some part is a city that the table knows in the country. */
static gboolean
knows_city(GArray *parts, const char *country)
{
	for (guint i = 0; i < parts->len; i++) {
		const jp_gazetteer_name *city = jp_part_at(parts, i)->city;

		if (city && strcmp(city->country, country) == 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean
knows_region(GArray *parts, const char *country)
{
	for (guint i = 0; i < parts->len; i++) {
		const jp_gazetteer_name *region = jp_part_at(parts, i)->region;

		if (region && strcmp(region->country, country) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The region of this code in the country of a city that is known: "Perth, WA". */
static const jp_gazetteer_name *
region_of_city(GArray *parts, guint end, const char *code)
{
	for (guint i = 0; i < end; i++) {
		const jp_gazetteer_name *city = jp_part_at(parts, i)->city;

		if (!city)
			continue;
		return jp_gazetteer_region_code(city->country, code);
	}
	return NULL;
}

/* Another part is a code of one of the country's regions: "Pointe-Claire, QC, CA". */
static gboolean
has_region_code(GArray *parts, guint but, const char *country)
{
	for (guint i = 0; i < parts->len; i++) {

		if (i == but || !jp_part_at(parts, i)->code)
			continue;
		if (jp_gazetteer_region_code(country, jp_part_at(parts, i)->code))
			return TRUE;
	}
	return FALSE;
}

/*
 * Two letters beside a city: "Berlin, DE" and "Dover, DE", "Bangalore, IN" and "Heath, IN".  What
 * the table knows of the other parts decides; then a state of the US comes before a country, but
 * Germany before Delaware, which has few towns, and countries before provinces.
 */
static void
read_code(GArray *parts, guint i, jp_where *place)
{
	jp_part *part = jp_part_at(parts, i);
	const jp_gazetteer_name *country = jp_gazetteer_alpha2(part->code);
	const jp_gazetteer_name *region = region_of_city(parts, i, part->code);

	if (!region)
		region = jp_gazetteer_region_code(NULL, part->code);
	part->used = country || region;
	if (country && region && parts->len > 1) {
		gboolean at_home = knows_city(parts, country->country) ||
		    knows_region(parts, country->country) ||
		    has_region_code(parts, i, country->country);
		gboolean in_state = knows_city(parts, region->country);

		if (!in_state &&
		    (at_home || strcmp(part->code, "DE") == 0 ||
			strcmp(region->country, "US") != 0))
			region = NULL;
	} else if (country && region) {
		region = strcmp(part->code, "CA") == 0 ? region : NULL;
	}
	if (region) {
		place->region = place->region ? place->region : region;
		place->country = region->country;
	} else if (country) {
		place->country = country->country;
	}
}

/* The United States said outright: no other name in the place is a country then ("Jamaica, NY, US",
 * "USA-OR-Lebanon"). */
static gboolean
read_us(GArray *parts, jp_where *place)
{
	for (guint i = 0; i < parts->len; i++) {
		jp_part *part = jp_part_at(parts, i);
		gboolean is_us = part->code
		    ? strcmp(part->code, "US") == 0
		    : part->country && strcmp(part->country->country, "US") == 0;

		if (!is_us && !part->is_us)
			continue;
		part->used = is_us;
		place->country = "US";
		return TRUE;
	}
	return FALSE;
}

/* The country: a name, the last one if there are several; then a code; then a region's. */
static void
read_country(GArray *parts, jp_where *place)
{
	if (read_us(parts, place))
		return;
	for (guint i = parts->len; i-- > 0 && !place->country;) {
		jp_part *part = jp_part_at(parts, i);

		if (!part->country)
			continue;
		/* Georgia behind a town is the state, unless the town is known elsewhere. */
		if (part->region && i > 0 && !knows_city(parts, part->country->country))
			continue;
		/* "Luxembourg, LU": the first is the city. */
		if (part->city && i == 0 && parts->len > 1 && jp_part_at(parts, 1)->code)
			continue;
		place->country = part->country->country;
		part->used = TRUE;
	}
	for (guint i = parts->len; i-- > 0 && !place->country;)
		if (jp_part_at(parts, i)->code)
			read_code(parts, i, place);
}

static void
read_region(GArray *parts, jp_where *place)
{
	for (guint i = parts->len; i-- > 0 && !place->region;) {
		jp_part *part = jp_part_at(parts, i);
		const jp_gazetteer_name *region = part->region;
		gboolean is_city_first = i == 0 && part->city;

		if (part->used || is_city_first)
			continue;
		if (!region && part->code)
			region = jp_gazetteer_region_code(place->country, part->code);
		if (!region || (place->country && strcmp(region->country, place->country) != 0))
			continue;
		place->region = region;
		place->country = region->country;
		part->used = TRUE;
	}
}

/* A country's or city-state's name given again is the city: "Singapore, Singapore". */
static const char *
city_state(const jp_where *place, guint n_parts)
{
	static const char *const always[] = {"SG", "HK", "MO", "MC", "GI"};

	for (guint i = 0; place->country && i < G_N_ELEMENTS(always); i++)
		if (strcmp(place->country, always[i]) == 0)
			return jp_country_name(place->country);
	if (place->country && strcmp(place->country, "LU") == 0 && n_parts > 1)
		return jp_country_name(place->country);
	return NULL;
}

static void
read_city(GArray *parts, jp_where *place)
{
	/* A city that is known, in the country if that is known. */
	for (guint i = 0; i < parts->len && !place->city; i++) {
		const jp_part *part = jp_part_at(parts, i);

		if (part->used || !part->city ||
		    (place->country && strcmp(part->city->country, place->country) != 0))
			continue;
		place->city = part->city->name;
		place->country = part->city->country;
	}
	/* Else what stands first, where the rest is recognised. */
	for (guint i = 0; i < parts->len && !place->city && place->country; i++) {
		const jp_part *part = jp_part_at(parts, i);

		if (!part->used && !part->country && !part->code &&
		    !jp_has_digit(part->text, strlen(part->text)))
			place->city = part->text;
	}
	if (!place->city)
		place->city = city_state(place, parts->len);
}

void
jp_where_read(jp_where *place, GArray *parts)
{
	*place = (jp_where){0};
	read_country(parts, place);
	read_region(parts, place);
	read_city(parts, place);
}
