/*
 * The conditions of a search: whether a posting meets each.  The index, the score and the
 * explanation all ask here.  Pure.
 */
#include "match/internal.h"

/* Hours, days, weeks and months that a year's pay stands for. */
static const gint64 periods_a_year[] = {
    [JP_PERIOD_UNKNOWN] = 0,
    [JP_PERIOD_HOUR] = 2080,
    [JP_PERIOD_DAY] = 260,
    [JP_PERIOD_WEEK] = 52,
    [JP_PERIOD_MONTH] = 12,
    [JP_PERIOD_YEAR] = 1,
};

/* ---- each condition --------------------------------------------------------------------- */

static gboolean
any_term(const jp_matcher *m, const guint32 *terms, guint n)
{
	for (guint i = 0; i < n; i++)
		if (jp_term_in(m, terms[i]))
			return TRUE;
	return FALSE;
}

gboolean
jp_code_holds(const jp_matcher *m, const guint32 *node)
{
	const guint32 *end = node + jp_code_value(*node);
	gboolean is_or = jp_code_kind(*node) == JP_NODE_OR;

	if (jp_code_kind(*node) == JP_NODE_TERM)
		return jp_term_in(m, jp_code_value(*node)) != NULL;
	if (jp_code_kind(*node) == JP_NODE_NOT)
		return !jp_code_holds(m, node + 1);
	for (const guint32 *p = node + 1; p < end; p = jp_code_next(p))
		if (jp_code_holds(m, p) == is_or)
			return is_or;
	return !is_or;
}

/* A posting that does not say is taken to be on site: remote work is a thing to advertise. */
static gboolean
remote_holds(const jp_posting *p, guint set)
{
	jp_remote said = p->remote == JP_REMOTE_UNKNOWN ? JP_REMOTE_ONSITE : p->remote;

	return !set || set & (1u << said);
}

static gboolean
language_holds(const jp_posting *p, const guint32 *codes, guint n)
{
	guint32 code;

	if (!p->language)
		return TRUE;
	code = jp_code_pack(p->language);
	for (guint i = 0; i < n; i++)
		if (codes[i] == code)
			return TRUE;
	return FALSE;
}

gint64
jp_cond_max_age(const jp_look *l, const jp_entry *e)
{
	guint n;

	if (!e->has_max_age)
		return l->m->default_max_age;
	return jp_code_wide(jp_code_find(l->m, e, JP_COND_MAX_AGE, &n));
}

gint64
jp_cond_age(const jp_look *l)
{
	const jp_posting *p = l->d->posting;

	return MAX(0, l->now - (p->posted_at ? p->posted_at : l->d->first_seen));
}

static gboolean
age_holds(const jp_look *l, const jp_entry *e)
{
	gint64 max = jp_cond_max_age(l, e);

	return !max || jp_cond_age(l) <= max;
}

static gint64
a_year(gint64 micros, jp_period period)
{
	gint64 n = periods_a_year[period];

	return micros > G_MAXINT64 / n ? G_MAXINT64 : micros * n;
}

jp_pay
jp_cond_salary(const jp_look *l, const guint32 *args)
{
	const jp_posting *p = l->d->posting;
	gint64 wanted = a_year(jp_code_wide(args + 2), (jp_period)args[1]);
	gint64 low, high;

	if ((p->salary_min <= 0 && p->salary_max <= 0) || !p->salary_period ||
	    jp_code_pack(p->salary_currency) != args[0])
		return JP_PAY_UNKNOWN;
	low = a_year(p->salary_min > 0 ? p->salary_min : p->salary_max, p->salary_period);
	high = a_year(p->salary_max > 0 ? p->salary_max : p->salary_min, p->salary_period);
	if (low >= wanted)
		return JP_PAY_ABOVE;
	return high >= wanted ? JP_PAY_REACHED : JP_PAY_BELOW;
}

/* How the document's places fit the place, found once a run. */
static const jp_place_state *
place_state(const jp_look *l, guint32 place)
{
	jp_place_state *s = &g_array_index(l->m->place_states, jp_place_state, place);
	const jp_place *wanted = g_ptr_array_index(l->m->places, place);

	if (s->mark == l->m->mark)
		return s;
	*s = (jp_place_state){.mark = l->m->mark, .is_open = !l->d->places->len};
	for (guint i = 0; i < l->d->places->len; i++) {
		const jp_place *there = g_ptr_array_index(l->d->places, i);
		jp_fit fit = jp_place_fit(wanted, there);

		s->fit = MAX(s->fit, (guint8)fit);
		s->is_open |= jp_place_is_open(wanted, there) != FALSE;
	}
	return s;
}

jp_fit
jp_cond_place(const jp_look *l, const jp_entry *e, guint32 *place)
{
	gboolean may_be_remote = l->d->posting->remote == JP_REMOTE_REMOTE &&
	    JP_SET_REMOTE(e) & (1u << JP_REMOTE_REMOTE);
	jp_fit best = JP_FIT_NONE;
	guint n;
	const guint32 *places = jp_code_find(l->m, e, JP_COND_PLACES, &n);

	for (guint i = 0; i < n; i++) {
		const jp_place_state *s = place_state(l, places[i]);
		jp_fit fit = (jp_fit)s->fit;

		if (may_be_remote && s->is_open)
			fit = MAX(fit, JP_FIT_REMOTE);
		if (fit <= best)
			continue;
		best = fit;
		*place = places[i];
	}
	return best;
}

/* ---- all of them ------------------------------------------------------------------------ */

gboolean
jp_cond_is_asked(const jp_look *l, const jp_entry *e, jp_cond kind)
{
	guint n;

	switch (kind) {
	case JP_COND_END:
		return FALSE;
	case JP_COND_REMOTE:
		return JP_SET_REMOTE(e) != 0;
	case JP_COND_LEVELS:
		return JP_SET_LEVEL(e) != 0;
	case JP_COND_TYPES:
		return JP_SET_TYPE(e) != 0;
	case JP_COND_MAX_AGE:
		return jp_cond_max_age(l, e) != 0;
	case JP_COND_LANGUAGES:
	case JP_COND_PLACES:
	case JP_COND_SALARY:
	case JP_COND_COMPANIES_IN:
	case JP_COND_COMPANIES_OUT:
	case JP_COND_TITLES:
	case JP_COND_SKILLS:
	case JP_COND_QUERY:
		break;
	}
	return jp_code_find(l->m, e, kind, &n) != NULL;
}

static gboolean
set_holds(guint set, guint said)
{
	return !set || !said || set & (1u << said);
}

/* The conditions that are part of the entry itself. */
static gboolean
sets_hold(const jp_look *l, const jp_entry *e)
{
	const jp_posting *p = l->d->posting;

	return remote_holds(p, JP_SET_REMOTE(e)) && set_holds(JP_SET_LEVEL(e), p->level) &&
	    set_holds(JP_SET_TYPE(e), p->employment);
}

/* The conditions that are stretches of code. */
static gboolean
code_holds(const jp_look *l, const jp_entry *e, jp_cond kind, const guint32 *args, guint n)
{
	guint32 place;

	switch (kind) {
	case JP_COND_LANGUAGES:
		return language_holds(l->d->posting, args, n);
	case JP_COND_PLACES:
		return jp_cond_place(l, e, &place) != JP_FIT_NONE;
	case JP_COND_SALARY:
		return jp_cond_salary(l, args) != JP_PAY_BELOW;
	case JP_COND_COMPANIES_OUT:
		return !any_term(l->m, args, n);
	case JP_COND_COMPANIES_IN:
	case JP_COND_TITLES:
	case JP_COND_SKILLS:
		return any_term(l->m, args, n);
	case JP_COND_QUERY:
		return jp_code_holds(l->m, args);
	case JP_COND_END:
	case JP_COND_REMOTE:
	case JP_COND_LEVELS:
	case JP_COND_TYPES:
	case JP_COND_MAX_AGE:
		break;
	}
	return TRUE;
}

gboolean
jp_cond_holds(const jp_look *l, const jp_entry *e, jp_cond kind)
{
	const jp_posting *p = l->d->posting;
	const guint32 *args;
	guint n;

	switch (kind) {
	case JP_COND_REMOTE:
		return remote_holds(p, JP_SET_REMOTE(e));
	case JP_COND_LEVELS:
		return set_holds(JP_SET_LEVEL(e), p->level);
	case JP_COND_TYPES:
		return set_holds(JP_SET_TYPE(e), p->employment);
	case JP_COND_MAX_AGE:
		return age_holds(l, e);
	case JP_COND_END:
	case JP_COND_LANGUAGES:
	case JP_COND_PLACES:
	case JP_COND_SALARY:
	case JP_COND_COMPANIES_IN:
	case JP_COND_COMPANIES_OUT:
	case JP_COND_TITLES:
	case JP_COND_SKILLS:
	case JP_COND_QUERY:
		break;
	}
	args = jp_code_find(l->m, e, kind, &n);
	return !args || code_holds(l, e, kind, args, n);
}

gboolean
jp_cond_all_hold(const jp_look *l, const jp_entry *e)
{
	const guint32 *p = &g_array_index(l->m->code, guint32, e->code);

	if (!sets_hold(l, e) || !age_holds(l, e))
		return FALSE;
	for (; (*p & 255) != JP_COND_END; p += 1 + (*p >> 8))
		if (!code_holds(l, e, (jp_cond)(*p & 255), p + 1, *p >> 8))
			return FALSE;
	return TRUE;
}

gboolean
jp_cond_is_unknown(const jp_look *l, const jp_entry *e, jp_cond kind)
{
	const jp_posting *p = l->d->posting;
	guint n;

	switch (kind) {
	case JP_COND_REMOTE:
		return p->remote == JP_REMOTE_UNKNOWN;
	case JP_COND_LEVELS:
		return p->level == JP_LEVEL_UNKNOWN;
	case JP_COND_TYPES:
		return p->employment == JP_EMPLOYMENT_UNKNOWN;
	case JP_COND_LANGUAGES:
		return !p->language;
	case JP_COND_SALARY:
		return jp_cond_salary(l, jp_code_find(l->m, e, kind, &n)) == JP_PAY_UNKNOWN;
	case JP_COND_END:
	case JP_COND_MAX_AGE:
	case JP_COND_PLACES:
	case JP_COND_COMPANIES_IN:
	case JP_COND_COMPANIES_OUT:
	case JP_COND_TITLES:
	case JP_COND_SKILLS:
	case JP_COND_QUERY:
		break;
	}
	return FALSE;
}
