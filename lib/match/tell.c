/*
 * The conditions of a search in words: the lines that say why a posting was picked, and why not.
 */
#include "match/internal.h"

#include <string.h>

/* Entries of a list that a reason names. */
#define MAX_NAMED 5

/* Appends "60,000" or "12.50". */
static void
amount_tell(GString *out, gint64 micros)
{
	g_autofree char *whole = g_strdup_printf("%" G_GINT64_FORMAT, micros / 1000000);
	gsize n = strlen(whole);

	for (gsize i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			g_string_append_c(out, ',');
		g_string_append_c(out, whole[i]);
	}
	if (micros % 1000000)
		g_string_append_printf(out, ".%02d", (int)(micros % 1000000 / 10000));
}

char *
jp_salary_tell(gint64 min, gint64 max, const char *currency, jp_period period)
{
	GString *out = g_string_new(NULL);
	const char *word = jp_period_word(period);

	amount_tell(out, min > 0 ? min : max);
	if (min > 0 && max > min) {
		g_string_append_c(out, '-');
		amount_tell(out, max);
	}
	g_string_append_printf(
	    out, "%s%s%s%s", *currency ? " " : "", currency, word ? "/" : "", word ? word : "");
	return g_string_free(out, FALSE);
}

static char *
salary_tell(const jp_look *l, const jp_entry *e)
{
	const jp_posting *p = l->d->posting;
	guint n;
	const guint32 *args = jp_code_find(l->m, e, JP_COND_SALARY, &n);
	const char currency[] = {(char)(args[0] >> 16), (char)(args[0] >> 8), (char)args[0], '\0'};
	g_autofree char *wanted =
	    jp_salary_tell(jp_code_wide(args + 2), 0, currency, (jp_period)args[1]);
	g_autofree char *stated = NULL;

	if (p->salary_min <= 0 && p->salary_max <= 0)
		return g_strdup("salary is not stated");
	stated = jp_salary_tell(p->salary_min, p->salary_max, p->salary_currency, p->salary_period);
	switch (jp_cond_salary(l, args)) {
	case JP_PAY_UNKNOWN:
		return g_strdup_printf("salary %s cannot be compared with %s", stated, wanted);
	case JP_PAY_BELOW:
		return g_strdup_printf("salary %s is below %s", stated, wanted);
	case JP_PAY_REACHED:
		return g_strdup_printf("salary %s reaches %s", stated, wanted);
	case JP_PAY_ABOVE:
		break;
	}
	return g_strdup_printf("salary %s is at least %s", stated, wanted);
}

/* What follows "none of": the first entries of a list. */
static void
append_name(GString *out, guint i, guint n, const char *name)
{
	if (i < MAX_NAMED)
		g_string_append_printf(out, "%s%s", i ? ", " : "", name);
	else if (i == MAX_NAMED)
		g_string_append_printf(out, " or %u more", n - i);
}

static char *
terms_tell(const jp_look *l, const jp_entry *e, jp_cond kind, gboolean present)
{
	GString *out = g_string_new(NULL);
	guint n, n_named = 0, n_all = 0;
	const guint32 *terms = jp_code_find(l->m, e, kind, &n);

	for (guint i = 0; i < n; i++)
		n_all += !present || jp_term_in(l->m, terms[i]);
	for (guint i = 0; i < n; i++) {
		g_autoptr(GString) name = g_string_new(NULL);

		if (present && !jp_term_in(l->m, terms[i]))
			continue;
		jp_term_tell(name, l->m, terms[i]);
		append_name(out, n_named++, n_all, name->str);
	}
	return g_string_free(out, FALSE);
}

static char *
places_tell(const jp_look *l, const jp_entry *e)
{
	GString *out = g_string_new(NULL);
	guint n;
	const guint32 *places = jp_code_find(l->m, e, JP_COND_PLACES, &n);

	for (guint i = 0; i < n; i++) {
		const jp_place *p = g_ptr_array_index(l->m->places, places[i]);

		append_name(out, i, n, p->text);
	}
	return g_string_free(out, FALSE);
}

static char *
place_tell(const jp_look *l, const jp_entry *e)
{
	guint32 place = 0;
	jp_fit fit = jp_cond_place(l, e, &place);
	g_autofree char *wanted = NULL;
	const jp_place *there;

	switch (fit) {
	case JP_FIT_COUNTRY:
	case JP_FIT_REGION:
	case JP_FIT_CITY:
		there = g_ptr_array_index(l->m->places, place);
		return g_strdup_printf("place is in %s", there->text);
	case JP_FIT_REMOTE:
		there = g_ptr_array_index(l->m->places, place);
		return g_strdup_printf("remote, and open to %s as far as it says", there->text);
	case JP_FIT_NONE:
		break;
	}
	wanted = places_tell(l, e);
	if (!l->d->places->len)
		return g_strdup_printf("no place is stated; wanted is %s", wanted);
	there = g_ptr_array_index(l->d->places, 0);
	if (l->d->places->len == 1)
		return g_strdup_printf("place %s is not in %s", there->text, wanted);
	return g_strdup_printf(
	    "place %s (and %u more) is not in %s", there->text, l->d->places->len - 1, wanted);
}

/* "level is senior", "level senior is not among mid, lead", "level is not stated"; the vocabulary's
 * underscores are for machines: "full-time". */
static char *
set_tell(const char *what, guint set, int n_values, const char *said, const char *(*word)(int))
{
	g_autoptr(GString) known = g_string_new(NULL);

	if (!said)
		return g_strdup_printf("%s is not stated", what);
	if (!set)
		return g_strdelimit(g_strdup_printf("%s is %s", what, said), "_", '-');
	for (int v = 1; v < n_values; v++)
		if (set & (1u << v))
			g_string_append_printf(known, "%s%s", known->len ? ", " : "", word(v));
	return g_strdelimit(
	    g_strdup_printf("%s %s is not among %s", what, said, known->str), "_", '-');
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
type_word(int v)
{
	return jp_employment_word((jp_employment)v);
}

static char *
remote_tell(const jp_posting *p, guint set, gboolean holds)
{
	if (p->remote == JP_REMOTE_UNKNOWN)
		return g_strdup(holds ? "work model is not stated"
				      : "work model is not stated, so taken to be on site");
	return set_tell(
	    "work model", holds ? 0 : set, JP_N_REMOTE, jp_remote_word(p->remote), remote_word);
}

static char *
age_tell(const jp_look *l, const jp_entry *e, gboolean holds)
{
	g_autofree char *max = jp_duration_format(jp_cond_max_age(l, e));
	gint64 days = jp_cond_age(l) / JP_DAY;

	return g_strdup_printf("%s %" G_GINT64_FORMAT " day%s ago, which is %s %s",
	    l->d->posting->posted_at ? "posted" : "first seen", days, days == 1 ? "" : "s",
	    holds ? "within" : "longer than", max);
}

static char *
language_tell(const jp_look *l, const jp_entry *e, gboolean holds)
{
	const char *said = l->d->posting->language;
	GString *out;
	guint n;
	const guint32 *codes = jp_code_find(l->m, e, JP_COND_LANGUAGES, &n);

	if (!said)
		return g_strdup("language is not known");
	out = g_string_new("language ");
	g_string_append_printf(out, holds ? "is %s" : "%s is not among ", said);
	for (guint i = 0; !holds && i < n; i++) {
		const char code[] = {(char)(codes[i] >> 8), (char)codes[i], '\0'};

		append_name(out, i, n, code);
	}
	return g_string_free(out, FALSE);
}

char *
jp_cond_tell(const jp_look *l, const jp_entry *e, jp_cond kind, gboolean holds)
{
	const jp_posting *p = l->d->posting;
	g_autofree char *names = NULL;

	switch (kind) {
	case JP_COND_END:
	case JP_COND_QUERY:
		return g_strdup("");
	case JP_COND_REMOTE:
		return remote_tell(p, JP_SET_REMOTE(e), holds);
	case JP_COND_LEVELS:
		return set_tell("level", holds ? 0 : JP_SET_LEVEL(e), JP_N_LEVEL,
		    jp_level_word(p->level), level_word);
	case JP_COND_TYPES:
		return set_tell("employment type", holds ? 0 : JP_SET_TYPE(e), JP_N_EMPLOYMENT,
		    jp_employment_word(p->employment), type_word);
	case JP_COND_LANGUAGES:
		return language_tell(l, e, holds);
	case JP_COND_MAX_AGE:
		return age_tell(l, e, holds);
	case JP_COND_PLACES:
		return place_tell(l, e);
	case JP_COND_SALARY:
		return salary_tell(l, e);
	case JP_COND_COMPANIES_IN:
		return g_strdup_printf(
		    holds ? "company %s is wanted" : "company %s is none of those wanted",
		    p->company);
	case JP_COND_COMPANIES_OUT:
		return g_strdup_printf(
		    holds ? "company %s is not excluded" : "company %s is excluded", p->company);
	case JP_COND_TITLES:
		names = terms_tell(l, e, kind, holds);
		return g_strdup_printf(holds ? "title has %s" : "title has none of %s", names);
	case JP_COND_SKILLS:
		names = terms_tell(l, e, kind, holds);
		return g_strdup_printf(holds ? "asks for %s" : "asks for none of %s", names);
	}
	return g_strdup("");
}
