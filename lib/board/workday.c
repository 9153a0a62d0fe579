/*
 * Workday (CXS): POST https://{tenant}.wd{N}.myworkdayjobs.com/wday/cxs/{tenant}/{site}/jobs, 20
 * postings a page, newest first; the descriptions by GET on externalPath below the same prefix.  It
 * is the interface of the vendor's own pages, undocumented.
 *
 * More than 20 a page is refused or silently empty.  The total is trusted on the first page only;
 * 2000 is a cap, beyond which the offsets begin again: a page without a new id is the end.  Dates
 * are relative.  A token is TENANT.wdN/SITE, with ".myworkdaysite" after wdN for boards on that
 * domain; the site's case matters (boards.md, section 11).
 */
#include "board/internal.h"

#include <string.h>

#define PAGE_LEN 20
#define CAP      2000

/* ---- the token: tenant, data centre, domain, site --------------------------------------- */

typedef struct site {
	char *tenant, *centre, *name;
	gboolean is_shared; /* wdN.myworkdaysite.com, the tenant in the path */
} site;

static void
site_clear(site *s)
{
	g_free(s->tenant);
	g_free(s->centre);
	g_free(s->name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(site, site_clear)

static gboolean
is_word(const char *text)
{
	gsize len = strlen(text);

	return len > 0 && len <= 100 &&
	    strspn(text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_") == len;
}

static gboolean
is_centre(const char *text)
{
	gint64 n;

	return g_str_has_prefix(text, "wd") && jp_int_parse(text + 2, 1, 9999, &n);
}

/* "acme.wd5" or "acme.wd5.myworkdaysite", and the site. */
static gboolean
site_read(site *s, const char *host, const char *name)
{
	g_auto(GStrv) parts = g_strsplit(host, ".", 4);
	guint n = g_strv_length(parts);

	if (n < 2 || n > 3 || (n == 3 && g_ascii_strcasecmp(parts[2], "myworkdaysite") != 0))
		return FALSE;
	s->tenant = g_strdup(parts[0]);
	s->centre = g_ascii_strdown(parts[1], -1);
	s->name = g_strdup(name);
	s->is_shared = n == 3;
	return is_word(s->tenant) && is_centre(s->centre) && is_word(s->name);
}

static gboolean
site_of_token(site *s, const char *token)
{
	const char *slash = strchr(token, '/');
	g_autofree char *host = slash ? g_strndup(token, (gsize)(slash - token)) : NULL;

	*s = (site){0};
	return host && site_read(s, host, slash + 1);
}

static char *
site_token(const site *s)
{
	g_autofree char *tenant = g_ascii_strdown(s->tenant, -1);

	return g_strdup_printf(
	    "%s.%s%s/%s", tenant, s->centre, s->is_shared ? ".myworkdaysite" : "", s->name);
}

static char *
site_host(const site *s)
{
	return s->is_shared
	    ? g_strdup_printf("https://%s.myworkdaysite.com", s->centre)
	    : g_strdup_printf("https://%s.%s.myworkdayjobs.com", s->tenant, s->centre);
}

/* The page of a posting, or with "" of the board. */
static char *
site_page(const site *s, const char *path)
{
	g_autofree char *host = site_host(s);

	if (s->is_shared)
		return g_strdup_printf("%s/recruiting/%s/%s%s", host, s->tenant, s->name, path);
	return g_strdup_printf("%s/%s%s", host, s->name, path);
}

/* "en-US", "fr": what may stand before the site in a path. */
static gboolean
is_locale(const char *segment)
{
	gsize len = strlen(segment);

	return (len == 2 || (len == 5 && segment[2] == '-')) && g_ascii_islower(segment[0]) &&
	    g_ascii_islower(segment[1]);
}

/* The site of a path's segments: what follows a locale, or /recruiting/TENANT, or /wday/cxs/TENANT.
 * *tenant is set when the path names it. */
static const char *
site_in_path(char **segments, const char **tenant)
{
	guint i = 0;

	while (segments[i] && !*segments[i])
		i++;
	if (segments[i] && is_locale(segments[i]) && segments[i + 1])
		i++;
	if (g_strcmp0(segments[i], "wday") == 0 && g_strcmp0(segments[i + 1], "cxs") == 0)
		i++;
	else if (g_strcmp0(segments[i], "recruiting") != 0)
		return segments[i];
	if (!segments[i + 1])
		return NULL;
	*tenant = segments[i + 1];
	return segments[i + 2];
}

static gboolean
recognise(const char *url, char **token)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
	const char *given = uri ? g_uri_get_host(uri) : NULL;
	g_autofree char *host = given ? g_ascii_strdown(given, -1) : NULL;
	g_auto(GStrv) labels = host ? g_strsplit(host, ".", 5) : NULL;
	g_auto(GStrv) segments = host ? g_strsplit(g_uri_get_path(uri), "/", 12) : NULL;
	g_auto(site) s = {0};
	guint n = labels ? g_strv_length(labels) : 0;
	const char *tenant = NULL, *name;

	if (n < 3 || strcmp(labels[n - 1], "com") != 0)
		return FALSE;
	name = site_in_path(segments, &tenant);
	if (n == 4 && strcmp(labels[2], "myworkdayjobs") == 0) {
		s.tenant = g_strdup(labels[0]);
		s.centre = g_strdup(labels[1]);
	} else if (n == 3 && strcmp(labels[1], "myworkdaysite") == 0 && tenant) {
		s.tenant = g_strdup(tenant);
		s.centre = g_strdup(labels[0]);
		s.is_shared = TRUE;
	} else
		return FALSE;
	s.name = g_strdup(name ? name : "");
	if (!is_word(s.tenant) || !is_centre(s.centre) || !is_word(s.name))
		return FALSE;
	*token = site_token(&s);
	return TRUE;
}

static char *
canonical(const char *given, GError **error)
{
	g_auto(site) s = {0};
	g_autofree char *shown = NULL;

	if (site_of_token(&s, given))
		return site_token(&s);
	shown = jp_listing_excerpt(given);
	g_set_error(error, JP_ERROR, JP_ERROR_DATA,
	    "\"%s\" cannot be a workday board: write TENANT.wdN/SITE, as in the address of its "
	    "page https://TENANT.wdN.myworkdayjobs.com/SITE",
	    shown);
	return NULL;
}

/* ---- requests --------------------------------------------------------------------------- */

static char *
cxs_url(const jp_board_ref *b, const char *path)
{
	g_auto(site) s = {0};
	g_autofree char *host = NULL, *before = NULL;

	if (!site_of_token(&s, b->token))
		return g_strdup(""); /* canonical() let none such in */
	host = site_host(&s);
	before = g_strdup_printf("/wday/cxs/%s/", s.tenant);
	return jp_site_url(b->base_url, host, before, s.name, path);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	out->method = g_strdup("POST");
	out->url = cxs_url(b, "/jobs");
	out->content_type = g_strdup("application/json");
	out->body = g_strdup_printf("{\"appliedFacets\":{},\"limit\":%d,\"offset\":%u,"
				    "\"searchText\":\"\"}",
	    PAGE_LEN, page * PAGE_LEN);
}

static void
detail(const jp_board_ref *b, const jp_item *item, jp_page_request *out)
{
	out->url = cxs_url(b, item->ref);
}

/* ---- the listing ------------------------------------------------------------------------ */

/* "Posted Today", "Posted 3 Days Ago": the day; 0 for "30+ Days Ago" and what is not English. */
static gint64
read_posted_on(const char *text, gint64 now)
{
	g_autofree char *folded = text ? jp_text_fold(text) : NULL;
	const char *digit = folded ? strpbrk(folded, "0123456789") : NULL;
	gint64 today = now / JP_DAY * JP_DAY, days;
	g_autofree char *number = NULL;
	gsize len;

	if (!folded)
		return 0;
	if (strstr(folded, "today"))
		return today;
	if (strstr(folded, "yesterday"))
		return today - JP_DAY;
	len = digit ? strspn(digit, "0123456789") : 0;
	number = g_strndup(digit ? digit : "", len);
	if (!digit || !g_str_has_prefix(digit + len, " day") ||
	    !jp_int_parse(number, 1, 10000, &days) || days * JP_DAY > today)
		return 0;
	return today - days * JP_DAY;
}

/* What stands behind the last "_" of the path ("..._JR-0000129125"), when it looks like an id. */
static const char *
id_of(const char *path)
{
	const char *tail = strrchr(path, '_');

	if (!tail || strchr(tail, '/') || !strpbrk(tail, "0123456789"))
		return path;
	return tail + 1;
}

/* "3 Locations" is none; the details name them. */
static gboolean
is_count(const char *text)
{
	gsize n = strspn(text, "0123456789");

	return n > 0 && text[n] == ' ' && !strchr(text, ',');
}

static void
read_places(jp_posting *p, const cJSON *job)
{
	const char *text = jp_json_text(job, "locationsText");

	if (text && *text && !is_count(text))
		jp_posting_add_place(p, text);
}

static void
read_requisition(jp_posting *p, const cJSON *job)
{
	const char *first =
	    cJSON_GetStringValue(cJSON_GetArrayItem(jp_json_get(job, "bulletFields"), 0));

	/* "JR2023203-1" is a second post of "JR2023203" */
	if (first && *first && g_str_has_prefix(p->external_id, first))
		p->requisition = g_strdup(first);
}

/* Where nobody names the company, the tenant is nearer to its name than the whole token. */
static void
guess_company(jp_posting *p, const char *tenant)
{
	if (!p->company_is_guess)
		return;
	g_free(p->company);
	p->company = g_strdup(tenant);
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b, const site *s, gint64 now)
{
	const char *path = jp_json_text(job, "externalPath");
	jp_posting *p = jp_posting_new();

	p->title = jp_listing_title(jp_json_text(job, "title"));
	jp_listing_company(p, NULL, b);
	guess_company(p, s->tenant);
	read_places(p, job);
	p->remote = jp_remote_read(jp_json_text(job, "remoteType"));
	p->employment = jp_employment_read(jp_json_text(job, "timeType"));
	p->posted_at = read_posted_on(jp_json_text(job, "postedOn"), now);
	if (p->posted_at)
		p->posted_flags = JP_POSTED_DERIVED | JP_POSTED_DATE_ONLY;
	if (!jp_listing_is_path(path))
		return p; /* without an id: a problem */
	p->external_id = g_strdup(id_of(path));
	read_requisition(p, job);
	p->url = site_page(s, path);
	return p;
}

/* Adds a page's postings; FALSE when none of them is new. */
static gboolean
add_jobs(jp_listing *out, const jp_board_ref *b, const cJSON *jobs, gint64 now)
{
	guint before = g_hash_table_size(out->ids), n = 0;
	g_auto(site) s = {0};
	const cJSON *job;

	if (!site_of_token(&s, b->token)) {
		site_clear(&s); /* a body that is read without its board */
		s = (site){g_strdup(b->token), g_strdup("wd1"), g_strdup("jobs"), FALSE};
	}
	cJSON_ArrayForEach (job, jobs) {
		g_autofree char *where = g_strdup_printf("jobPostings[%u]", n++);

		if (cJSON_IsObject(job))
			jp_listing_item(out, read_job(job, b, &s, now),
			    jp_json_text(job, "externalPath"), where);
		else
			jp_listing_problem(out, "%s: not an object", where);
	}
	return g_hash_table_size(out->ids) > before;
}

/* A total that says less than came is none: then a page is followed by another until it is short.
 */
static gboolean
is_full(const jp_listing *out, guint page, int n)
{
	gint64 read = ((gint64)page + 1) * PAGE_LEN;

	if (out->total == CAP || out->total < (gint64)g_hash_table_size(out->ids))
		return n >= PAGE_LEN;
	return read < out->total;
}

/* The last page came. */
static void
end_listing(jp_listing *out)
{
	jp_listing_check_total(out);
	if (out->total == 0 && g_hash_table_size(out->ids) > 0)
		jp_listing_partial(out, "the total says 0");
	if (out->total == CAP)
		jp_listing_partial(out, "the service lists %d postings at most", CAP);
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	const cJSON *jobs = root ? jp_json_get(root, "jobPostings") : NULL;
	gint64 total;
	gboolean has_new;

	*more = FALSE;
	if (!root)
		return FALSE;
	if (!cJSON_IsArray(jobs)) {
		g_set_error_literal(
		    error, JP_ERROR, JP_ERROR_DATA, "no list of jobPostings in the answer");
		return FALSE;
	}
	/* later pages may say 0 */
	if (page == 0 && jp_json_int(root, "total", &total))
		out->total = total;
	has_new = add_jobs(out, b, jobs, now);
	*more = has_new && is_full(out, page, cJSON_GetArraySize(jobs));
	if (!*more)
		end_listing(out);
	return TRUE;
}

/* ---- details ---------------------------------------------------------------------------- */

static void
read_detail_places(jp_posting *p, const cJSON *info)
{
	const char *country = jp_json_text(info, "country.descriptor");
	const cJSON *other;

	if (p->locations->len > 0)
		return;
	if (jp_json_text(info, "location"))
		jp_posting_add_place(p, jp_json_text(info, "location"));
	cJSON_ArrayForEach (other, jp_json_get(info, "additionalLocations"))
		if (cJSON_IsString(other))
			jp_posting_add_place(p, other->valuestring);
	if (p->locations->len == 0 && country)
		jp_posting_add_place(p, country);
}

/* startDate is the day of the posting on some tenants and years off on others: it counts where it
 * agrees with postedOn. */
static void
read_start(jp_posting *p, const cJSON *info, gint64 now)
{
	gint64 start = jp_listing_time(info, "startDate", NULL);

	if (!p->posted_at) {
		p->posted_at = read_posted_on(jp_json_text(info, "postedOn"), now);
		if (p->posted_at)
			p->posted_flags = JP_POSTED_DERIVED | JP_POSTED_DATE_ONLY;
	}
	if (!start || !p->posted_at || ABS(start - p->posted_at) > JP_DAY)
		return;
	p->posted_at = start;
	p->posted_flags = JP_POSTED_DATE_ONLY;
}

static gboolean
parse_detail(
    jp_posting *p, const jp_board_ref *b, const char *body, gsize len, gint64 now, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	const cJSON *info = root ? jp_json_get(root, "jobPostingInfo") : NULL;
	g_auto(site) s = {0};

	if (!root)
		return FALSE;
	if (!cJSON_IsObject(info)) {
		g_set_error_literal(
		    error, JP_ERROR, JP_ERROR_DATA, "no jobPostingInfo in the answer");
		return FALSE;
	}
	if (site_of_token(&s, b->token))
		guess_company(p, s.tenant);
	if (!p->title)
		p->title = jp_listing_title(jp_json_text(info, "title"));
	read_detail_places(p, info);
	if (p->remote == JP_REMOTE_UNKNOWN)
		p->remote = jp_remote_read(jp_json_text(info, "remoteType"));
	if (p->employment == JP_EMPLOYMENT_UNKNOWN)
		p->employment = jp_employment_read(jp_json_text(info, "timeType"));
	if (!p->requisition)
		p->requisition = jp_json_id(info, "jobReqId");
	if (!p->url)
		p->url = jp_listing_url(jp_json_text(info, "externalUrl"));
	g_free(p->description_html);
	p->description_html = g_strdup(jp_json_text(info, "jobDescription"));
	read_start(p, info, now);
	p->valid_through = jp_listing_time(info, "endDate", NULL);
	return TRUE;
}

const jp_adapter jp_adapter_workday = {
    .kind = "workday",
    .summary = "Workday careers pages (TENANT.wdN.myworkdayjobs.com/SITE)",
    .accept = "application/json",
    .language = "en-US",
    .manners = {.at_once = 1, .min_interval = JP_SECOND, .per_hour = 300, .per_day = 3000},
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
    .detail = detail,
    .parse_detail = parse_detail,
};
