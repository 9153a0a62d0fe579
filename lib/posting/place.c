/*
 * Places: what postings write in their location field becomes city, region and country.  The names
 * are in places.tsv.  Nothing is guessed: a place that is not recognised keeps its text alone.
 */
#include <string.h>

#include "base/base.h"
#include "posting/internal.h"

/* ---- the tables
 * ---------------------------------------------------------------------------------- */

struct name {
	const char *country; /* alpha-2 */
	const char *name;    /* the first spelling in the table */
};

struct tables {
	GHashTable *countries; /* words -> struct name */
	GHashTable *regions, *cities;
	GHashTable *region_codes;    /* "CA" -> struct name; upper case */
	GHashTable *alpha2, *alpha3; /* upper case -> struct name */
};

/* "Saint-Denis (93)" -> "saint denis 93"; free with g_free. */
static char *
key_of(const char *text)
{
	char *words = jp_words(text, -1);

	return g_strstrip(words);
}

static void
add_names(GHashTable *table, char **names, const struct name *name)
{
	for (char **n = names; *n; n++) {
		char *key = key_of(*n);

		if (g_hash_table_contains(table, key))
			g_free(key);
		else
			g_hash_table_insert(table, key, (gpointer)name);
	}
}

/* One line of places.tsv: kind, country, code for countries and regions, spellings. */
static void
add_line(struct tables *t, char **f)
{
	gboolean has_code = strcmp(f[0], "city") != 0;
	struct name *name = g_new0(struct name, 1);

	name->country = g_strdup(f[1]);
	name->name = g_strdup(f[has_code ? 3 : 2]);
	if (!has_code) {
		add_names(t->cities, f + 2, name);
		return;
	}
	if (strcmp(f[0], "region") == 0) {
		add_names(t->regions, f + 3, name);
		if (strcmp(f[2], "-") == 0)
			return;
		if (!g_hash_table_contains(t->region_codes, f[2]))
			g_hash_table_insert(t->region_codes, g_strdup(f[2]), name);
		g_hash_table_insert(t->region_codes, g_strdup_printf("%s-%s", f[1], f[2]), name);
		return;
	}
	add_names(t->countries, f + 3, name);
	g_hash_table_insert(t->alpha2, g_strdup(f[1]), name);
	g_hash_table_insert(t->alpha3, g_strdup(f[2]), name);
}

static GHashTable *
new_table(void)
{
	return g_hash_table_new(g_str_hash, g_str_equal);
}

/* Read once, on first use; lives as long as the process. */
static const struct tables *
tables(void)
{
	static const struct tables *once;

	if (g_once_init_enter(&once)) {
		struct tables *t = g_new0(struct tables, 1);
		g_auto(GStrv) lines = g_strsplit(jp_embedded_text("posting/places.tsv"), "\n", -1);

		t->countries = new_table();
		t->regions = new_table();
		t->cities = new_table();
		t->region_codes = new_table();
		t->alpha2 = new_table();
		t->alpha3 = new_table();
		for (char **line = lines; *line; line++) {
			g_auto(GStrv) fields = g_strsplit(*line, "\t", -1);

			if (**line != '#' && g_strv_length(fields) >= 3)
				add_line(t, fields);
		}
		g_once_init_leave(&once, t);
	}
	return once;
}

static const struct name *
find(GHashTable *table, const char *text)
{
	g_autofree char *key = key_of(text);

	return g_hash_table_lookup(table, key);
}

static const struct name *
find_code(GHashTable *table, const char *text)
{
	return g_hash_table_lookup(table, text);
}

const char *
jp_country_read(const char *text)
{
	const struct tables *t = tables();
	const struct name *name;
	g_autofree char *upper = NULL;

	if (!text || !*text || strlen(text) > JP_MAX_NAME)
		return NULL;
	name = find(t->countries, text);
	if (!name && strlen(text) <= 3) {
		upper = g_ascii_strup(text, -1);
		name = find_code(strlen(text) == 2 ? t->alpha2 : t->alpha3, upper);
	}
	return name ? name->country : NULL;
}

const char *
jp_country_name(const char *alpha2)
{
	const struct name *name = alpha2 ? find_code(tables()->alpha2, alpha2) : NULL;

	return name ? name->name : NULL;
}

/* ---- parts of a place
 * ---------------------------------------------------------------------------- */

/* What one part between commas is; several at once for "New York". */
struct part {
	char *text;
	const struct name *country, *region, *city;
	const char *code; /* two upper-case letters, else NULL */
	gboolean is_us;   /* has "USA" in it, whatever else */
	gboolean used;
};

static void
part_clear(gpointer data)
{
	g_free(((struct part *)data)->text);
}

/* Words that say how one works rather than where, or nothing at all. */
static const char model_words[] =
    " remote remotely hybrid onsite fully virtual distributed anywhere worldwide global globally "
    "homeoffice telework telecommute wfh teletravail teletrabajo remoto remota hibrido hybride "
    "flexible distans presencial thuiswerken eligible possible optional only based friendly first "
    "office offices in within from home work working on site the or and position role job 100 "
    "hq headquarters headquarter hauptsitz zentrale siege campus corporate location locations "
    "multiple various several all any other tbd na n a default none to be determined option "
    "options available day days per week und mobil regional local oder ou more work ";

static gboolean
is_model_word(const char *token)
{
	char padded[32];

	if (strlen(token) > sizeof(padded) - 3)
		return FALSE;
	g_snprintf(padded, sizeof(padded), " %s ", token);
	return strstr(model_words, padded) != NULL;
}

jp_remote
jp_place_model(const char *text)
{
	static const char *const onsite[] = {"onsite", "on site", "in office", "in person",
	    "office based", "vor ort", "sur site", "presencial"};
	g_autofree char *words = jp_words(text, -1);

	if (jp_words_have(words, "hybrid") || jp_words_have(words, "hybride") ||
	    jp_words_have(words, "hibrido"))
		return JP_REMOTE_HYBRID;
	for (guint i = 0; i < G_N_ELEMENTS(onsite); i++)
		if (jp_words_have(words, onsite[i]))
			return JP_REMOTE_ONSITE;
	return jp_remote_read(text) == JP_REMOTE_REMOTE ? JP_REMOTE_REMOTE : JP_REMOTE_UNKNOWN;
}

static gboolean
has_digit(const char *text, gsize len)
{
	for (gsize i = 0; i < len; i++)
		if (g_ascii_isdigit(text[i]))
			return TRUE;
	return FALSE;
}

/* TRUE for a text of exactly n upper-case letters. */
static gboolean
is_code(const char *text, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (!g_ascii_isupper(text[i]))
			return FALSE;
	return text[n] == '\0';
}

/* The only token is two upper-case letters: "IN" and "OR" are states, not words. */
static gboolean
is_short_code(const char *text, const jp_tokens *t)
{
	const jp_token *token = &g_array_index(t->items, jp_token, 0);

	return token->len == 2 && g_ascii_isupper(text[token->start]) &&
	    g_ascii_isupper(text[token->start + 1]);
}

/* Takes work models and postal codes off both ends: "Remote US" -> "US", "NY 11232" -> "NY",
 * "10115 Berlin" -> "Berlin".  NULL when nothing is left; free with g_free. */
static char *
stripped(const char *text, gsize len)
{
	g_autoptr(jp_tokens) t = jp_tokens_new();
	const jp_token *first, *last;
	guint from = 0, to;

	jp_tokens_parse(t, text, (gssize)len);
	to = t->items->len;
	if (to == 1 && is_short_code(text, t))
		return g_strndup(text + g_array_index(t->items, jp_token, 0).start, 2);
	first = (const jp_token *)(gconstpointer)t->items->data;
	last = first ? first + to - 1 : NULL;
	while (from < to &&
	    (is_model_word(jp_tokens_at(t, from)) ||
		has_digit(text + first[from].start, first[from].len)))
		from++;
	while (from < to &&
	    (is_model_word(jp_tokens_at(t, to - 1)) ||
		has_digit(text + first[to - 1].start, first[to - 1].len)))
		to--;
	if (from == to)
		return NULL;
	last = &first[to - 1];
	/* Up to the next token or the end, so that "D.C." keeps its dot. */
	len = to < t->items->len ? last->start + last->len : len;
	return g_strstrip(g_strndup(text + first[from].start, len - first[from].start));
}

/* What a part can be.  `had_digits`: a postal code was taken off it. */
static void
recognise(struct part *part, gboolean is_first, gboolean had_digits)
{
	const struct tables *t = tables();

	part->country = find(t->countries, part->text);
	part->region = find(t->regions, part->text);
	part->city = find(t->cities, part->text);
	part->is_us = strstr(part->text, "USA") != NULL;
	/* "NY 11232" has a state's code; "5613 AM" has no country's. */
	if (is_code(part->text, 2) && (!had_digits || find_code(t->region_codes, part->text)))
		part->code = part->text;
	if (!part->country && is_code(part->text, 3))
		part->country = find_code(t->alpha3, part->text);
	if (!part->region && !is_first && is_code(part->text, 3))
		part->region = find_code(t->region_codes, part->text);
}

/* Length of the text before a state's code at its end ("Oakdale MN", "Sydney NSW"); 0: none. */
static gsize
before_code(const char *text)
{
	const char *last = strrchr(text, ' ');

	if (!last || last == text || (!is_code(last + 1, 2) && !is_code(last + 1, 3)) ||
	    !find_code(tables()->region_codes, last + 1) || find(tables()->cities, text) ||
	    find(tables()->regions, text))
		return 0;
	return (gsize)(last - text);
}

static void
add_part(GArray *parts, const char *text, gsize len)
{
	struct part part = {.text = stripped(text, len)};
	gsize n = part.text ? strlen(part.text) : 0;
	gboolean had_digits = has_digit(text, len);

	/* What is left of "L-1274" or "SW1A 2AA" is nothing; nor is "Any city". */
	if (n == 0 || parts->len >= 8 || (n < 3 && had_digits && !is_code(part.text, 2)) ||
	    g_ascii_strcasecmp(part.text, "city") == 0) {
		g_free(part.text);
		return;
	}
	len = before_code(part.text);
	if (len) {
		add_part(parts, part.text, len);
		add_part(parts, part.text + len + 1, n - len - 1);
		g_free(part.text);
		return;
	}
	recognise(&part, parts->len == 0, had_digits);
	g_array_append_val(parts, part);
}

/* Length of what separates parts at p, 0 for none.  A dash needs blanks around it. */
static gsize
separator(const char *start, const char *p)
{
	if (strchr(",()[]:|", *p))
		return 1;
	if (p > start && p[-1] == ' ') {
		if (*p == '-' && p[1] == ' ')
			return 1;
		if (g_str_has_prefix(p, "\342\200\223 ") || g_str_has_prefix(p, "\342\200\224 "))
			return 3;
	}
	return 0;
}

static GArray *
split_parts(const char *text)
{
	GArray *parts = g_array_new(FALSE, FALSE, sizeof(struct part));
	const char *from = text, *p;
	gboolean dashed = FALSE; /* dashes without blanks separate from here on */

	g_array_set_clear_func(parts, part_clear);
	if (find(tables()->countries, text)) { /* "Korea (Republic of)" */
		add_part(parts, text, strlen(text));
		return parts;
	}
	for (p = text; *p; p++) {
		gsize len = separator(from, p);
		gboolean is_prefix = dashed && *p == '-';

		/* "US-Remote", "UK-London": a dash after a country or a state. */
		if (len == 0 && !is_prefix && *p == '-' && p > text && p[1] && p[1] != ' ' &&
		    p[-1] != ' ') {
			g_autofree char *head = g_strndup(from, (gsize)(p - from));

			is_prefix = find(tables()->countries, head) ||
			    find(tables()->regions, head) ||
			    jp_place_model(head) != JP_REMOTE_UNKNOWN ||
			    (is_code(head, 2) && find_code(tables()->alpha2, head));
			dashed = is_prefix;
		}
		if (len == 0 && !is_prefix)
			continue;
		add_part(parts, from, (gsize)(p - from));
		p += (len ? len : 1) - 1;
		from = p + 1;
	}
	add_part(parts, from, (gsize)(p - from));
	return parts;
}

/* ---- from parts to a place
 * ------------------------------------------------------------------------- */

struct place {
	const char *country;
	const struct name *region;
	const char *city;
};

static struct part *
part_at(GArray *parts, guint i)
{
	return &g_array_index(parts, struct part, i);
}

/* Some part is a city that the table knows in the country. */
static gboolean
knows_city(GArray *parts, const char *country)
{
	for (guint i = 0; i < parts->len; i++) {
		const struct name *city = part_at(parts, i)->city;

		if (city && strcmp(city->country, country) == 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean
knows_region(GArray *parts, const char *country)
{
	for (guint i = 0; i < parts->len; i++) {
		const struct name *region = part_at(parts, i)->region;

		if (region && strcmp(region->country, country) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The region of this code in the country of a city that is known: "Perth, WA". */
static const struct name *
region_of_city(GArray *parts, guint end, const char *code)
{
	for (guint i = 0; i < end; i++) {
		const struct name *city = part_at(parts, i)->city;
		char key[8];

		if (!city)
			continue;
		g_snprintf(key, sizeof(key), "%s-%s", city->country, code);
		return find_code(tables()->region_codes, key);
	}
	return NULL;
}

/* Another part is a code of one of the country's regions: "Pointe-Claire, QC, CA". */
static gboolean
has_region_code(GArray *parts, guint but, const char *country)
{
	for (guint i = 0; i < parts->len; i++) {
		char key[8];

		if (i == but || !part_at(parts, i)->code)
			continue;
		g_snprintf(key, sizeof(key), "%s-%s", country, part_at(parts, i)->code);
		if (find_code(tables()->region_codes, key))
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
read_code(GArray *parts, guint i, struct place *place)
{
	const struct tables *t = tables();
	struct part *part = part_at(parts, i);
	const struct name *country = find_code(t->alpha2, part->code);
	const struct name *region = region_of_city(parts, i, part->code);

	if (!region)
		region = find_code(t->region_codes, part->code);
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
read_us(GArray *parts, struct place *place)
{
	for (guint i = 0; i < parts->len; i++) {
		struct part *part = part_at(parts, i);
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
read_country(GArray *parts, struct place *place)
{
	if (read_us(parts, place))
		return;
	for (guint i = parts->len; i-- > 0 && !place->country;) {
		struct part *part = part_at(parts, i);

		if (!part->country)
			continue;
		/* Georgia behind a town is the state, unless the town is known elsewhere. */
		if (part->region && i > 0 && !knows_city(parts, part->country->country))
			continue;
		/* "Luxembourg, LU": the first is the city. */
		if (part->city && i == 0 && parts->len > 1 && part_at(parts, 1)->code)
			continue;
		place->country = part->country->country;
		part->used = TRUE;
	}
	for (guint i = parts->len; i-- > 0 && !place->country;)
		if (part_at(parts, i)->code)
			read_code(parts, i, place);
}

/* The region of the code, in the country where that is known. */
static const struct name *
region_code(const char *code, const char *country)
{
	char key[8];

	if (!country)
		return find_code(tables()->region_codes, code);
	g_snprintf(key, sizeof(key), "%s-%s", country, code);
	return find_code(tables()->region_codes, key);
}

static void
read_region(GArray *parts, struct place *place)
{
	for (guint i = parts->len; i-- > 0 && !place->region;) {
		struct part *part = part_at(parts, i);
		const struct name *region = part->region;
		gboolean is_city_first = i == 0 && part->city;

		if (part->used || is_city_first)
			continue;
		if (!region && part->code)
			region = region_code(part->code, place->country);
		if (!region || (place->country && strcmp(region->country, place->country) != 0))
			continue;
		place->region = region;
		place->country = region->country;
		part->used = TRUE;
	}
}

/* A country's or city-state's name given again is the city: "Singapore, Singapore". */
static const char *
city_state(const struct place *place, guint n_parts)
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
read_city(GArray *parts, struct place *place)
{
	/* A city that is known, in the country if that is known. */
	for (guint i = 0; i < parts->len && !place->city; i++) {
		const struct part *part = part_at(parts, i);

		if (part->used || !part->city ||
		    (place->country && strcmp(part->city->country, place->country) != 0))
			continue;
		place->city = part->city->name;
		place->country = part->city->country;
	}
	/* Else what stands first, where the rest is recognised. */
	for (guint i = 0; i < parts->len && !place->city && place->country; i++) {
		const struct part *part = part_at(parts, i);

		if (!part->used && !part->country && !part->code &&
		    !has_digit(part->text, strlen(part->text)))
			place->city = part->text;
	}
	if (!place->city)
		place->city = city_state(place, parts->len);
}

gboolean
jp_place_is_known(const char *text)
{
	const struct tables *t = tables();

	return find(t->countries, text) || find(t->regions, text) || find(t->cities, text) ||
	    (is_code(text, 2) && find_code(t->alpha2, text));
}

/* ---- adding to a posting
 * ------------------------------------------------------------------------- */

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
		p->remote = jp_place_model(text);
}

/* A list of cities, "Paris, London, Berlin": every part a city and none a region or country. */
static gboolean
is_city_list(GArray *parts)
{
	for (guint i = 0; i < parts->len; i++) {
		const struct part *part = part_at(parts, i);

		if (!part->city || part->country || (i > 0 && part->region))
			return FALSE;
		for (guint j = 0; j < i; j++)
			if (part_at(parts, j)->city == part->city)
				return FALSE;
	}
	return parts->len > 1;
}

static void
add_parsed(jp_posting *p, const char *text, GArray *parts)
{
	struct place place = {0};
	jp_location *l = g_new0(jp_location, 1);

	read_country(parts, &place);
	read_region(parts, &place);
	read_city(parts, &place);
	l->text = jp_text_clean(text, -1, JP_MAX_NAME, FALSE);
	l->city = g_strdup(place.city);
	l->region = place.region ? g_strdup(place.region->name) : NULL;
	l->country = g_strdup(place.country);
	add_location(p, l);
}

static void
add_piece(jp_posting *p, const char *text)
{
	g_autoptr(GArray) parts = split_parts(text);

	note_model(p, text);
	if (parts->len == 0)
		return;
	if (!is_city_list(parts)) {
		add_parsed(p, text, parts);
		return;
	}
	for (guint i = 0; i < parts->len; i++) {
		g_autoptr(GArray) one = split_parts(part_at(parts, i)->text);

		add_parsed(p, part_at(parts, i)->text, one);
	}
}

/* Splits at words and slashes, but only where both sides are places or work models, so that
 * "Bosnia and Herzegovina" and "Halle/Saale" stay whole.  FALSE: nothing was split. */
static gboolean
add_joined(jp_posting *p, const char *text)
{
	static const char *const joints[] = {" | ", "|", " / ", "/", " or ", " oder ", " ou ",
	    " and ", " und ", " & ", " et ", " y ", " + "};

	if (jp_place_is_known(text))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(joints); i++) {
		g_auto(GStrv) sides = g_strsplit(text, joints[i], JP_MAX_LOCATIONS);
		guint n = g_strv_length(sides);

		for (char **side = sides; n > 1 && *side; side++) {
			g_autoptr(GArray) parts = split_parts(*side);
			gboolean known = parts->len == 0;

			for (guint k = 0; k < parts->len && !known; k++)
				known = jp_place_is_known(part_at(parts, k)->text);
			if (!known)
				n = 0;
		}
		if (n < 2)
			continue;
		for (char **side = sides; *side; side++)
			add_piece(p, g_strstrip(*side));
		return TRUE;
	}
	return FALSE;
}

void
jp_posting_add_place(jp_posting *p, const char *text)
{
	g_autofree char *clean = jp_text_clean(text, -1, 16 * JP_KIB, TRUE);
	g_auto(GStrv) pieces = NULL;
	char *bullet;

	while ((bullet = strstr(clean, "\342\200\242")) != NULL) /* a bullet between places */
		memcpy(bullet, ";  ", 3);
	pieces = g_strsplit_set(clean, ";\n", 4 * JP_MAX_LOCATIONS);
	for (char **piece = pieces; *piece; piece++) {
		g_strstrip(*piece);
		if (**piece && !add_joined(p, *piece))
			add_piece(p, *piece);
	}
}

/* The region's name where the country knows it by this name or code; else as given. */
static char *
region_name(const char *region, const char *country)
{
	const struct name *known = find(tables()->regions, region);

	if (!known)
		known = find_code(tables()->region_codes, region);
	if (known && (!country || strcmp(known->country, country) == 0))
		return g_strdup(known->name);
	return jp_text_clean(region, -1, JP_MAX_NAME, FALSE);
}

void
jp_posting_add_location(
    jp_posting *p, const char *text, const char *city, const char *region, const char *country)
{
	g_autofree char *clean_city = jp_text_clean(city, -1, JP_MAX_NAME, FALSE);
	const char *code = jp_country_read(country);
	const struct name *known;
	jp_location *l;

	note_model(p, text && *text ? text : clean_city);
	if (!*clean_city || jp_place_model(clean_city) != JP_REMOTE_UNKNOWN) {
		g_autofree char *joined =
		    g_strjoin(", ", region ? region : "", country ? country : "", NULL);

		jp_posting_add_place(p, text && *text ? text : joined);
		return;
	}
	known = find(tables()->cities, clean_city);
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
		l->text = g_strjoin(l->region || l->country ? ", " : "", clean_city,
		    l->region        ? l->region
			: l->country ? l->country
				     : "",
		    l->region ? l->country : NULL, NULL);
	add_location(p, l);
}
