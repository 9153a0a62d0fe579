/*
 * schema.org JobPosting: an object, as JSON-LD or microdata give it, into a posting; and the board
 * that is one page (the token is its URL).  Expected of real pages: strings for objects and objects
 * for strings, lists of one, references by @id, numbers as strings, descriptions escaped once or
 * twice more, pay in five shapes, and any property missing (boards.md, section 16).
 *
 * A page was read whole when every block that speaks of a JobPosting was; a posting whose
 * validThrough is past is over, though its page still stands.
 */
#include "board/internal.h"

#include <string.h>

/* ---- reading properties --------------------------------------------------------------------- */

/* A property in any case of letters, references followed; NULL when it is missing. */
static const cJSON *
member(const jp_pagedata *d, const cJSON *o, const char *name)
{
	const cJSON *v = cJSON_IsObject(o) ? cJSON_GetObjectItem(o, name) : NULL;

	return jp_pagedata_follow(d, v);
}

/* The first value of a list, the value itself otherwise. */
static const cJSON *
first(const jp_pagedata *d, const cJSON *v)
{
	return cJSON_IsArray(v) ? jp_pagedata_follow(d, cJSON_GetArrayItem(v, 0)) : v;
}

/* The text of a value: a string, {"@value"}, or what an object is called; NULL for none.
 * Borrowed. */
static const char *
text_of(const jp_pagedata *d, const cJSON *v)
{
	static const char *const names[] = {
	    "@value", "name", "value", "legalName", "organizationName", "identifier"};

	v = first(d, v);
	if (cJSON_IsString(v))
		return v->valuestring[strspn(v->valuestring, " \t\r\n")] ? v->valuestring : NULL;
	for (guint i = 0; cJSON_IsObject(v) && i < G_N_ELEMENTS(names); i++) {
		const cJSON *m = first(d, cJSON_GetObjectItem(v, names[i]));

		if (cJSON_IsString(m) && *m->valuestring)
			return m->valuestring;
	}
	return NULL;
}

static const char *
text(const jp_pagedata *d, const cJSON *o, const char *name)
{
	return text_of(d, member(d, o, name));
}

static const char *
either(const jp_pagedata *d, const cJSON *o, const char *name, const char *other)
{
	const char *found = text(d, o, name);

	return found ? found : text(d, o, other);
}

/* ---- id, address, company ------------------------------------------------------------------- */

/* A URL of the page's, whole; NULL when it is none.  g_free. */
static char *
absolute(const char *base, const char *url)
{
	g_autofree char *whole = NULL;

	if (!url)
		return NULL;
	whole = base ? g_uri_resolve_relative(base, url, G_URI_FLAGS_ENCODED, NULL) : NULL;
	return jp_listing_url(whole ? whole : url);
}

static char *
read_url(const jp_pagedata *d, const cJSON *job, const char *page)
{
	const cJSON *main = member(d, job, "mainEntityOfPage");
	const char *candidates[] = {text(d, job, "url"),
	    cJSON_IsString(main) ? main->valuestring : jp_json_text(main, "@id"),
	    text(d, job, "sameAs"), d ? d->canonical : NULL, page};

	for (guint i = 0; i < G_N_ELEMENTS(candidates); i++) {
		char *url = absolute(page, candidates[i]);

		if (url)
			return url;
	}
	return NULL;
}

/* identifier is a PropertyValue, a string or a number; without one the address tells jobs apart. */
static char *
read_id(const jp_pagedata *d, const cJSON *job, const char *url)
{
	const cJSON *given = first(d, member(d, job, "identifier"));
	g_autofree char *id =
	    cJSON_IsObject(given) ? jp_json_id(given, "value") : jp_json_id(job, "identifier");

	if (!id && cJSON_IsString(given))
		id = g_strdup(given->valuestring);
	if (id && *g_strstrip(id))
		return g_steal_pointer(&id);
	return url ? jp_listing_url_id(url) : NULL;
}

/* ---- the description ------------------------------------------------------------------------ */

/* Appends a property's texts under a heading, unless the description has them already. */
static void
append_section(
    GString *html, const jp_pagedata *d, const cJSON *job, const char *name, const char *heading)
{
	const cJSON *v = member(d, job, name), *item;
	gboolean is_list = cJSON_IsArray(v), begun = FALSE;
	const cJSON *only = is_list ? NULL : v;

	for (item = is_list ? v->child : only; item; item = is_list ? item->next : NULL) {
		const char *part = text_of(d, item);
		g_autofree char *whole = part ? jp_listing_unescape(part) : NULL;

		if (!whole || strstr(html->str, whole))
			continue;
		if (!begun)
			g_string_append_printf(html, "<h3>%s</h3>", heading);
		begun = TRUE;
		g_string_append_printf(html, is_list ? "<li>%s</li>" : "<div>%s</div>", whole);
	}
}

static char *
read_description(const jp_pagedata *d, const cJSON *job)
{
	static const char *const sections[][2] = {{"responsibilities", "Responsibilities"},
	    {"qualifications", "Qualifications"}, {"experienceRequirements", "Experience"},
	    {"educationRequirements", "Education"}, {"jobBenefits", "Benefits"}};
	const char *given = either(d, job, "description", "jobDescription");
	g_autofree char *main = given ? jp_listing_unescape(given) : g_strdup("");
	GString *html = g_string_new(main);

	for (guint i = 0; i < G_N_ELEMENTS(sections); i++)
		append_section(html, d, job, sections[i][0], sections[i][1]);
	return g_string_free(html, FALSE);
}

/* ---- places --------------------------------------------------------------------------------- */

/* PostalAddress, with the misspellings that are met. */
static gboolean
add_address(jp_posting *p, const jp_pagedata *d, const cJSON *a)
{
	const char *city = either(d, a, "addressLocality", "locality");
	const char *region = either(d, a, "addressRegion", "region");
	const char *country = either(d, a, "addressCountry", "countryCode");

	if (!city && !region && !country)
		return FALSE;
	jp_posting_add_location(p, NULL, city, region, country);
	return TRUE;
}

/* A Place, an address in its place, or a text. */
static void
add_place(jp_posting *p, const jp_pagedata *d, const cJSON *place)
{
	const cJSON *address = first(d, member(d, place, "address"));
	const char *words;

	place = jp_pagedata_follow(d, place);
	if (add_address(p, d, address) || add_address(p, d, place))
		return;
	words = cJSON_IsString(address) ? address->valuestring : text_of(d, place);
	if (words)
		jp_posting_add_place(p, words);
}

static void
each_place(jp_posting *p, const jp_pagedata *d, const cJSON *places,
    void (*add)(jp_posting *, const jp_pagedata *, const cJSON *))
{
	const cJSON *place;

	if (!cJSON_IsArray(places)) {
		if (places)
			add(p, d, places);
		return;
	}
	cJSON_ArrayForEach (place, places)
		add(p, d, jp_pagedata_follow(d, place));
}

/* Where those who may apply live: a Country, a State, a text. */
static void
add_requirement(jp_posting *p, const jp_pagedata *d, const cJSON *area)
{
	const char *name = text_of(d, area);

	if (name && jp_country_read(name))
		jp_posting_add_location(p, name, NULL, NULL, name);
	else if (name)
		jp_posting_add_place(p, name);
}

static void
read_places(jp_posting *p, const jp_pagedata *d, const cJSON *job)
{
	const char *type = text(d, job, "jobLocationType");

	each_place(p, d, member(d, job, "jobLocation"), add_place);
	if (!type || !jp_listing_has_word(type, "TELECOMMUTE"))
		return;
	/* with a place as well: that is where the employer is, hybrid is not implied */
	p->remote = JP_REMOTE_REMOTE;
	each_place(p, d, member(d, job, "applicantLocationRequirements"), add_requirement);
}

/* ---- kind of work, pay ---------------------------------------------------------------------- */

/* Takes the kinds of a comma-joined text; an internship says more than its hours do. */
static void
take_employment(jp_posting *p, const char *given)
{
	g_auto(GStrv) words = g_strsplit(given, ",", 12);

	for (char **w = words; *w; w++) {
		const char *slash = strrchr(*w, '/');
		jp_employment e = jp_employment_read(slash ? slash + 1 : *w);

		if (p->employment == JP_EMPLOYMENT_UNKNOWN || e == JP_EMPLOYMENT_INTERNSHIP)
			p->employment = e;
	}
}

static void
read_employment(jp_posting *p, const jp_pagedata *d, const cJSON *job)
{
	const cJSON *type = member(d, job, "employmentType"), *t;

	if (!cJSON_IsArray(type)) {
		if (text_of(d, type))
			take_employment(p, text_of(d, type));
		return;
	}
	cJSON_ArrayForEach (t, type)
		if (text_of(d, t))
			take_employment(p, text_of(d, t));
}

/* What a pay is counted by: a word, or a code of UN/CEFACT. */
static const char *
unit_of(const jp_pagedata *d, const cJSON *value)
{
	static const char *const codes[][2] = {
	    {"ANN", "YEAR"}, {"HUR", "HOUR"}, {"MON", "MONTH"}, {"WEE", "WEEK"}, {"DAY", "DAY"}};
	const char *word = text(d, value, "unitText");
	const char *code = either(d, value, "unitCode", "duration");

	if (word && jp_period_read(word) != JP_PERIOD_UNKNOWN)
		return word;
	for (guint i = 0; code && i < G_N_ELEMENTS(codes); i++)
		if (g_ascii_strcasecmp(codes[i][0], code) == 0)
			return codes[i][1];
	return word ? word : code;
}

struct pay {
	double one, min, max;
	const char *currency, *unit;
	const char *words; /* said in words, to be read as such */
};

/* Adds what an object says of amounts. */
static void
gather_pay(struct pay *pay, const jp_pagedata *d, const cJSON *o)
{
	static const char *const one[] = {"value", "price", "salary", "medianSalary", "median"};
	static const char *const min[] = {"minValue", "minPrice", "minSalary"};
	static const char *const max[] = {"maxValue", "maxPrice", "maxSalary"};

	for (guint i = 0; i < G_N_ELEMENTS(one) && pay->one <= 0; i++)
		pay->one = jp_listing_amount(member(d, o, one[i]));
	for (guint i = 0; i < G_N_ELEMENTS(min) && pay->min <= 0; i++)
		pay->min = jp_listing_amount(member(d, o, min[i]));
	for (guint i = 0; i < G_N_ELEMENTS(max) && pay->max <= 0; i++)
		pay->max = jp_listing_amount(member(d, o, max[i]));
	if (!pay->currency)
		pay->currency = either(d, o, "currency", "priceCurrency");
	if (!pay->unit)
		pay->unit = unit_of(d, o);
}

static void
read_salary(jp_posting *p, const jp_pagedata *d, const cJSON *job)
{
	const cJSON *base = first(d, member(d, job, "baseSalary"));
	const cJSON *value = first(d, member(d, base, "value"));
	struct pay pay = {0};
	double min, max;

	if (cJSON_IsObject(value))
		gather_pay(&pay, d, value);
	gather_pay(&pay, d, base);
	if (pay.one <= 0)
		pay.one = jp_listing_amount(base);
	if (!pay.currency)
		pay.currency = either(d, job, "salaryCurrency", "currency");
	min = pay.min > 0 ? pay.min : pay.one > 0 ? pay.one : pay.max;
	max = pay.max > 0 ? pay.max : pay.one > 0 ? pay.one : pay.min;
	if (min > 0) {
		jp_posting_set_salary(p, min, max, pay.currency, pay.unit);
		return;
	}
	pay.words = cJSON_IsString(base) ? base->valuestring : text_of(d, value);
	if (pay.words)
		(void)jp_posting_read_salary(p, pay.words); /* words may say nothing */
}

/* ---- the posting ---------------------------------------------------------------------------- */

/* A date alone means that whole day. */
static gint64
read_end(const jp_pagedata *d, const cJSON *job)
{
	const char *given = either(d, job, "validThrough", "dateExpires");
	gboolean date_only = FALSE;
	gint64 ms;

	if (!given || !jp_time_parse(given, &ms, &date_only))
		return 0;
	return date_only ? ms + JP_DAY - 1 : ms;
}

static gint64
read_date(const jp_pagedata *d, const cJSON *job, const char *name, guint *flags)
{
	const char *given = text(d, job, name);
	gboolean date_only = FALSE;
	gint64 ms;

	if (!given || !jp_time_parse(given, &ms, &date_only))
		return 0;
	if (date_only && flags)
		*flags |= JP_POSTED_DATE_ONLY;
	return ms;
}

static void
set_text(char **to, char *given)
{
	if ((*to && **to) || !given || !*given) {
		g_free(given);
		return;
	}
	g_free(*to);
	*to = given;
}

void
jp_jobposting_read(jp_posting *p, const jp_pagedata *d, const cJSON *job, const char *page)
{
	set_text(&p->url, read_url(d, job, page));
	set_text(&p->external_id, read_id(d, job, p->url));
	set_text(&p->title, jp_listing_title(either(d, job, "title", "name")));
	set_text(&p->company, g_strdup(text(d, job, "hiringOrganization")));
	set_text(&p->department, g_strdup(either(d, job, "employmentUnit", "department")));
	set_text(&p->language, g_strdup(text(d, job, "inLanguage")));
	set_text(&p->description_html, read_description(d, job));
	read_places(p, d, job);
	if (p->employment == JP_EMPLOYMENT_UNKNOWN)
		read_employment(p, d, job);
	if (p->salary_max == 0)
		read_salary(p, d, job);
	if (!p->posted_at)
		p->posted_at = read_date(d, job, "datePosted", &p->posted_flags);
	if (!p->updated_at)
		p->updated_at = read_date(d, job, "dateModified", NULL);
	if (!p->valid_through)
		p->valid_through = read_end(d, job);
}

/* ---- the adapter ---------------------------------------------------------------------------- */

/* No page can be told from its URL alone. */
static gboolean
recognise(const char *url, char **token)
{
	(void)url, (void)token;
	return FALSE;
}

static char *
canonical(const char *given, GError **error)
{
	return jp_url_token("jobposting", given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	(void)page;
	out->url = g_strdup(b->token);
}

static void
add_jobs(jp_listing *out, const jp_board_ref *b, const jp_pagedata *d, gint64 now)
{
	for (guint i = 0; i < d->jobs->len; i++) {
		g_autofree char *where = g_strdup_printf("JobPosting[%u]", i);
		g_autoptr(jp_posting) p = jp_posting_new();

		jp_jobposting_read(p, d, g_ptr_array_index(d->jobs, i), b->token);
		if (p->valid_through && p->valid_through < now)
			continue;
		if (!p->company)
			jp_listing_company(p, NULL, b);
		jp_listing_add(out, g_steal_pointer(&p), b->company, where);
	}
}

/* Whether JSON without a JobPosting is of schema.org at all, and not an error told in JSON. */
static gboolean
is_linked_data(const cJSON *v)
{
	const cJSON *m;

	if (cJSON_GetObjectItemCaseSensitive(v, "@context") ||
	    cJSON_GetObjectItemCaseSensitive(v, "@graph") ||
	    cJSON_GetObjectItemCaseSensitive(v, "@type"))
		return TRUE;
	if (!cJSON_IsArray(v))
		return FALSE;
	cJSON_ArrayForEach (m, v)
		if (is_linked_data(m))
			return TRUE;
	return FALSE;
}

/* "<html", "<body" and the like, before anything that no page has. */
static gboolean
has_tags(const char *body, gsize len)
{
	static const char *const tags[] = {"<html", "<head", "<body", "<title", "<meta", "<script",
	    "<div", "<main", "<HTML", "<BODY"};

	for (gsize i = 0; i < G_N_ELEMENTS(tags); i++)
		if (g_strstr_len(body, (gssize)len, tags[i]))
			return TRUE;
	return jp_html_looks_like(body, (gssize)len);
}

/* What has no JobPosting is a page without jobs only if it is a page.  FALSE and an error. */
static gboolean
is_read(const jp_pagedata *d, const char *body, gsize len, GError **error)
{
	const char *why = NULL;

	if (memchr(body, '\0', len))
		why = "the answer is no page";
	else if (d->jobs->len > 0 || d->n_broken > 0)
		return TRUE;
	else if (d->is_json &&
	    (d->docs->len == 0 || !is_linked_data(g_ptr_array_index(d->docs, 0))))
		why = "JSON, but nothing of schema.org";
	else if (!d->is_json && !has_tags(body, len))
		why = "the answer is no page";
	if (why)
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA, why);
	return !why;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_pagedata) d = NULL;

	(void)page;
	*more = FALSE;
	d = jp_pagedata_parse(body, len);
	if (!is_read(d, body, len, error))
		return FALSE;
	add_jobs(out, b, d, now);
	if (d->n_broken > 0) {
		jp_listing_problem(out, "%u blocks of JSON-LD could not be read", d->n_broken);
		jp_listing_partial(out, "%u blocks of JSON-LD could not be read", d->n_broken);
	}
	return TRUE;
}

const jp_adapter jp_adapter_jobposting = {
    .kind = "jobposting",
    .summary = "schema.org JobPosting on a page (the token is its URL)",
    .accept = "text/html, application/xhtml+xml, application/ld+json;q=0.9, */*;q=0.1",
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
