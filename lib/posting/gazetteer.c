/*
 * The gazetteer: countries, their regions and the large cities by every usual spelling, out of
 * places.tsv, which is read once on first use.
 */
#include <string.h>

#include "base/base.h"
#include "posting/where.h"

/* ---- the tables ---------------------------------------------------------------------- */

struct tables {
	GHashTable *names;           /* words -> jp_gazetteer_names */
	GHashTable *region_codes;    /* "CA" -> jp_gazetteer_name; upper case */
	GHashTable *alpha2, *alpha3; /* upper case -> jp_gazetteer_name */
};

/* "Saint-Denis (93)" -> "saint denis 93"; free with g_free. */
static char *
key_of(const char *text)
{
	char *words = jp_token_words(text, -1);

	return g_strstrip(words);
}

/* What a spelling can be so far, to be added to. */
static jp_gazetteer_names *
names_of(struct tables *t, const char *spelling)
{
	char *key = key_of(spelling);
	jp_gazetteer_names *names = g_hash_table_lookup(t->names, key);

	if (names) {
		g_free(key);
		return names;
	}
	names = g_new0(jp_gazetteer_names, 1);
	g_hash_table_insert(t->names, key, names);
	return names;
}

/* Adds a name by all its spellings; where another one has a spelling already it stays. */
static void
add_names(struct tables *t, char **spellings, gsize which, const jp_gazetteer_name *name)
{
	for (char **one = spellings; *one; one++) {
		const jp_gazetteer_name **place = G_STRUCT_MEMBER_P(names_of(t, *one), which);

		if (!*place)
			*place = name;
	}
}

/* One line of places.tsv: kind, country, code for countries and regions, spellings. */
static void
add_line(struct tables *t, char **f)
{
	gboolean has_code = strcmp(f[0], "city") != 0;
	jp_gazetteer_name *name = g_new0(jp_gazetteer_name, 1);

	name->country = g_strdup(f[1]);
	name->name = g_strdup(f[has_code ? 3 : 2]);
	if (!has_code) {
		add_names(t, f + 2, G_STRUCT_OFFSET(jp_gazetteer_names, city), name);
		return;
	}
	if (strcmp(f[0], "region") == 0) {
		add_names(t, f + 3, G_STRUCT_OFFSET(jp_gazetteer_names, region), name);
		if (strcmp(f[2], "-") == 0)
			return;
		if (!g_hash_table_contains(t->region_codes, f[2]))
			g_hash_table_insert(t->region_codes, g_strdup(f[2]), name);
		g_hash_table_insert(t->region_codes, g_strdup_printf("%s-%s", f[1], f[2]), name);
		return;
	}
	add_names(t, f + 3, G_STRUCT_OFFSET(jp_gazetteer_names, country), name);
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

		t->names = new_table();
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

jp_gazetteer_names
jp_gazetteer_find(const char *text)
{
	g_autofree char *key = key_of(text);
	const jp_gazetteer_names *names = g_hash_table_lookup(tables()->names, key);

	return names ? *names : (jp_gazetteer_names){0};
}

static const jp_gazetteer_name *
find_code(GHashTable *table, const char *text)
{
	return g_hash_table_lookup(table, text);
}

const char *
jp_country_read(const char *text)
{
	const struct tables *t = tables();
	const jp_gazetteer_name *name;
	g_autofree char *upper = NULL;

	if (!text || !*text || strlen(text) > JP_MAX_NAME)
		return NULL;
	name = jp_gazetteer_find(text).country;
	if (!name && strlen(text) <= 3) {
		upper = g_ascii_strup(text, -1);
		name = find_code(strlen(text) == 2 ? t->alpha2 : t->alpha3, upper);
	}
	return name ? name->country : NULL;
}

const char *
jp_country_name(const char *alpha2)
{
	const jp_gazetteer_name *name = alpha2 ? find_code(tables()->alpha2, alpha2) : NULL;

	return name ? name->name : NULL;
}

const jp_gazetteer_name *
jp_gazetteer_alpha2(const char *code)
{
	return g_hash_table_lookup(tables()->alpha2, code);
}

const jp_gazetteer_name *
jp_gazetteer_alpha3(const char *code)
{
	return g_hash_table_lookup(tables()->alpha3, code);
}

const jp_gazetteer_name *
jp_gazetteer_region_code(const char *country, const char *code)
{
	char key[8];

	if (!country)
		return g_hash_table_lookup(tables()->region_codes, code);
	g_snprintf(key, sizeof(key), "%s-%s", country, code);
	return g_hash_table_lookup(tables()->region_codes, key);
}

gboolean
jp_gazetteer_has(const char *text)
{
	const jp_gazetteer_names names = jp_gazetteer_find(text);

	return names.country || names.region || names.city || jp_gazetteer_alpha2(text);
}
