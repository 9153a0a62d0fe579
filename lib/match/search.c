/*
 * One saved search: made, checked, read from and written to JSON (keys as in jp-user(1)).  Pure.
 *
 * jp_search_check() is the one gate: what passed it compiles, and is stored as it stands.
 */
#include "match/internal.h"

#include <string.h>

/* Oldest posting that a search may ask for: no board lists what is older. */
#define MAX_AGE      (3650 * JP_DAY)
#define MAX_AGE_TEXT "10 years"

/* Where the lists are in the struct. */
static const struct {
	const char *key;
	gsize at;
} lists[] = {
    {"titles", G_STRUCT_OFFSET(jp_search, titles)},
    {"skills", G_STRUCT_OFFSET(jp_search, skills)},
    {"locations", G_STRUCT_OFFSET(jp_search, locations)},
    {"companies_in", G_STRUCT_OFFSET(jp_search, companies_in)},
    {"companies_out", G_STRUCT_OFFSET(jp_search, companies_out)},
    {"languages", G_STRUCT_OFFSET(jp_search, languages)},
};

#define LIST(s, i) (*(char ***)G_STRUCT_MEMBER_P(s, lists[i].at))

jp_search *
jp_search_new(void)
{
	jp_search *s = g_new0(jp_search, 1);

	s->name = g_strdup("");
	s->query = g_strdup("");
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		LIST(s, i) = g_new0(char *, 1);
	s->min_score = -1;
	return s;
}

void
jp_search_free(jp_search *s)
{
	if (!s)
		return;
	g_free(s->name);
	g_free(s->query);
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		g_strfreev(LIST(s, i));
	g_free(s);
}

static gboolean fail(GError **error, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

static gboolean
fail(GError **error, const char *fmt, ...)
{
	g_autofree char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA, what);
	return FALSE;
}

/* ---- vocabulary ------------------------------------------------------------------------- */

static const char *const frequencies[] = {
    "inherit", "instant", "daily", "weekdays", "weekly", "off", NULL};

const char *
jp_frequency_word(jp_frequency f)
{
	return f == JP_FREQUENCY_INHERIT ? NULL : frequencies[f];
}

gboolean
jp_frequency_from_word(const char *word, jp_frequency *out)
{
	for (int i = JP_FREQUENCY_INSTANT; frequencies[i]; i++)
		if (strcmp(word, frequencies[i]) == 0) {
			*out = (jp_frequency)i;
			return TRUE;
		}
	return FALSE;
}

/* One of the three sets of words, by what our vocabulary and what people call them. */
typedef guint (*word_reader)(const char *word);
typedef const char *(*word_writer)(int value);

static guint
remote_read(const char *word)
{
	jp_remote v;

	return jp_remote_from_word(word, &v) ? v : jp_remote_read(word);
}

static guint
level_read(const char *word)
{
	jp_level v;

	return jp_level_from_word(word, &v) ? v : jp_level_read(word);
}

static guint
employment_read(const char *word)
{
	jp_employment v;

	return jp_employment_from_word(word, &v) ? v : jp_employment_read(word);
}

static const char *
remote_word(int v)
{
	return jp_remote_word((jp_remote)v);
}

static const char *
level_word(int v)
{
	return jp_level_word((jp_level)v);
}

static const char *
employment_word(int v)
{
	return jp_employment_word((jp_employment)v);
}

static const struct {
	const char *key;
	gsize at;
	int n;
	word_reader read;
	word_writer write;
} masks[] = {
    {"remote", G_STRUCT_OFFSET(jp_search, remote_mask), JP_N_REMOTE, remote_read, remote_word},
    {"levels", G_STRUCT_OFFSET(jp_search, level_mask), JP_N_LEVEL, level_read, level_word},
    {"types", G_STRUCT_OFFSET(jp_search, employment_mask), JP_N_EMPLOYMENT, employment_read,
	employment_word},
};

#define MASK(s, i) (*(guint *)G_STRUCT_MEMBER_P(s, masks[i].at))

static guint
mask_of(const jp_search *s, gsize i)
{
	return *(const guint *)(const void *)((const guint8 *)s + masks[i].at);
}

char **
jp_mask_words(jp_mask i, guint mask)
{
	g_autoptr(GStrvBuilder) b = g_strv_builder_new();

	for (int v = 1; v < masks[i].n; v++)
		if (mask & (1u << v))
			g_strv_builder_add(b, masks[i].write(v));
	return g_strv_builder_end(b);
}

static gboolean
mask_add(guint *mask, jp_mask i, const char *word, GError **error)
{
	guint v = masks[i].read(word);
	g_auto(GStrv) known = NULL;
	g_autofree char *list = NULL;

	if (v) {
		*mask |= 1u << v;
		return TRUE;
	}
	known = jp_mask_words((jp_mask)i, ~0u);
	list = g_strjoinv(", ", known);
	return fail(error, "%s: unknown word \"%s\" (known are %s)", masks[i].key, word, list);
}

gboolean
jp_mask_read(jp_mask i, char *const *words, guint *mask, GError **error)
{
	*mask = 0;
	for (guint k = 0; words[k]; k++)
		if (!mask_add(mask, i, words[k], error))
			return FALSE;
	return TRUE;
}

/* ---- salaries --------------------------------------------------------------------------- */

/* "60,000", "60'000", "60k", "12.5": FALSE where a dot may be either sign ("60.000"). */
static gboolean
amount_read(const char *text, gint64 *micros)
{
	g_autoptr(GString) digits = g_string_new(NULL);
	gboolean is_thousands = g_str_has_suffix(text, "k") || g_str_has_suffix(text, "K");
	gsize n = strlen(text) - is_thousands;
	const char *dot = memchr(text, '.', n);

	if (dot && (gsize)(text + n - dot) == 4)
		return FALSE;
	for (gsize i = 0; i < n; i++)
		if (!strchr(",' ", text[i]))
			g_string_append_c(digits, text[i]);
	if (!digits->len || !jp_micros_parse(digits->str, micros))
		return FALSE;
	if (is_thousands)
		*micros = *micros <= G_MAXINT64 / 1000 ? *micros * 1000 : 0;
	return *micros > 0;
}

/* "60000 EUR/year", "500 GBP per day", "60k EUR": a year where nothing is said. */
static gboolean
salary_read(jp_search *s, const char *text, GError **error)
{
	g_autofree char *clean = jp_text_clean(text, -1, JP_MAX_NAME, FALSE);
	gsize n = strspn(clean, "0123456789.,' ");
	g_autofree char *amount = NULL;
	const char *p;

	n += (clean[n] == 'k' || clean[n] == 'K') && !g_ascii_isalpha(clean[n + 1]);
	amount = g_strstrip(g_strndup(clean, n));
	for (p = clean + n; *p == ' ';)
		p++;
	if (!amount_read(amount, &s->salary_min) || !g_ascii_isalpha(p[0]) ||
	    !g_ascii_isalpha(p[1]) || !g_ascii_isalpha(p[2]) || g_ascii_isalpha(p[3]))
		return fail(error, "salary_min: \"%s\" is not like \"60000 EUR/year\"", clean);
	for (int i = 0; i < 3; i++)
		s->salary_currency[i] = g_ascii_toupper(p[i]);
	p += 3 + strspn(p + 3, " /");
	if (g_ascii_strncasecmp(p, "per ", 4) == 0 || g_ascii_strncasecmp(p, "a ", 2) == 0)
		p = strchr(p, ' ') + 1;
	if (!*p)
		s->salary_period = JP_PERIOD_YEAR;
	else if (!jp_period_from_word(p, &s->salary_period))
		s->salary_period = jp_period_read(p);
	if (!s->salary_period)
		return fail(error,
		    "salary_min: \"%s\" is no period (known are hour, day, week, month, year)", p);
	return TRUE;
}

static char *
salary_write(const jp_search *s)
{
	g_autoptr(GString) amount = g_string_new(NULL);

	g_string_printf(amount, "%" G_GINT64_FORMAT, s->salary_min / 1000000);
	if (s->salary_min % 1000000) {
		g_string_append_printf(amount, ".%06d", (int)(s->salary_min % 1000000));
		while (amount->str[amount->len - 1] == '0')
			g_string_truncate(amount, amount->len - 1);
		/* Three decimals would read as thousands. */
		if (amount->len > 4 && amount->str[amount->len - 4] == '.')
			g_string_append_c(amount, '0');
	}
	return g_strdup_printf(
	    "%s %s/%s", amount->str, s->salary_currency, jp_period_word(s->salary_period));
}

static gboolean
salary_check(const jp_search *s, GError **error)
{
	if (!s->salary_min)
		return TRUE;
	if (s->salary_min < 0)
		return fail(error, "salary_min: below nothing");
	if (strlen(s->salary_currency) != 3 || !s->salary_period)
		return fail(
		    error, "salary_min: has no currency or period; write \"60000 EUR/year\"");
	for (int i = 0; i < 3; i++)
		if (!g_ascii_isupper(s->salary_currency[i]))
			return fail(error, "salary_min: \"%s\" is no currency", s->salary_currency);
	return TRUE;
}

/* ---- the check -------------------------------------------------------------------------- */

/* The form in which an item of a list is kept, NULL with *error when it is none; takes item. */
static char *
canonical_item(const char *key, char *item, GError **error)
{
	g_autofree char *owned = item;
	g_autoptr(jp_place) place = NULL;
	g_auto(GStrv) words = jp_words_of(item);

	if (!words) {
		fail(error, "%s: \"%s\" has no letter or digit", key, item);
		return NULL;
	}
	if (strcmp(key, "skills") == 0) {
		const char *skill = jp_skill_read(item);

		return skill ? g_strdup(skill) : g_steal_pointer(&owned);
	}
	if (strcmp(key, "languages") == 0) {
		if (strlen(item) == 2 && g_ascii_isalpha(item[0]) && g_ascii_isalpha(item[1]))
			return g_ascii_strdown(item, -1);
		fail(error, "languages: \"%s\" is no ISO 639-1 code such as en or de", item);
		return NULL;
	}
	if (strcmp(key, "locations") != 0)
		return g_steal_pointer(&owned);
	place = jp_place_read(item);
	if (!place) {
		fail(error,
		    "locations: \"%s\" is not a place; work models are said as remote: [remote]",
		    item);
		return NULL;
	}
	if (jp_country_read(item) && jp_country_name(place->country))
		return g_strdup(jp_country_name(place->country));
	return g_steal_pointer(&owned);
}

static gboolean
has_folded(const GPtrArray *list, const char *item)
{
	for (guint i = 0; i < list->len; i++)
		if (jp_text_eq_folded(g_ptr_array_index(list, i), item))
			return TRUE;
	return FALSE;
}

/* Cleans and canonicalises a list; what is in it twice is kept once. */
static gboolean
list_check(jp_search *s, gsize i, GError **error)
{
	g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
	guint n = g_strv_length(LIST(s, i));

	if (n > JP_MAX_SEARCH_LIST)
		return fail(error, "%s: more than %d entries", lists[i].key, JP_MAX_SEARCH_LIST);
	for (guint k = 0; k < n; k++) {
		g_autofree char *item = NULL;

		if (strlen(LIST(s, i)[k]) > JP_MAX_NAME)
			return fail(error, "%s: an entry is longer than %d bytes", lists[i].key,
			    JP_MAX_NAME);
		item = canonical_item(
		    lists[i].key, jp_text_clean(LIST(s, i)[k], -1, JP_MAX_NAME, FALSE), error);
		if (!item)
			return FALSE;
		if (!has_folded(kept, item))
			g_ptr_array_add(kept, g_steal_pointer(&item));
	}
	g_ptr_array_add(kept, NULL);
	g_strfreev(LIST(s, i));
	LIST(s, i) = (char **)g_ptr_array_free(g_steal_pointer(&kept), FALSE);
	return TRUE;
}

gboolean
jp_search_check(jp_search *s, GError **error)
{
	g_autoptr(jp_query) q = NULL;
	char *name = jp_text_clean(s->name, -1, JP_MAX_NAME, FALSE);

	g_free(s->name);
	s->name = name;
	if (!*s->name)
		return fail(error, "name: is missing");
	q = jp_query_parse(s->query, error);
	if (!q)
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		if (!list_check(s, i, error))
			return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(masks); i++)
		if (MASK(s, i) & ~((1u << masks[i].n) - 2))
			return fail(error, "%s: has an unknown value", masks[i].key);
	if (s->max_age < 0 || s->max_age > MAX_AGE)
		return fail(error, "max_age: not between 0 and " MAX_AGE_TEXT);
	if (s->min_score < -1 || s->min_score > 100)
		return fail(error, "min_score: not between 0 and 100");
	return salary_check(s, error);
}

/* ---- JSON ------------------------------------------------------------------------------- */

/* The strings of an array, or the one string, or none of null; FALSE with *error otherwise. */
static gboolean
read_strings(const char *key, const cJSON *v, char ***out, GError **error)
{
	g_autoptr(GStrvBuilder) b = g_strv_builder_new();
	const cJSON *item;

	if (cJSON_IsString(v))
		g_strv_builder_add(b, v->valuestring);
	else if (!cJSON_IsArray(v) && !cJSON_IsNull(v))
		return fail(error, "%s: not a text or a list of texts", key);
	cJSON_ArrayForEach (item, v) {
		if (!cJSON_IsString(item))
			return fail(error, "%s: an entry is not a text", key);
		g_strv_builder_add(b, item->valuestring);
	}
	g_strfreev(*out);
	*out = g_strv_builder_end(b);
	return TRUE;
}

static gboolean
read_text(const cJSON *v, char **out, GError **error)
{
	if (!cJSON_IsString(v))
		return fail(error, "%s: not a text", v->string);
	g_free(*out);
	*out = g_strdup(v->valuestring);
	return TRUE;
}

static gboolean
read_mask(jp_search *s, gsize i, const cJSON *v, GError **error)
{
	g_auto(GStrv) words = NULL;

	return read_strings(masks[i].key, v, &words, error) &&
	    jp_mask_read((jp_mask)i, words, &MASK(s, i), error);
}

/* companies: {in: [...], out: [...]}, or a bare list of those that are wanted. */
static gboolean
read_companies(jp_search *s, const cJSON *v, GError **error)
{
	const cJSON *member;

	if (!cJSON_IsObject(v))
		return read_strings("companies", v, &s->companies_in, error);
	cJSON_ArrayForEach (member, v) {
		gboolean is_in = strcmp(member->string, "in") == 0;

		if (!is_in && strcmp(member->string, "out") != 0)
			return fail(error, "companies: unknown key \"%s\" (known are in, out)",
			    member->string);
		if (!read_strings(is_in ? "companies_in" : "companies_out", member,
			is_in ? &s->companies_in : &s->companies_out, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
read_score(jp_search *s, const cJSON *v, GError **error)
{
	gint64 score = v->valuedouble >= -1 && v->valuedouble <= 101 ? (gint64)v->valuedouble : 101;

	if (cJSON_IsString(v)
		? !jp_int_parse(v->valuestring, 0, 100, &score)
		: !cJSON_IsNumber(v) || score < 0 || score > 100 || (double)score != v->valuedouble)
		return fail(error, "min_score: not a whole number from 0 to 100");
	s->min_score = (int)score;
	return TRUE;
}

static gboolean
read_frequency(jp_search *s, const cJSON *v, GError **error)
{
	if (cJSON_IsString(v) && jp_frequency_from_word(v->valuestring, &s->frequency))
		return TRUE;
	return fail(error, "frequency: not one of instant, daily, weekdays, weekly, off");
}

static const char *const known_keys[] = {"name", "query", "titles", "skills", "locations", "remote",
    "levels", "types", "companies", "companies_in", "companies_out", "languages", "salary_min",
    "max_age", "min_score", "frequency", NULL};

static gboolean
read_scalar(jp_search *s, const cJSON *v, GError **error)
{
	const char *key = v->string;
	const char *meant;

	if (strcmp(key, "name") == 0)
		return read_text(v, &s->name, error);
	if (strcmp(key, "query") == 0)
		return read_text(v, &s->query, error);
	if (strcmp(key, "companies") == 0)
		return read_companies(s, v, error);
	if (strcmp(key, "min_score") == 0)
		return read_score(s, v, error);
	if (strcmp(key, "frequency") == 0)
		return read_frequency(s, v, error);
	if (strcmp(key, "salary_min") == 0)
		return cJSON_IsString(v)
		    ? salary_read(s, v->valuestring, error)
		    : fail(error, "salary_min: not a text like \"60000 EUR/year\"");
	if (strcmp(key, "max_age") == 0) {
		if (cJSON_IsString(v) && jp_duration_parse(v->valuestring, &s->max_age))
			return TRUE;
		return fail(error, "max_age: not a duration such as 14d");
	}
	meant = jp_closest(key, known_keys);
	return fail(error, "unknown key \"%s\"%s%s%s", key, meant ? " (did you mean " : "",
	    meant ? meant : "", meant ? "?)" : "");
}

static gboolean
read_member(jp_search *s, const cJSON *v, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		if (strcmp(v->string, lists[i].key) == 0)
			return read_strings(v->string, v, &LIST(s, i), error);
	for (gsize i = 0; i < G_N_ELEMENTS(masks); i++)
		if (strcmp(v->string, masks[i].key) == 0)
			return read_mask(s, i, v, error);
	return read_scalar(s, v, error);
}

gboolean
jp_search_from_json(jp_search *s, const cJSON *o, GError **error)
{
	const cJSON *v;

	if (!cJSON_IsObject(o))
		return fail(error, "a search is a mapping of keys to values");
	cJSON_ArrayForEach (v, o)
		if (!read_member(s, v, error))
			return FALSE;
	return TRUE;
}

static void
add_strings(cJSON *o, const char *key, char **strings)
{
	if (strings[0])
		cJSON_AddItemToObject(o, key,
		    cJSON_CreateStringArray(
			(const char *const *)strings, (int)g_strv_length(strings)));
}

static void
add_companies(cJSON *o, const jp_search *s)
{
	cJSON *companies;

	if (!s->companies_in[0] && !s->companies_out[0])
		return;
	companies = cJSON_AddObjectToObject(o, "companies");
	add_strings(companies, "in", s->companies_in);
	add_strings(companies, "out", s->companies_out);
}

cJSON *
jp_search_to_json(const jp_search *s)
{
	cJSON *o = cJSON_CreateObject();
	g_autofree char *salary = s->salary_min ? salary_write(s) : NULL;
	g_autofree char *max_age = s->max_age ? jp_duration_format(s->max_age) : NULL;

	cJSON_AddStringToObject(o, "name", s->name);
	cJSON_AddStringToObject(o, "query", s->query);
	add_strings(o, "titles", s->titles);
	add_strings(o, "skills", s->skills);
	add_strings(o, "locations", s->locations);
	for (gsize i = 0; i < G_N_ELEMENTS(masks); i++) {
		g_auto(GStrv) words = jp_mask_words((jp_mask)i, mask_of(s, i));

		add_strings(o, masks[i].key, words);
	}
	add_companies(o, s);
	add_strings(o, "languages", s->languages);
	if (salary)
		cJSON_AddStringToObject(o, "salary_min", salary);
	if (max_age)
		cJSON_AddStringToObject(o, "max_age", max_age);
	if (s->min_score >= 0)
		cJSON_AddNumberToObject(o, "min_score", s->min_score);
	if (s->frequency != JP_FREQUENCY_INHERIT)
		cJSON_AddStringToObject(o, "frequency", jp_frequency_word(s->frequency));
	return o;
}
