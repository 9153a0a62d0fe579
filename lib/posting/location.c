/*
 * Places are added to a posting: one text may hold several, the same place comes twice, and a work
 * model is none.
 */
#include <string.h>

#include "base/base.h"
#include "posting/where.h"

/* ---- adding to a posting ------------------------------------------------------------- */

static gboolean
str_eq(const char *a, const char *b)
{
	return g_strcmp0(a, b) == 0;
}

static gboolean
is_there(const jp_posting *p, const jp_location *l)
{
	for (guint i = 0; i < p->locations->len; i++) {
		const jp_location *other = p->locations->pdata[i];

		if (jp_text_eq_folded(other->text, l->text))
			return TRUE;
		if (l->city && str_eq(l->city, other->city) && str_eq(l->country, other->country) &&
		    (!l->region || !other->region || str_eq(l->region, other->region)))
			return TRUE;
	}
	return FALSE;
}

void
jp_location_free(gpointer data)
{
	jp_location *l = data;

	if (!l)
		return;
	g_free(l->text);
	g_free(l->city);
	g_free(l->region);
	g_free(l->country);
	g_free(l);
}

/* Takes l. */
static void
add_location(jp_posting *p, jp_location *l)
{
	if (p->locations->len < JP_MAX_LOCATIONS && *l->text && !is_there(p, l))
		g_ptr_array_add(p->locations, l);
	else
		jp_location_free(l);
}

static void
note_model(jp_posting *p, const char *text)
{
	if (p->remote == JP_REMOTE_UNKNOWN)
		p->remote = jp_remote_of_place(text);
}

/* A list of cities, "Paris, London, Berlin": every part a city and none a region or country. */
static gboolean
is_city_list(GArray *parts)
{
	for (guint i = 0; i < parts->len; i++) {
		const jp_part *part = jp_part_at(parts, i);

		if (!part->city || part->country || (i > 0 && part->region))
			return FALSE;
		for (guint j = 0; j < i; j++)
			if (jp_part_at(parts, j)->city == part->city)
				return FALSE;
	}
	return parts->len > 1;
}

static void
add_parsed(jp_posting *p, const char *text, GArray *parts)
{
	jp_where place;
	jp_location *l = g_new0(jp_location, 1);

	jp_where_read(&place, parts);
	l->text = jp_text_clean(text, -1, JP_MAX_NAME, FALSE);
	l->city = g_strdup(place.city);
	l->region = place.region ? g_strdup(place.region->name) : NULL;
	l->country = g_strdup(place.country);
	add_location(p, l);
}

static void
add_piece(jp_posting *p, const char *text)
{
	g_autoptr(GArray) parts = jp_parts_split(text);

	note_model(p, text);
	if (parts->len == 0)
		return;
	if (!is_city_list(parts)) {
		add_parsed(p, text, parts);
		return;
	}
	for (guint i = 0; i < parts->len; i++) {
		g_autoptr(GArray) one = jp_parts_split(jp_part_at(parts, i)->text);

		add_parsed(p, jp_part_at(parts, i)->text, one);
	}
}

/* ---- "Boston, MA, Chicago, IL, US-Remote" ------------------------------------------------ */

typedef struct place_group {
	GString *text;
	const jp_gazetteer_name *city;
	guint n_items;
	gboolean has_region; /* nothing more belongs to it than a country */
} place_group;

static void
group_clear(gpointer data)
{
	g_string_free(((place_group *)data)->text, TRUE);
}

/* Puts one item behind the place before it, or begins a place: with another city, or a country that
 * one works in remotely.  A name that is a region as well ("New York") is the region of the city
 * before it, but for the third place and behind a region. */
static void
group_item(GArray *groups, const char *item)
{
	g_autoptr(GArray) parts = jp_parts_split(item);
	const jp_part *last = parts->len ? jp_part_at(parts, parts->len - 1) : NULL;
	place_group *now =
	    groups->len ? &g_array_index(groups, place_group, groups->len - 1) : NULL;
	place_group begun = {.n_items = 0};
	gboolean begins;

	if (!last)
		return;
	if (last->city)
		begins = now && now->city != last->city && (now->city || now->has_region) &&
		    (!last->region || groups->len > 1 || now->has_region);
	else
		begins = now && now->city &&
		    (last->country || (last->code && jp_gazetteer_alpha2(last->code))) &&
		    jp_remote_of_place(item) != JP_REMOTE_UNKNOWN;
	if (!now || begins) {
		begun.text = g_string_new(NULL);
		g_array_append_val(groups, begun);
		now = &g_array_index(groups, place_group, groups->len - 1);
	}
	g_string_append_printf(now->text, "%s%s", now->n_items++ ? ", " : "", item);
	if (!now->city)
		now->city = last->city;
	now->has_region = now->has_region || last->code || (begins && !last->city) ||
	    (last->region && now->city != last->city);
}

/* Three places and more, or two written alike; so "Victoria, London, UK" stays one. */
static gboolean
is_group_list(GArray *groups)
{
	const place_group *g = (const place_group *)(gconstpointer)groups->data;
	guint n_cities = 0;

	for (guint i = 0; i < groups->len; i++)
		n_cities += g[i].city != NULL;
	return n_cities > 1 && (groups->len > 2 || g[0].n_items == g[1].n_items);
}

/* FALSE: the commas are those of one place. */
static gboolean
add_groups(jp_posting *p, const char *text)
{
	g_auto(GStrv) items = NULL;
	g_autoptr(GArray) groups = NULL;

	if (!strchr(text, ','))
		return FALSE;
	items = g_strsplit(text, ",", 4 * JP_MAX_LOCATIONS);
	groups = g_array_new(FALSE, FALSE, sizeof(place_group));
	g_array_set_clear_func(groups, group_clear);
	for (char **item = items; *item; item++)
		group_item(groups, g_strstrip(*item));
	if (!is_group_list(groups))
		return FALSE;
	note_model(p, text);
	for (guint i = 0; i < groups->len; i++) {
		const char *one = g_array_index(groups, place_group, i).text->str;
		g_autoptr(GArray) parts = jp_parts_split(one);

		add_parsed(p, one, parts);
	}
	return TRUE;
}

/* Splits at words and slashes, but only where both sides are places or work models, so that
 * "Bosnia and Herzegovina" and "Halle/Saale" stay whole.  FALSE: nothing was split. */
static gboolean
add_joined(jp_posting *p, const char *text)
{
	static const char *const joints[] = {" | ", "|", " / ", "/", " or ", " OR ", " oder ",
	    " ou ", " and ", " und ", " & ", " et ", " y ", " + "};

	for (guint i = 0; i < G_N_ELEMENTS(joints); i++) {
		g_auto(GStrv) sides =
		    strstr(text, joints[i]) ? g_strsplit(text, joints[i], JP_MAX_LOCATIONS) : NULL;
		guint n = sides ? g_strv_length(sides) : 0;

		if (sides && jp_gazetteer_has(text))
			return FALSE;

		for (char **side = sides; n > 1 && *side; side++) {
			g_autoptr(GArray) parts = jp_parts_split(*side);
			gboolean known = parts->len == 0;

			for (guint k = 0; k < parts->len && !known; k++)
				known = jp_gazetteer_has(jp_part_at(parts, k)->text);
			if (!known)
				n = 0;
		}
		if (n < 2)
			continue;
		for (char **side = sides; *side; side++)
			if (!add_groups(p, g_strstrip(*side)))
				add_piece(p, *side);
		return TRUE;
	}
	return FALSE;
}

/* One piece between semicolons: a dozen cities joined by "or" fit. */
#define MAX_PIECE 1000

static void
read_places(jp_posting *p, const char *text)
{
	g_autofree char *clean = jp_text_clean(text, -1, 16 * JP_KIB, TRUE);
	g_auto(GStrv) pieces = NULL;
	char *bullet;

	while ((bullet = strstr(clean, "\342\200\242")) != NULL) /* a bullet between places */
		bullet[0] = bullet[1] = bullet[2] = ';';
	pieces = g_strsplit_set(clean, ";\n", 4 * JP_MAX_LOCATIONS);
	for (char **piece = pieces; *piece; piece++) {
		g_autofree char *one = jp_text_clean(*piece, -1, MAX_PIECE, FALSE);

		if (*one && !add_joined(p, one) && !add_groups(p, one))
			add_piece(p, one);
	}
}

/* ---- places met before ------------------------------------------------------------------- */

/* A board has few places and names one in each posting: what a text gave is remembered, by each
 * thread for itself, for so many texts before all are forgotten.  It is what reading it again would
 * give. */
#define MAX_REMEMBERED 512

static GPrivate remembered = G_PRIVATE_INIT((GDestroyNotify)g_hash_table_unref);

/* What the text alone makes of a posting. */
static const jp_posting *
remember(const char *text)
{
	GHashTable *known = g_private_get(&remembered);
	jp_posting *p;

	if (!known) {
		known = g_hash_table_new_full(
		    g_str_hash, g_str_equal, g_free, (GDestroyNotify)jp_posting_free);
		g_private_set(&remembered, known);
	}
	p = g_hash_table_lookup(known, text);
	if (p)
		return p;
	if (g_hash_table_size(known) >= MAX_REMEMBERED)
		g_hash_table_remove_all(known);
	p = jp_posting_new();
	read_places(p, text);
	g_hash_table_insert(known, g_strdup(text), p);
	return p;
}

static jp_location *
location_copy(const jp_location *l)
{
	jp_location *copy = g_new0(jp_location, 1);

	copy->text = g_strdup(l->text);
	copy->city = g_strdup(l->city);
	copy->region = g_strdup(l->region);
	copy->country = g_strdup(l->country);
	return copy;
}

void
jp_posting_add_place(jp_posting *p, const char *text)
{
	const jp_posting *alone;

	/* Beside others a place may be one of them, only written otherwise. */
	if (!text || p->locations->len > 0 || strnlen(text, MAX_PIECE) == MAX_PIECE) {
		read_places(p, text);
		return;
	}
	alone = remember(text);
	if (p->remote == JP_REMOTE_UNKNOWN)
		p->remote = alone->remote;
	for (guint i = 0; i < alone->locations->len; i++)
		g_ptr_array_add(p->locations, location_copy(alone->locations->pdata[i]));
}

/* The region's name where the country knows it by this name or code; else as given. */
static char *
region_name(const char *region, const char *country)
{
	const jp_gazetteer_name *known = jp_gazetteer_find(region).region;

	if (!known)
		known = jp_gazetteer_region_code(NULL, region);
	if (known && (!country || strcmp(known->country, country) == 0))
		return g_strdup(known->name);
	return jp_text_clean(region, -1, JP_MAX_NAME, FALSE);
}

/* "Munich, Bayern, DE" of what the service gave. */
static char *
shown_text(const char *city, const char *region, const char *code)
{
	g_autofree char *joined = g_strjoin(region || code ? ", " : "", city,
	    region     ? region
		: code ? code
		       : "",
	    region ? code : NULL, NULL);

	return jp_text_clean(joined, -1, JP_MAX_NAME, FALSE);
}

/* The city of the gazetteer, else the one that the text names and the service misspelt; NULL. */
static const jp_gazetteer_name *
known_city(const char *city, const char *text)
{
	const jp_gazetteer_name *known = jp_gazetteer_find(city).city;
	g_autoptr(GArray) parts = NULL;

	if (known || !text || !*text)
		return known;
	parts = jp_parts_split(text);
	for (guint i = 0; i < parts->len && !known; i++) {
		const jp_gazetteer_name *named = jp_part_at(parts, i)->city;

		if (named && jp_closest(city, (const char *const[]){named->name, NULL}))
			known = named;
	}
	return known;
}

void
jp_posting_add_location(
    jp_posting *p, const char *text, const char *city, const char *region, const char *country)
{
	g_autofree char *clean_city = jp_text_clean(city, -1, JP_MAX_NAME, FALSE);
	const char *code = jp_country_read(country);
	const jp_gazetteer_name *known;
	jp_location *l;

	note_model(p, text && *text ? text : clean_city);
	if (!*clean_city || jp_remote_of_place(clean_city) != JP_REMOTE_UNKNOWN) {
		g_autofree char *joined = g_strjoin(region && *region && country ? ", " : "",
		    region ? region : "", country ? country : "", NULL);

		jp_posting_add_place(p, text && *text ? text : joined);
		return;
	}
	known = known_city(clean_city, text);
	l = g_new0(jp_location, 1);
	l->country = g_strdup(code ? code : known && !(region && *region) ? known->country : NULL);
	l->city = known && (!l->country || str_eq(known->country, l->country))
	    ? g_strdup(known->name)
	    : g_strdup(clean_city);
	if (region && *region)
		l->region = region_name(region, l->country);
	if (text && *text)
		l->text = jp_text_clean(text, -1, JP_MAX_NAME, FALSE);
	else
		l->text = shown_text(clean_city, l->region, code);
	add_location(p, l);
}
