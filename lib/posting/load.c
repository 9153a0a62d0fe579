/*
 * A stored posting is read back, with its places and skills.
 */
#include <string.h>

#include "base/base.h"
#include "posting/internal.h"

static void
load_places(jp_db *db, jp_posting *p)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_LOCATION_OF, JP_ARGS(JP_INT(p->id)));

	while (jp_rows_next(r)) {
		jp_location *l = g_new0(jp_location, 1);

		l->text = g_strdup(jp_rows_text(r, JP_COL_LOCATION_OF_TEXT));
		l->city = g_strdup(jp_rows_text(r, JP_COL_LOCATION_OF_CITY));
		l->region = g_strdup(jp_rows_text(r, JP_COL_LOCATION_OF_REGION));
		l->country = g_strdup(jp_rows_text(r, JP_COL_LOCATION_OF_COUNTRY));
		g_ptr_array_add(p->locations, l);
	}
}

static void
load_skills(jp_db *db, jp_posting *p)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_POSTING_SKILL_OF, JP_ARGS(JP_INT(p->id)));

	while (jp_rows_next(r))
		g_ptr_array_add(
		    p->skills, g_strdup(jp_rows_text(r, JP_COL_POSTING_SKILL_OF_SKILL)));
}

static char *
text_at(const jp_rows *r, int col)
{
	return g_strdup(jp_rows_text(r, col));
}

static void
load_texts(const jp_rows *r, jp_posting *p)
{
	p->external_id = text_at(r, JP_COL_POSTING_GET_EXTERNAL_ID);
	p->requisition = text_at(r, JP_COL_POSTING_GET_REQUISITION);
	p->title = text_at(r, JP_COL_POSTING_GET_TITLE);
	p->company = text_at(r, JP_COL_POSTING_GET_COMPANY);
	p->description = text_at(r, JP_COL_POSTING_GET_DESCRIPTION);
	p->url = text_at(r, JP_COL_POSTING_GET_URL);
	p->apply_url = text_at(r, JP_COL_POSTING_GET_APPLY_URL);
	p->department = text_at(r, JP_COL_POSTING_GET_DEPARTMENT);
	p->language = text_at(r, JP_COL_POSTING_GET_LANGUAGE);
}

/* Words that are not ours read as unknown: FALSE needs no answer. */
static void
load_values(const jp_rows *r, jp_posting *p)
{
	const char *currency = jp_rows_text(r, JP_COL_POSTING_GET_SALARY_CURRENCY);
	const void *hash;
	gsize len = 0;

	(void)jp_employment_from_word(
	    jp_rows_text(r, JP_COL_POSTING_GET_EMPLOYMENT_TYPE), &p->employment);
	(void)jp_level_from_word(jp_rows_text(r, JP_COL_POSTING_GET_LEVEL), &p->level);
	(void)jp_remote_from_word(jp_rows_text(r, JP_COL_POSTING_GET_REMOTE), &p->remote);
	(void)jp_period_from_word(
	    jp_rows_text(r, JP_COL_POSTING_GET_SALARY_PERIOD), &p->salary_period);
	p->salary_min = jp_rows_int_or(r, JP_COL_POSTING_GET_SALARY_MIN, 0);
	p->salary_max = jp_rows_int_or(r, JP_COL_POSTING_GET_SALARY_MAX, 0);
	g_strlcpy(p->salary_currency, currency ? currency : "", sizeof(p->salary_currency));
	p->posted_at = jp_rows_int_or(r, JP_COL_POSTING_GET_POSTED_AT, 0);
	p->posted_flags = (guint)jp_rows_int(r, JP_COL_POSTING_GET_POSTED_FLAGS);
	p->updated_at = jp_rows_int_or(r, JP_COL_POSTING_GET_UPDATED_AT, 0);
	p->valid_through = jp_rows_int_or(r, JP_COL_POSTING_GET_VALID_THROUGH, 0);
	p->dedupe_key = jp_rows_int(r, JP_COL_POSTING_GET_DEDUPE_KEY);
	hash = jp_rows_blob(r, JP_COL_POSTING_GET_HASH, &len);
	memcpy(p->hash, hash, MIN(len, sizeof(p->hash)));
}

jp_posting *
jp_posting_load(jp_db *db, gint64 id)
{
	g_autoptr(jp_posting) p = jp_posting_new();
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_POSTING_GET, JP_ARGS(JP_INT(id)));

	if (!jp_rows_next(r))
		return NULL;
	p->id = id;
	load_texts(r, p);
	load_values(r, p);
	load_places(db, p);
	load_skills(db, p);
	return g_steal_pointer(&p);
}
