/*
 * Ashby: GET /posting-api/job-board/{name}?includeCompensation=true, one answer with everything.
 *
 * isListed false is reachable by link only and skipped; workplaceType wins over isRemote, which is
 * true on hybrid jobs too; pay stands one level below compensation.  Names keep their case and may
 * hold blanks (boards.md, section 5).
 */
#include "board/internal.h"

#include <string.h>

#define BASE "https://api.ashbyhq.com"

/* Answers took from under one to over ten seconds. */
#define TIMEOUT (30 * JP_SECOND)

static const jp_site_rule pages[] = {
    {"jobs.ashbyhq.com", "/", NULL},
    {"api.ashbyhq.com", "/posting-api/job-board/", NULL},
    {NULL, NULL, NULL},
};

static gboolean
recognise(const char *url, char **token)
{
	return jp_site_recognise(pages, url, token);
}

static gboolean
is_name(const char *name)
{
	gsize len = strlen(name);

	if (len == 0 || len > JP_MAX_NAME || !g_utf8_validate(name, -1, NULL) ||
	    g_ascii_isspace(name[0]) || g_ascii_isspace(name[len - 1]))
		return FALSE;
	for (const char *c = name; *c; c++)
		if ((guchar)*c < ' ' || strchr("/?#\\%\x7f", *c))
			return FALSE;
	return TRUE;
}

/* Names are free text; they are kept decoded, so that "A%20B" and "A B" are one board. */
static char *
canonical(const char *given, GError **error)
{
	g_autofree char *name = g_uri_unescape_string(given, NULL);
	g_autofree char *shown = NULL;

	if (name && is_name(name))
		return g_steal_pointer(&name);
	shown = jp_listing_excerpt(given);
	g_set_error(error, JP_ERROR, JP_ERROR_DATA,
	    "\"%s\" cannot be an ashby board: it is the name after jobs.ashbyhq.com/", shown);
	return NULL;
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	(void)page; /* never more than one */
	out->url = jp_site_url(
	    b->base_url, BASE, "/posting-api/job-board/", b->token, "?includeCompensation=true");
}

/* ---- places ----------------------------------------------------------------------------- */

/* A place with its address where there is one: {location, address.postalAddress}. */
static void
add_place(jp_posting *p, const cJSON *o)
{
	const char *text = jp_json_text(o, "location");
	const cJSON *address = jp_json_get(o, "address.postalAddress");
	const char *city = jp_json_text(address, "addressLocality");
	const char *region = jp_json_text(address, "addressRegion");
	const char *country = jp_json_text(address, "addressCountry");

	if (city || region || country)
		jp_posting_add_location(p, text, city, region, country);
	else if (text)
		jp_posting_add_place(p, text);
}

static gint
by_location(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(jp_json_text(*(cJSON *const *)a, "location"),
	    jp_json_text(*(cJSON *const *)b, "location"));
}

/* The order of secondaryLocations changes from answer to answer; ours does not. */
static void
add_places(jp_posting *p, const cJSON *job)
{
	g_autoptr(GPtrArray) others = g_ptr_array_new();
	cJSON *place;

	add_place(p, job);
	cJSON_ArrayForEach (place, jp_json_get(job, "secondaryLocations")) {
		if (cJSON_IsObject(place))
			g_ptr_array_add(others, place);
	}
	g_ptr_array_sort(others, by_location);
	for (guint i = 0; i < others->len; i++)
		add_place(p, g_ptr_array_index(others, i));
}

/* workplaceType, in any case, else isRemote true; false says nothing, it is not "onsite". */
static jp_remote
read_remote(const cJSON *job)
{
	jp_remote r = jp_remote_read(jp_json_text(job, "workplaceType"));
	gboolean is_remote = FALSE;

	if (r == JP_REMOTE_UNKNOWN && jp_json_bool(job, "isRemote", &is_remote) && is_remote)
		return JP_REMOTE_REMOTE;
	return r;
}

/* ---- pay -------------------------------------------------------------------------------- */

static double
amount(const cJSON *o, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);

	return cJSON_IsNumber(v) ? v->valuedouble : 0;
}

/* Widens the salary by each component that is one; equity, bonus and commission are not.  A salary
 * without a currency sums up zones of several. */
static void
add_components(jp_posting *p, const cJSON *components)
{
	const cJSON *c;

	cJSON_ArrayForEach (c, components) {
		double min = amount(c, "minValue"), max = amount(c, "maxValue");
		const char *currency = jp_json_text(c, "currencyCode");

		if (g_strcmp0(jp_json_text(c, "compensationType"), "Salary") == 0 && currency &&
		    (min > 0 || max > 0))
			jp_posting_set_salary(p, min > 0 ? min : max, max > 0 ? max : min, currency,
			    jp_json_text(c, "interval"));
	}
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Several tiers are several zones: the widest range is the salary, the zones are told in the
 * text, in an order that does not change when the service's does. */
static void
append_tiers(GString *html, const cJSON *tiers)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	const cJSON *t;

	cJSON_ArrayForEach (t, tiers) {
		const char *title = jp_json_text(t, "title"),
			   *summary = jp_json_text(t, "tierSummary");

		if (title && summary)
			g_ptr_array_add(lines, g_strdup_printf("%s: %s", title, summary));
	}
	if (lines->len < 2)
		return;
	g_ptr_array_sort(lines, by_text);
	for (guint i = 0; i < lines->len; i++)
		jp_listing_append_note(html, g_ptr_array_index(lines, i));
}

static void
read_salary(jp_posting *p, const cJSON *job)
{
	const cJSON *tier;

	add_components(p, jp_json_get(job, "compensation.summaryComponents"));
	if (p->salary_max > 0)
		return;
	cJSON_ArrayForEach (tier, jp_json_get(job, "compensation.compensationTiers")) {
		add_components(p, jp_json_get(tier, "components"));
	}
}

/* ---- jobs ------------------------------------------------------------------------------- */

static char *
read_description(const cJSON *job)
{
	const char *html = jp_json_text(job, "descriptionHtml");
	const char *plain = jp_json_text(job, "descriptionPlain");
	g_autofree char *made = !html && plain ? jp_listing_html_from_plain(plain) : NULL;
	GString *text = g_string_new(html ? html : made);

	append_tiers(text, jp_json_get(job, "compensation.compensationTiers"));
	return g_string_free(text, FALSE);
}

static void
read_urls(jp_posting *p, const cJSON *job, const jp_board_ref *b)
{
	p->url = jp_listing_url(jp_json_text(job, "jobUrl"));
	if (!p->url && p->external_id) {
		g_autofree char *page =
		    jp_site_url(NULL, "https://jobs.ashbyhq.com", "/", b->token, "/");

		p->url = g_strconcat(page, p->external_id, NULL);
	}
	p->apply_url = jp_listing_url(jp_json_text(job, "applyUrl"));
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(job, "id");
	p->title = g_strdup(jp_json_text(job, "title"));
	jp_listing_company(p, NULL, b);
	p->remote = read_remote(job);
	add_places(p, job);
	p->employment = jp_employment_read(jp_json_text(job, "employmentType"));
	p->department =
	    jp_listing_department(jp_json_text(job, "team"), jp_json_text(job, "department"));
	read_salary(p, job);
	p->description_html = read_description(job);
	read_urls(p, job, b);
	p->posted_at = jp_listing_time(job, "publishedAt", &p->posted_flags);
	p->updated_at = jp_listing_time(job, "updatedAt", NULL);
	return p;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	const cJSON *jobs, *job;
	guint n = 0;

	(void)page, (void)now;
	*more = FALSE;
	if (!root)
		return FALSE;
	jobs = jp_json_get(root, "jobs");
	if (!cJSON_IsArray(jobs)) {
		g_set_error_literal(
		    error, JP_ERROR, JP_ERROR_DATA, "no list of jobs in the answer");
		return FALSE;
	}
	cJSON_ArrayForEach (job, jobs) {
		g_autofree char *where = g_strdup_printf("jobs[%u]", n++);
		gboolean listed = TRUE;

		if (!cJSON_IsObject(job))
			jp_listing_problem(out, "%s: not an object", where);
		else if (!jp_json_bool(job, "isListed", &listed) || listed)
			jp_listing_add(out, read_job(job, b), b->company, where);
	}
	return TRUE;
}

const jp_adapter jp_adapter_ashby = {
    .kind = "ashby",
    .summary = "Ashby job boards (jobs.ashbyhq.com)",
    .accept = "application/json",
    .timeout = TIMEOUT,
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
