/*
 * The score: 0 to 100 points, each with its reason; they add up to the score exactly.  Integers
 * only, so that every machine gives the same.
 *
 * 1. Each part that the search asks for has a weight:
 *      words of the query 50, titles 50, skills 25, place 15, salary 10, work model 5, level 5,
 *      employment type 5; and freshness, always, 10.
 *    A search without words, titles and skills wants what its filters let pass: its words are met.
 *    The budget of a part is its weight times 100 over the sum of the weights, rounded down; the
 *    first part in this order has the rest, so that the budgets make 100.
 * 2. What a part gives of its budget:
 *      words       an AND shares its budget evenly among its sides (the first ones have the rest);
 *                  an OR gives what its best side gives, and a tenth of its budget for every
 *                  further side that holds, up to the budget.  A word or phrase in the title gives
 *                  all of it, in the text 30, 40 or 50 % for once, twice, more often; company:
 * gives all, a known skill: 60 %.  What is excluded gives nothing. titles      all of it skills the
 * share of those that are there, five being enough place       100 % for the city, 85 for the
 * region, 80 for remote work, 70 for the country salary      100 % when all of the range is as high
 * as wanted, 60 when a part is work model, level, type all of it when the posting states it,
 * nothing when it does not freshness   all of it on the first day after we saw it (R5), then
 * falling evenly to nothing after 30 days The manual, jp-match(1), tells the same.
 */
#include "match/internal.h"

#include <string.h>

#define FRESH_DAYS    30
#define ENOUGH_SKILLS 5

static const int weights[JP_N_PART] = {
    [JP_PART_WORDS] = 50,
    [JP_PART_TITLES] = 50,
    [JP_PART_SKILLS] = 25,
    [JP_PART_PLACE] = 15,
    [JP_PART_SALARY] = 10,
    [JP_PART_REMOTE] = 5,
    [JP_PART_LEVEL] = 5,
    [JP_PART_TYPE] = 5,
    [JP_PART_FRESH] = 10,
};

static const jp_cond cond_of[JP_N_PART] = {
    [JP_PART_WORDS] = JP_COND_QUERY,
    [JP_PART_TITLES] = JP_COND_TITLES,
    [JP_PART_SKILLS] = JP_COND_SKILLS,
    [JP_PART_PLACE] = JP_COND_PLACES,
    [JP_PART_SALARY] = JP_COND_SALARY,
    [JP_PART_REMOTE] = JP_COND_REMOTE,
    [JP_PART_LEVEL] = JP_COND_LEVELS,
    [JP_PART_TYPE] = JP_COND_TYPES,
    [JP_PART_FRESH] = JP_COND_END,
};

static void
share_out(guint asked, int budgets[JP_N_PART])
{
	int sum = 0, left = 100, first = -1;

	for (int i = 0; i < JP_N_PART; i++)
		sum += asked & (1u << i) ? weights[i] : 0;
	for (int i = 0; i < JP_N_PART; i++) {
		budgets[i] = asked & (1u << i) ? weights[i] * 100 / sum : 0;
		left -= budgets[i];
		if (first < 0 && budgets[i])
			first = i;
	}
	if (first >= 0)
		budgets[first] += left;
}

/* ---- the words -------------------------------------------------------------------------- */

static int
term_percent(const jp_term *t, const jp_term_state *s)
{
	if (t->field == JP_FIELD_SKILL)
		return 60;
	if (t->field == JP_FIELD_COMPANY || s->in & JP_IN_TITLE)
		return 100;
	return s->n_text > 2 ? 50 : 20 + 10 * s->n_text;
}

static char *
term_tell(const jp_matcher *m, guint32 term, const jp_term_state *s)
{
	g_autoptr(GString) name = g_string_new(NULL);
	const jp_term *t = JP_TERM(m, term);

	jp_term_tell(name, m, term);
	if (t->field == JP_FIELD_SKILL)
		return g_strdup_printf("asks for %s", name->str);
	if (t->field == JP_FIELD_COMPANY)
		return g_strdup_printf("company has %s", name->str);
	if (s->in & JP_IN_TITLE)
		return g_strdup_printf("title has %s", name->str);
	if (s->n_text == 1)
		return g_strdup_printf("text has %s once", name->str);
	return g_strdup_printf("text has %s %s%d times", name->str,
	    s->n_text == JP_MAX_MENTIONS ? "at least " : "", s->n_text);
}

static int node_score(const jp_matcher *m, const guint32 *node, int budget, GPtrArray *reasons);

static int
and_score(const jp_matcher *m, const guint32 *node, int budget, GPtrArray *reasons)
{
	const guint32 *end = node + jp_code_value(*node);
	int n = 0, points = 0, rest;

	for (const guint32 *p = node + 1; p < end; p = jp_code_next(p))
		n += jp_code_is_positive(p) != FALSE;
	if (!n)
		return 0;
	rest = budget % n;
	for (const guint32 *p = node + 1; p < end; p = jp_code_next(p))
		if (jp_code_is_positive(p))
			points += node_score(m, p, budget / n + (rest-- > 0), reasons);
	return points;
}

static int
or_score(const jp_matcher *m, const guint32 *node, int budget, GPtrArray *reasons)
{
	const guint32 *end = node + jp_code_value(*node);
	const guint32 *best = NULL;
	int points = -1;

	for (const guint32 *p = node + 1; p < end; p = jp_code_next(p)) {
		int side = jp_code_holds(m, p) ? node_score(m, p, budget, NULL) : -1;

		if (side <= points)
			continue;
		points = side;
		best = p;
	}
	if (!best)
		return 0;
	if (reasons)
		node_score(m, best, budget, reasons);
	for (const guint32 *p = node + 1; p < end; p = jp_code_next(p)) {
		int more = MIN(budget / 10, budget - points);
		GString *text;

		if (p == best || !more || !jp_code_is_positive(p) || !jp_code_holds(m, p))
			continue;
		points += more;
		if (!reasons)
			continue;
		text = g_string_new("also ");
		jp_code_tell(text, m, p);
		jp_reason_add(reasons, more, TRUE, g_string_free(text, FALSE));
	}
	return points;
}

/* What a node that holds gives of its budget. */
static int
node_score(const jp_matcher *m, const guint32 *node, int budget, GPtrArray *reasons)
{
	guint32 term = jp_code_value(*node);
	const jp_term_state *s;
	int points;

	switch (jp_code_kind(*node)) {
	case JP_NODE_AND:
		return and_score(m, node, budget, reasons);
	case JP_NODE_OR:
		return or_score(m, node, budget, reasons);
	case JP_NODE_NOT:
		return 0;
	case JP_NODE_TERM:
		break;
	}
	s = jp_term_in(m, term);
	if (!s)
		return 0;
	points = budget * term_percent(JP_TERM(m, term), s) / 100;
	return reasons ? jp_reason_add(reasons, points, TRUE, term_tell(m, term, s)) : points;
}

static int
words_score(const jp_look *l, const jp_entry *e, int budget, GPtrArray *reasons)
{
	guint n;
	const guint32 *node = jp_code_find(l->m, e, JP_COND_QUERY, &n);

	if (node && jp_code_is_positive(node))
		return node_score(l->m, node, budget, reasons);
	return jp_reason_add(
	    reasons, budget, TRUE, reasons ? g_strdup("passes the filters") : NULL);
}

/* ---- the other parts -------------------------------------------------------------------- */

static int
skills_score(const jp_look *l, const jp_entry *e, int budget)
{
	guint n;
	const guint32 *terms = jp_code_find(l->m, e, JP_COND_SKILLS, &n);
	int wanted = (int)MIN(n, ENOUGH_SKILLS), have = 0;

	for (guint i = 0; i < n; i++)
		have += jp_term_in(l->m, terms[i]) != NULL;
	return wanted ? budget * MIN(have, wanted) / wanted : 0;
}

static int
place_score(const jp_look *l, const jp_entry *e, int budget)
{
	static const int percent[] = {
	    [JP_FIT_NONE] = 0,
	    [JP_FIT_COUNTRY] = 70,
	    [JP_FIT_REMOTE] = 80,
	    [JP_FIT_REGION] = 85,
	    [JP_FIT_CITY] = 100,
	};
	guint32 place;

	return budget * percent[jp_cond_place(l, e, &place)] / 100;
}

static int
salary_score(const jp_look *l, const jp_entry *e, int budget)
{
	static const int percent[] = {
	    [JP_PAY_UNKNOWN] = 0,
	    [JP_PAY_BELOW] = 0,
	    [JP_PAY_REACHED] = 60,
	    [JP_PAY_ABOVE] = 100,
	};
	guint n;
	const guint32 *args = jp_code_find(l->m, e, JP_COND_SALARY, &n);

	return budget * percent[jp_cond_salary(l, args)] / 100;
}

static int
fresh_score(const jp_look *l, int budget, GPtrArray *reasons)
{
	gint64 days = MAX(0, l->now - l->d->first_seen) / JP_DAY;
	int left = (int)(FRESH_DAYS - MIN(days, FRESH_DAYS));

	if (!left)
		return 0;
	if (!days)
		return jp_reason_add(reasons, budget, TRUE, reasons ? g_strdup("new today") : NULL);
	return jp_reason_add(reasons, budget * left / FRESH_DAYS, TRUE,
	    reasons ? g_strdup_printf("first seen %d day%s ago", (int)days, days == 1 ? "" : "s")
		    : NULL);
}

static int
part_points(const jp_look *l, const jp_entry *e, jp_part part, int budget)
{
	switch (part) {
	case JP_PART_SKILLS:
		return skills_score(l, e, budget);
	case JP_PART_PLACE:
		return place_score(l, e, budget);
	case JP_PART_SALARY:
		return salary_score(l, e, budget);
	case JP_PART_REMOTE:
	case JP_PART_LEVEL:
	case JP_PART_TYPE:
		return jp_cond_is_unknown(l, e, cond_of[part]) ? 0 : budget;
	case JP_PART_TITLES:
	case JP_PART_WORDS:
	case JP_PART_FRESH:
		break;
	}
	return budget;
}

int
jp_score(const jp_look *l, const jp_entry *e, GPtrArray *reasons)
{
	int budgets[JP_N_PART];
	int score = 0;

	share_out(e->asked, budgets);
	if (budgets[JP_PART_WORDS])
		score += words_score(l, e, budgets[JP_PART_WORDS], reasons);
	for (int i = JP_PART_WORDS + 1; i < JP_PART_FRESH; i++) {
		if (!(e->asked & (1u << i)))
			continue;
		score += jp_reason_add(reasons, part_points(l, e, (jp_part)i, budgets[i]), TRUE,
		    reasons ? jp_cond_tell(l, e, cond_of[i], TRUE) : NULL);
	}
	return score + fresh_score(l, budgets[JP_PART_FRESH], reasons);
}

/* ---- the explanation -------------------------------------------------------------------- */

/* Says which sides of the query hold and do not; an AND is told side by side. */
static void
tell_query(const jp_matcher *m, const guint32 *node, gboolean all_hold, GPtrArray *reasons)
{
	const guint32 *end = node + jp_code_value(*node);
	gboolean holds = jp_code_holds(m, node);
	GString *text;

	if (jp_code_kind(*node) == JP_NODE_AND) {
		for (const guint32 *p = node + 1; p < end; p = jp_code_next(p))
			tell_query(m, p, all_hold, reasons);
		return;
	}
	if (jp_code_kind(*node) == JP_NODE_NOT) {
		text = g_string_new(holds ? "has no " : "has what the query excludes: ");
		jp_code_tell(text, m, node + 1);
		g_string_append(text, holds ? ", as asked" : "");
		jp_reason_add(reasons, 0, holds, g_string_free(text, FALSE));
		return;
	}
	if (all_hold)
		return; /* the score tells it with its points */
	text = g_string_new(holds ? "has " : "has no ");
	jp_code_tell(text, m, node);
	jp_reason_add(reasons, 0, holds, g_string_free(text, FALSE));
}

/* What is not told by the score: failed conditions, and those that hold without points. */
static gboolean
tell_conditions(const jp_look *l, const jp_entry *e, GPtrArray *reasons)
{
	gboolean all = jp_cond_all_hold(l, e);
	guint n;
	const guint32 *query = jp_code_find(l->m, e, JP_COND_QUERY, &n);

	if (query)
		tell_query(l->m, query, all, reasons);
	for (int i = JP_COND_END + 1; i < JP_COND_QUERY; i++) {
		gboolean holds = jp_cond_holds(l, e, (jp_cond)i);

		if (jp_cond_is_asked(l, e, (jp_cond)i))
			jp_reason_add(reasons, 0, holds, jp_cond_tell(l, e, (jp_cond)i, holds));
	}
	return all;
}

/* TRUE when a reason says the same already. */
static gboolean
is_said(const GPtrArray *reasons, const jp_reason *new)
{
	for (guint i = 0; i < reasons->len; i++) {
		const jp_reason *r = g_ptr_array_index(reasons, i);

		if (r->ok == new->ok && strcmp(r->what, new->what) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Moves the reasons that are new to the end of `to`. */
static void
merge(GPtrArray *to, GPtrArray *from)
{
	while (from->len) {
		jp_reason *r = g_ptr_array_steal_index(from, 0);

		if (!is_said(to, r))
			g_ptr_array_add(to, r);
		else
			jp_reason_free(r);
	}
}

static gboolean
explain(const jp_look *l, const jp_entry *e, jp_hit *h)
{
	g_autoptr(GPtrArray) others = jp_reasons_new();
	gboolean all = tell_conditions(l, e, others);

	if (all)
		h->score = jp_score(l, e, h->reasons);
	merge(h->reasons, others);
	if (!all || h->score >= e->min_score)
		return all;
	jp_reason_add(h->reasons, 0, FALSE,
	    g_strdup_printf("score %d is below the minimum of %d", h->score, e->min_score));
	return FALSE;
}

gboolean
jp_match_explain(const jp_search *s, const jp_doc *d, int default_min_score, gint64 default_max_age,
    gint64 now, jp_hit **out, GError **error)
{
	g_autoptr(jp_matcher) m = jp_matcher_new(default_min_score, default_max_age);
	const jp_look l = {.m = m, .d = d, .now = now};

	*out = NULL;
	if (!jp_matcher_add(m, s, error))
		return FALSE;
	jp_index_resolve(m, d);
	*out = g_new0(jp_hit, 1);
	(*out)->search_id = s->id;
	(*out)->subscriber_id = s->subscriber_id;
	(*out)->reasons = jp_reasons_new();
	return explain(&l, JP_ENTRY(m, 0), *out);
}
