/*
 * How well the reading of titles, places and texts agrees with recorded labels; for the bench,
 * which prints it, and for the test, which holds a floor.  With LABELS_VERBOSE set each
 * disagreement is printed.
 */
#ifndef T_LABELS_H
#define T_LABELS_H

#include <stdio.h>

#include "base/base.h"
#include "posting/posting.h"
#include "recorded.h"

typedef struct score {
	guint n, right; /* rows, and those that agree (unknown with unknown too) */
	guint wanted, given, given_right; /* rows with a label; that we filled; filled rightly */
} score;

static inline double
score_accuracy(const score *s)
{
	return s->n ? (double)s->right / s->n : 0;
}

static inline double
score_precision(const score *s)
{
	return s->given ? (double)s->given_right / s->given : 0;
}

static inline double
score_recall(const score *s)
{
	return s->wanted ? (double)s->given_right / s->wanted : 0;
}

static inline double
score_f1(const score *s)
{
	return s->wanted + s->given ? 2.0 * s->given_right / (s->wanted + s->given) : 0;
}

static inline void
score_add(score *s, const char *what, const char *input, const char *want, const char *got)
{
	gboolean same = g_strcmp0(want, got) == 0;

	s->n++;
	s->right += same;
	s->wanted += want != NULL;
	s->given += got != NULL;
	s->given_right += same && got != NULL;
	if (!same && g_getenv("LABELS_VERBOSE"))
		printf("# %s: \"%.300s\": %s, not %s\n", what, input, got ? got : "-",
		    want ? want : "-");
}

/* ---- one field each ------------------------------------------------------------------ */

static inline void
label_level(score *s, const char *title, const char *want)
{
	if (strcmp(want, "staff") == 0 || strcmp(want, "principal") == 0)
		want = "lead";
	if (strcmp(want, "unknown") == 0)
		want = NULL;
	score_add(s, "level", title, want, jp_level_word(jp_level_read(title)));
}

/* The name that our table has for a labelled city. */
static inline char *
label_city_name(const char *city, const char *country)
{
	g_autoptr(jp_posting) p = jp_posting_new();

	if (!city)
		return NULL;
	jp_posting_add_location(p, NULL, city, NULL, country);
	return p->locations->len ? jp_text_fold(((const jp_location *)p->locations->pdata[0])->city)
				 : jp_text_fold(city);
}

static inline void
label_place(score *country, score *city, score *remote, const char *raw, const cJSON *labels)
{
	const char *want_country = jp_json_text(labels, "country");
	g_autofree char *want_city = label_city_name(jp_json_text(labels, "city"), want_country);
	g_autofree char *got_city = NULL;
	g_autoptr(jp_posting) p = jp_posting_new();
	const jp_location *l;
	gboolean is_remote;

	if (!raw)
		return;
	jp_posting_add_place(p, raw);
	l = p->locations->len ? p->locations->pdata[0] : NULL;
	got_city = l && l->city ? jp_text_fold(l->city) : NULL;
	score_add(country, "country", raw, jp_country_read(want_country), l ? l->country : NULL);
	score_add(city, "city", raw, want_city, got_city);
	if (remote && jp_json_bool(labels, "remote", &is_remote))
		score_add(remote, "remote", raw, is_remote ? "remote" : NULL,
		    p->remote == JP_REMOTE_REMOTE ? "remote" : NULL);
}

static inline char *
label_range(double min, double max, const char *period)
{
	return g_strdup_printf("%.2f-%.2f%s%s", min, max, period ? " " : "", period ? period : "");
}

/* The range and, where we state one, the period. */
static inline void
label_salary(score *s, const char *text, const cJSON *want)
{
	g_autoptr(jp_posting) p = jp_posting_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *wanted = NULL, *got = NULL;
	const cJSON *min = cJSON_GetObjectItem(want, "min"),
		    *max = cJSON_GetObjectItem(want, "max");

	p->external_id = g_strdup("x");
	p->title = g_strdup("x");
	p->url = g_strdup("https://example.org/");
	p->description = g_strdup(text);
	jp_posting_normalise(p, "x", &error);
	if (p->salary_min || p->salary_max)
		got = label_range((double)p->salary_min / 1e6, (double)p->salary_max / 1e6,
		    jp_period_word(p->salary_period));
	if (cJSON_IsObject(want))
		wanted = label_range(cJSON_IsNumber(min) ? min->valuedouble : 0,
		    cJSON_IsNumber(max) ? max->valuedouble : 0,
		    p->salary_period ? jp_json_text(want, "interval") : NULL);
	score_add(s, "salary", text, wanted, got);
}

/* ---- the sets ------------------------------------------------------------------------ */

typedef struct label_scores {
	score level, country, city, salary; /* ergon's sets of one field */
	score gold_level, gold_country, gold_city, gold_remote, gold_salary; /* its 500 postings */
	score skills, ergon_skills;
} label_scores;

static inline void
label_gold(label_scores *s, const cJSON *row)
{
	const cJSON *gold = jp_json_get(row, "gold");
	const char *text = jp_json_text(row, "description_text");

	label_level(&s->gold_level, jp_json_text(row, "title"), jp_json_text(gold, "level"));
	label_place(&s->gold_country, &s->gold_city, &s->gold_remote,
	    jp_json_text(row, "location_raw"), gold);
	/* The label may come from a field of the service; only what the text holds is ours. */
	if (text && !cJSON_IsObject(jp_json_get(row, "structured_salary")))
		label_salary(&s->gold_salary, text, jp_json_get(gold, "salary"));
}

/* Skills are counted one by one; a label our table does not know is one we miss. */
static inline void
label_skills(score *s, const char *text, const cJSON *wanted)
{
	g_autoptr(GPtrArray) got = jp_skills_find(text);
	const cJSON *one;

	cJSON_ArrayForEach (one, wanted) {
		const char *name = jp_skill_read(cJSON_GetStringValue(one));
		gboolean found = FALSE;

		for (guint i = 0; name && i < got->len && !found; i++)
			found = strcmp(got->pdata[i], name) == 0;
		s->wanted++;
		s->given_right += found;
		if (!found && g_getenv("LABELS_VERBOSE"))
			printf("# skill: missed %s (%s)\n", cJSON_GetStringValue(one),
			    name ? name : "not in the table");
	}
	s->given += got->len;
	s->n++;
}

/* FALSE: no recorded data. */
static inline gboolean
label_measure(label_scores *s)
{
	g_autoptr(GPtrArray) level = recorded_lines("labels/ergon/level.jsonl");
	g_autoptr(GPtrArray) geo = recorded_lines("labels/ergon/geo.jsonl");
	g_autoptr(GPtrArray) salary = recorded_lines("labels/ergon/salary.jsonl");
	g_autoptr(GPtrArray) gold = recorded_lines("labels/ergon/gold.jsonl.gz");
	g_autoptr(GPtrArray) skills = recorded_lines("labels/tech-salary-radar/skills_eval.jsonl");
	g_autoptr(GPtrArray) ergon = recorded_lines("labels/ergon/skills.jsonl.gz");

	*s = (label_scores){0};
	if (!level || !geo || !salary || !gold || !skills || !ergon)
		return FALSE;
	for (guint i = 0; i < level->len; i++)
		label_level(&s->level, jp_json_text(level->pdata[i], "title"),
		    jp_json_text(level->pdata[i], "level"));
	for (guint i = 0; i < geo->len; i++)
		label_place(&s->country, &s->city, NULL,
		    jp_json_text(geo->pdata[i], "location_raw"), geo->pdata[i]);
	for (guint i = 0; i < salary->len; i++)
		label_salary(&s->salary, jp_json_text(salary->pdata[i], "text"),
		    jp_json_get(salary->pdata[i], "expect"));
	for (guint i = 0; i < gold->len; i++)
		label_gold(s, gold->pdata[i]);
	for (guint i = 0; i < skills->len; i++)
		label_skills(&s->skills, jp_json_text(skills->pdata[i], "text"),
		    jp_json_get(skills->pdata[i], "expected"));
	for (guint i = 0; i < ergon->len; i++)
		label_skills(&s->ergon_skills, jp_json_text(ergon->pdata[i], "text"),
		    jp_json_get(ergon->pdata[i], "skills"));
	return TRUE;
}

#endif
