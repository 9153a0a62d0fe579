/*
 * Greenhouse: GET /v1/boards/{token}/jobs?content=true, one answer with everything.
 *
 * content is HTML whose markup is escaped once more inside the JSON string; internal_job_id null is
 * a prospect post, not an opening; location.name may hold only a work model, the city being in
 * offices.  There is no field for employment type, work model or pay: metadata, custom to each
 * board, is looked through (boards.md, section 3).
 */
#include "board/internal.h"

#include <string.h>

#define BASE "https://boards-api.greenhouse.io"

static const jp_site_rule pages[] = {
    {"boards.greenhouse.io", "/embed/", "for"},
    {"boards.eu.greenhouse.io", "/embed/", "for"},
    {"job-boards.greenhouse.io", "/embed/", "for"},
    {"job-boards.eu.greenhouse.io", "/embed/", "for"},
    {"boards-api.greenhouse.io", "/v1/boards/", NULL},
    {"boards.greenhouse.io", "/", NULL},
    {"boards.eu.greenhouse.io", "/", NULL},
    {"job-boards.greenhouse.io", "/", NULL},
    {"job-boards.eu.greenhouse.io", "/", NULL},
    {NULL, NULL, NULL},
};

static gboolean
recognise(const char *url, char **token)
{
	if (!jp_site_recognise(pages, url, token))
		return FALSE;
	if (strcmp(*token, "embed") != 0 && strcmp(*token, "v1") != 0)
		return TRUE;
	g_clear_pointer(token, g_free);
	return FALSE;
}

static char *
canonical(const char *given, GError **error)
{
	return jp_slug_token("greenhouse", given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	(void)page; /* never more than one */
	out->url = jp_site_url(b->base_url, BASE, "/v1/boards/", b->token, "/jobs?content=true");
}

/* ---- places ----------------------------------------------------------------------------- */

/* TRUE when full is name with more after a comma ("Cape Town", "Cape Town, Western Cape, ZA"). */
static gboolean
is_fuller(const char *full, const char *name)
{
	g_autofree char *f = jp_text_fold(full), *n = jp_text_fold(name);
	gsize len = strlen(n);

	return len > 0 && strncmp(f, n, len) == 0 && (f[len] == ',' || f[len] == '\0');
}

/* The region and country of an office's "City, Region, Country" for the place called `name`. */
static gboolean
add_named_place(jp_posting *p, const char *name, const char *office)
{
	g_auto(GStrv) parts = g_strsplit(office, ",", 4);
	guint n = g_strv_length(parts);
	const char *country;

	for (guint i = 0; i < n; i++)
		g_strstrip(parts[i]);
	country = n > 1 ? jp_country_read(parts[n - 1]) : NULL;
	if (!country || strchr(name, ',') || strchr(name, ';'))
		return FALSE;
	jp_posting_add_location(p, name, parts[0], n > 2 ? parts[1] : NULL, country);
	return TRUE;
}

/* location.name stands first; an office that is the same place written out tells its country. */
static void
add_location(jp_posting *p, const cJSON *job)
{
	const char *name = jp_json_text(job, "location.name");
	const cJSON *office;

	if (!name)
		return;
	cJSON_ArrayForEach (office, jp_json_get(job, "offices")) {
		const char *full = jp_json_text(office, "location");

		if (full && is_fuller(full, name) && add_named_place(p, name, full))
			return;
	}
	jp_posting_add_place(p, name);
}

/* "Kenya Locations", "Nairobi Office": the name of a group of places, without the word. */
static char *
office_place(const char *name)
{
	static const char *const tails[] = {" locations", " location", " offices", " office"};
	g_autofree char *lower = g_ascii_strdown(name, -1);

	for (guint i = 0; i < G_N_ELEMENTS(tails); i++)
		if (g_str_has_suffix(lower, tails[i]))
			return g_strndup(name, strlen(name) - strlen(tails[i]));
	return g_strdup(name);
}

/* Offices with a place of their own are further places; their names only stand in where nothing
 * else names one. */
static void
add_offices(jp_posting *p, const cJSON *job)
{
	const char *name = jp_json_text(job, "location.name");
	gboolean have = p->locations->len > 0;
	const cJSON *office;

	cJSON_ArrayForEach (office, jp_json_get(job, "offices")) {
		const char *full = jp_json_text(office, "location");
		const char *label = jp_json_text(office, "name");

		if (full && *full) {
			if (!have || !is_fuller(full, name))
				jp_posting_add_place(p, full);
		} else if (!have && label) {
			g_autofree char *place = office_place(label);

			jp_posting_add_place(p, place);
		}
	}
}

/* ---- departments ------------------------------------------------------------------------ */

static gboolean
is_parent(const cJSON *departments, gint64 id)
{
	const cJSON *d;

	cJSON_ArrayForEach (d, departments) {
		gint64 parent;

		if (jp_json_int(d, "parent_id", &parent) && parent == id)
			return TRUE;
	}
	return FALSE;
}

/* The department that is no other's parent, then the first of the rest. */
static char *
read_department(const cJSON *job)
{
	const cJSON *departments = jp_json_get(job, "departments"), *d;
	const char *leaf = NULL, *parent = NULL;

	cJSON_ArrayForEach (d, departments) {
		const char *name = jp_json_text(d, "name");
		gint64 id = 0;

		if (!name)
			continue;
		(void)jp_json_int(d, "id", &id); /* without one it is nobody's parent */
		if (is_parent(departments, id))
			parent = parent ? parent : name;
		else
			leaf = leaf ? leaf : name;
	}
	return jp_listing_department(leaf, parent);
}

/* ---- metadata --------------------------------------------------------------------------- */

static gboolean
name_has(const char *folded, const char *const *words)
{
	for (; *words; words++)
		if (strstr(folded, *words))
			return TRUE;
	return FALSE;
}

/* An amount that may be a number or a string of one; 0: none. */
static double
amount(const cJSON *o, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
	gint64 micros;

	if (cJSON_IsNumber(v))
		return v->valuedouble;
	if (cJSON_IsString(v) && jp_micros_parse(v->valuestring, &micros))
		return (double)micros / 1e6;
	return 0;
}

/* {"unit":"EUR","amount":"..."} or {"unit":"EUR","min_value":"...","max_value":"..."} */
static void
read_pay(jp_posting *p, const char *name, const cJSON *value)
{
	double one = amount(value, "amount");
	double min = amount(value, "min_value"), max = amount(value, "max_value");

	if (p->salary_max == 0 && (one > 0 || min > 0 || max > 0))
		jp_posting_set_salary(
		    p, min > 0 ? min : one, max > 0 ? max : one, jp_json_text(value, "unit"), name);
}

static void
read_metadata_text(jp_posting *p, const char *name, const char *text)
{
	static const char *const types[] = {"employment type", "contract type", "job type",
	    "time type", "commitment", "employment status", "vertragsart", NULL};
	static const char *const models[] = {"workplace", "work model", "work arrangement",
	    "remote", "location type", "work type", "working model", NULL};

	if (p->employment == JP_EMPLOYMENT_UNKNOWN && name_has(name, types))
		p->employment = jp_employment_read(text);
	if (p->remote == JP_REMOTE_UNKNOWN && name_has(name, models))
		p->remote = jp_remote_read(text);
}

static void
read_metadata_list(jp_posting *p, const char *name, const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list)
		if (cJSON_IsString(item))
			read_metadata_text(p, name, item->valuestring);
}

static void
read_metadata(jp_posting *p, const cJSON *job)
{
	const cJSON *m;

	cJSON_ArrayForEach (m, jp_json_get(job, "metadata")) {
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(m, "value");
		const char *given = jp_json_text(m, "name");
		g_autofree char *name = given ? jp_text_fold(given) : NULL;

		if (!name)
			continue;
		if (cJSON_IsString(value))
			read_metadata_text(p, name, value->valuestring);
		else if (cJSON_IsArray(value))
			read_metadata_list(p, name, value);
		else if (cJSON_IsObject(value))
			read_pay(p, name, value);
		else if (cJSON_IsTrue(value) && p->remote == JP_REMOTE_UNKNOWN &&
		    g_str_has_prefix(name, "remote"))
			p->remote = JP_REMOTE_REMOTE; /* false says nothing: hybrid is not remote */
	}
}

/* ---- pay transparency ------------------------------------------------------------------- */

static const cJSON *
widest_range(const cJSON *ranges)
{
	const cJSON *r, *best = NULL;
	double width = -1;

	cJSON_ArrayForEach (r, ranges) {
		double w = amount(r, "max_cents") - amount(r, "min_cents");

		if (cJSON_IsObject(r) && amount(r, "max_cents") > 0 && w > width) {
			width = w;
			best = r;
		}
	}
	return best;
}

/* The period is not a field, only sometimes a word of the title. */
static const char *
title_period(const char *title)
{
	return jp_period_read(title) == JP_PERIOD_UNKNOWN ? NULL : title;
}

/* The widest range is the salary; where there are several, all are told in the text. */
static void
read_ranges(jp_posting *p, const cJSON *job, GString *notes)
{
	const cJSON *ranges = jp_json_get(job, "pay_input_ranges"), *r;
	const cJSON *best = widest_range(ranges);

	if (!best)
		return;
	jp_posting_set_salary(p, amount(best, "min_cents") / 100, amount(best, "max_cents") / 100,
	    jp_json_text(best, "currency_type"), title_period(jp_json_text(best, "title")));
	if (cJSON_GetArraySize(ranges) < 2)
		return;
	cJSON_ArrayForEach (r, ranges) {
		const char *title = jp_json_text(r, "title");
		const char *currency = jp_json_text(r, "currency_type");
		g_autofree char *what = jp_listing_excerpt(title ? title : "Pay");
		g_autofree char *unit = jp_listing_excerpt(currency ? currency : "");
		g_autofree char *note = g_strdup_printf("%s: %.0f - %.0f %s", what,
		    amount(r, "min_cents") / 100, amount(r, "max_cents") / 100, unit);

		jp_listing_append_note(notes, note);
	}
}

/* ---- jobs ------------------------------------------------------------------------------- */

static void
read_texts(jp_posting *p, const cJSON *job)
{
	const char *content = jp_json_text(job, "content");
	g_autofree char *html = content ? jp_html_decode(content, -1) : g_strdup("");
	g_autoptr(GString) notes = g_string_new(NULL);

	read_ranges(p, job, notes);
	p->description_html =
	    notes->len > 0 ? g_strconcat(html, notes->str, NULL) : g_steal_pointer(&html);
}

static void
read_urls(jp_posting *p, const cJSON *job, const jp_board_ref *b)
{
	p->url = jp_listing_url(jp_json_text(job, "absolute_url"));
	if (!p->url && p->external_id)
		p->url = g_strdup_printf(
		    "https://boards.greenhouse.io/%s/jobs/%s", b->token, p->external_id);
	p->apply_url = g_strdup(p->url);
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	jp_posting *p = jp_posting_new();
	const char *language = jp_json_text(job, "language");

	p->external_id = jp_json_id(job, "id");
	p->requisition = jp_json_id(job, "internal_job_id");
	p->title = g_strdup(jp_json_text(job, "title"));
	jp_listing_company(p, jp_json_text(job, "company_name"), b);
	add_location(p, job);
	add_offices(p, job);
	p->department = read_department(job);
	read_metadata(p, job);
	read_texts(p, job);
	read_urls(p, job, b);
	if (language && strlen(language) >= 2)
		p->language = g_ascii_strdown(language, 2);
	p->posted_at = jp_listing_time(job, "first_published", &p->posted_flags);
	p->updated_at = jp_listing_time(job, "updated_at", NULL);
	p->valid_through = jp_listing_time(job, "application_deadline", NULL);
	return p;
}

/* internal_job_id there and null.  Where the key is missing nothing is said. */
static gboolean
is_prospect(const cJSON *job)
{
	return cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(job, "internal_job_id"));
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	const cJSON *jobs, *job;
	gint64 n = 0;

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
		g_autofree char *where = g_strdup_printf("jobs[%" G_GINT64_FORMAT "]", n++);

		if (!cJSON_IsObject(job))
			jp_listing_problem(out, "%s: not an object", where);
		else if (!is_prospect(job))
			jp_listing_add(out, read_job(job, b), b->company, where);
	}
	if (jp_json_int(root, "meta.total", &out->total) && out->total != n)
		jp_listing_partial(out,
		    "%" G_GINT64_FORMAT " jobs came, meta.total says %" G_GINT64_FORMAT, n,
		    out->total);
	return TRUE;
}

const jp_adapter jp_adapter_greenhouse = {
    .kind = "greenhouse",
    .summary = "Greenhouse job boards (boards.greenhouse.io)",
    .accept = "application/json",
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
