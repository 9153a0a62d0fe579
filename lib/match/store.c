/*
 * Saved searches as rows.  A change of what a search asks for makes it due to be run against the
 * open postings again; a change of how often it is mailed does not.
 */
#include "match/internal.h"

#include <string.h>

/* ---- reading ---------------------------------------------------------------------------- */

static gboolean
read_list(const jp_rows *r, int col, char ***out)
{
	char **list = jp_json_to_strv(jp_rows_text(r, col));

	if (!list)
		return FALSE;
	g_strfreev(*out);
	*out = list;
	return TRUE;
}

static gboolean
read_set(const jp_rows *r, int col, jp_mask which, guint *mask)
{
	g_auto(GStrv) words = jp_json_to_strv(jp_rows_text(r, col));

	return words && jp_mask_read(which, words, mask, NULL);
}

static gboolean
read_lists(const jp_rows *r, jp_search *s)
{
	return read_list(r, JP_COL_SEARCH_ROWS_TITLES, &s->titles) &&
	    read_list(r, JP_COL_SEARCH_ROWS_SKILLS, &s->skills) &&
	    read_list(r, JP_COL_SEARCH_ROWS_LOCATIONS, &s->locations) &&
	    read_list(r, JP_COL_SEARCH_ROWS_COMPANIES_IN, &s->companies_in) &&
	    read_list(r, JP_COL_SEARCH_ROWS_COMPANIES_OUT, &s->companies_out) &&
	    read_list(r, JP_COL_SEARCH_ROWS_LANGUAGES, &s->languages) &&
	    read_set(r, JP_COL_SEARCH_ROWS_REMOTE, JP_MASK_REMOTE, &s->remote_mask) &&
	    read_set(r, JP_COL_SEARCH_ROWS_LEVELS, JP_MASK_LEVELS, &s->level_mask) &&
	    read_set(r, JP_COL_SEARCH_ROWS_TYPES, JP_MASK_TYPES, &s->employment_mask);
}

static gboolean
read_salary(const jp_rows *r, jp_search *s)
{
	const char *currency = jp_rows_text(r, JP_COL_SEARCH_ROWS_SALARY_CURRENCY);
	const char *period = jp_rows_text(r, JP_COL_SEARCH_ROWS_SALARY_PERIOD);

	s->salary_min = jp_rows_int_or(r, JP_COL_SEARCH_ROWS_SALARY_MIN, 0);
	if (currency)
		g_strlcpy(s->salary_currency, currency, sizeof(s->salary_currency));
	return !period || jp_period_from_word(period, &s->salary_period);
}

static gboolean
read_row(const jp_rows *r, jp_search *s)
{
	const char *frequency = jp_rows_text(r, JP_COL_SEARCH_ROWS_FREQUENCY);

	s->id = jp_rows_int(r, JP_COL_SEARCH_ROWS_ID);
	s->subscriber_id = jp_rows_int(r, JP_COL_SEARCH_ROWS_SUBSCRIBER_ID);
	s->revision = jp_rows_int(r, JP_COL_SEARCH_ROWS_REVISION);
	s->is_paused = !jp_rows_is_null(r, JP_COL_SEARCH_ROWS_PAUSED_AT);
	g_free(s->name);
	s->name = g_strdup(jp_rows_text(r, JP_COL_SEARCH_ROWS_NAME));
	g_free(s->query);
	s->query = g_strdup(jp_rows_text(r, JP_COL_SEARCH_ROWS_QUERY));
	s->max_age = jp_rows_int_or(r, JP_COL_SEARCH_ROWS_MAX_AGE_MS, 0);
	s->min_score = (int)jp_rows_int_or(r, JP_COL_SEARCH_ROWS_MIN_SCORE, -1);
	return read_lists(r, s) && read_salary(r, s) &&
	    (!frequency || jp_frequency_from_word(frequency, &s->frequency));
}

/* A row that no check of ours would have let in is said and left out, and the others go on. */
gboolean
jp_search_read_row(const jp_rows *r, jp_search **out)
{
	g_autoptr(jp_search) s = jp_search_new();

	if (!read_row(r, s)) {
		jp_warn("search %" G_GINT64_FORMAT
			": its row cannot be read; save it again with jp-user(1)",
		    s->id);
		return FALSE;
	}
	*out = g_steal_pointer(&s);
	return TRUE;
}

jp_search *
jp_search_load(jp_db *db, gint64 id)
{
	g_autoptr(jp_rows) r =
	    jp_db_query(db, JP_SQL_SEARCH_ROWS, JP_ARGS(JP_INT(id), JP_NULL, JP_NULL, JP_NULL));
	jp_search *s = NULL;

	return jp_rows_next(r) && jp_search_read_row(r, &s) ? s : NULL;
}

GPtrArray *
jp_search_list(jp_db *db, gint64 subscriber_id)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)jp_search_free);
	g_autoptr(jp_rows) r = jp_db_query(
	    db, JP_SQL_SEARCH_ROWS, JP_ARGS(JP_NULL, JP_INT(subscriber_id), JP_NULL, JP_NULL));
	jp_search *s;

	while (jp_rows_next(r))
		if (jp_search_read_row(r, &s))
			g_ptr_array_add(list, s);
	return list;
}

/* ---- writing ---------------------------------------------------------------------------- */

/* The lists of a search as statements take them. */
struct texts {
	char *titles, *skills, *locations, *remote, *levels, *types;
	char *companies_in, *companies_out, *languages;
};

static char *
list_text(char *const *strings)
{
	return jp_json_from_strv((const char *const *)strings);
}

static char *
set_text(jp_mask which, guint mask)
{
	g_auto(GStrv) words = jp_mask_words(which, mask);

	return list_text(words);
}

static void
texts_make(struct texts *t, const jp_search *s)
{
	t->titles = list_text(s->titles);
	t->skills = list_text(s->skills);
	t->locations = list_text(s->locations);
	t->remote = set_text(JP_MASK_REMOTE, s->remote_mask);
	t->levels = set_text(JP_MASK_LEVELS, s->level_mask);
	t->types = set_text(JP_MASK_TYPES, s->employment_mask);
	t->companies_in = list_text(s->companies_in);
	t->companies_out = list_text(s->companies_out);
	t->languages = list_text(s->languages);
}

static void
texts_clear(struct texts *t)
{
	g_free(t->titles);
	g_free(t->skills);
	g_free(t->locations);
	g_free(t->remote);
	g_free(t->levels);
	g_free(t->types);
	g_free(t->companies_in);
	g_free(t->companies_out);
	g_free(t->languages);
}

/* What both statements take in the same order. */
#define CONTENT(s, t)                                                                              \
	JP_TEXT((s)->query), JP_LIST((t).titles), JP_LIST((t).skills), JP_LIST((t).locations),     \
	    JP_LIST((t).remote), JP_LIST((t).levels), JP_LIST((t).types),                          \
	    JP_LIST((t).companies_in), JP_LIST((t).companies_out), JP_LIST((t).languages),         \
	    JP_INT_IF((s)->salary_min, (s)->salary_min),                                           \
	    JP_TEXT((s)->salary_min ? (s)->salary_currency : NULL),                                \
	    JP_TEXT((s)->salary_min ? jp_period_word((s)->salary_period) : NULL),                  \
	    JP_INT_IF((s)->max_age, (s)->max_age), JP_INT_IF((s)->min_score >= 0, (s)->min_score)

static void
add(jp_db *db, jp_search *s, const struct texts *t, gint64 next_at, gint64 now)
{
	s->id = jp_db_insert(db, JP_SQL_SEARCH_ADD,
	    JP_ARGS(JP_INT(s->subscriber_id), JP_TEXT(s->name), CONTENT(s, *t),
		JP_TEXT(jp_frequency_word(s->frequency)), JP_INT(next_at), JP_INT(now)));
	s->revision = 1;
}

static void
update(jp_db *db, jp_search *s, const struct texts *t, gint64 now)
{
	gboolean updated = jp_db_get_int(db, JP_SQL_SEARCH_UPDATE,
	    JP_ARGS(JP_INT(s->id), CONTENT(s, *t), JP_INT(now)), &s->revision);

	g_assert(updated);
	jp_db_exec(db, JP_SQL_MATCH_DROP_WAITING, JP_ARGS(JP_INT(s->id)));
}

/* TRUE when both ask for the same. */
static gboolean
same_content(const jp_search *a, const jp_search *b)
{
	g_autoptr(cJSON) x = jp_search_to_json(a);
	g_autoptr(cJSON) y = jp_search_to_json(b);

	cJSON_DeleteItemFromObject(x, "frequency");
	cJSON_DeleteItemFromObject(y, "frequency");
	return cJSON_Compare(x, y, TRUE);
}

gint64
jp_search_put(jp_db *db, jp_search *s, gint64 next_at, gint64 now)
{
	g_autoptr(jp_search) old = NULL;
	struct texts t;

	texts_make(&t, s);
	jp_db_lock(db, JP_SUBSCRIBER_LOCK);
	if (!jp_db_get_int(db, JP_SQL_SEARCH_FIND,
		JP_ARGS(JP_INT(s->subscriber_id), JP_TEXT(s->name)), &s->id)) {
		add(db, s, &t, next_at, now);
		texts_clear(&t);
		return s->id;
	}
	old = jp_search_load(db, s->id);
	if (!old || !same_content(old, s))
		update(db, s, &t, now);
	else
		s->revision = old->revision;
	if (!old || old->frequency != s->frequency)
		jp_db_exec(db, JP_SQL_SEARCH_SET_FREQUENCY,
		    JP_ARGS(JP_INT(s->id), JP_TEXT(jp_frequency_word(s->frequency)),
			JP_INT(next_at), JP_INT(now)));
	texts_clear(&t);
	return s->id;
}

gboolean
jp_search_remove(jp_db *db, gint64 subscriber_id, gint64 id)
{
	jp_db_lock(db, JP_SUBSCRIBER_LOCK);
	return jp_db_exec(db, JP_SQL_SEARCH_REMOVE, JP_ARGS(JP_INT(subscriber_id), JP_INT(id))) > 0;
}
