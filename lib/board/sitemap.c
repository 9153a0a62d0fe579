/*
 * Sitemaps (sitemaps.org 0.9): GET of an XML file, or of an index of such files, gzipped or not;
 * then each page whose URL looks like one job's is asked for its JobPosting (jobposting.c), if it
 * is new or its <lastmod> moved.
 *
 * The token is the sitemap's URL; a robots.txt in its place is read for its Sitemap: lines.  The
 * cursor holds the files still to be read.  A posting's id is its page's URL, from the listing, so
 * that it does not flip with the page (boards.md, sections 1 and 15).  The listing is complete when
 * every file was read.
 */
#include "board/internal.h"
#include "board/xml.h"

#include <string.h>

/* Files of one index: some hundred, by date or by kind. */
#define MAX_FILES 500
/* A file may have 50 MB inflated (sitemaps.org); ours is the bound of any body. */
#define MAX_INFLATED JP_MAX_BODY

/* ---- the token ------------------------------------------------------------------------------ */

static gboolean
recognise(const char *url, char **token)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
	const char *path = uri && g_uri_get_host(uri) ? g_uri_get_path(uri) : "";
	const char *name = strrchr(path, '/');
	g_autofree char *lower = g_ascii_strdown(name ? name : "", -1);

	if (!strstr(lower, "sitemap") || !(strstr(lower, ".xml")))
		return FALSE;
	*token = g_strdup(url);
	return TRUE;
}

static char *
canonical(const char *given, GError **error)
{
	return jp_url_token("sitemap", given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	gsize len = b->cursor ? strcspn(b->cursor, "\n") : 0;

	out->url = page > 0 && len > 0 ? g_strndup(b->cursor, len) : g_strdup(b->token);
}

/* ---- which pages are jobs ------------------------------------------------------------------- */

/* Words that stand in the paths of job pages, in the languages of the boards we read. */
static gboolean
is_job_word(const char *word, gsize len)
{
	static const char *const words[] = {"job", "jobs", "career", "careers", "vacancy",
	    "vacancies", "position", "positions", "opening", "openings", "opportunity",
	    "opportunities", "stelle", "stellen", "stellenangebot", "stellenangebote", "karriere",
	    "offre", "offres", "emploi", "emplois", "recrutement", "empleo", "empleos", "oferta",
	    "ofertas", "vacature", "vacatures", "lavoro", "vaga", "vagas", "praca", "oferty",
	    "stilling", "stillinger", "jobb", "tyopaikat", "requisition", "posting", "postings",
	    "viewjob", "jobdetail", "jobdetails"};

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (strlen(words[i]) == len && g_ascii_strncasecmp(words[i], word, len) == 0)
			return TRUE;
	return FALSE;
}

/* The path after the first segment that says so; NULL: no job. */
static const char *
after_job_word(const char *path)
{
	while (*path) {
		const char *segment = path + strspn(path, "/");
		gsize whole = strcspn(segment, "/");

		for (gsize i = 0; i < whole;) {
			gsize n = strspn(segment + i, G_CSET_A_2_Z G_CSET_a_2_z);

			if (n > 0 && is_job_word(segment + i, n))
				return segment + whole;
			i += n ? n : 1;
		}
		path = segment + whole;
	}
	return NULL;
}

/* "/careers/baker-17", not "/careers" and not "/careers/": those list jobs. */
static gboolean
is_job_page(const char *url, gboolean all_are_jobs)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
	const char *path = uri && g_uri_get_host(uri) ? g_uri_get_path(uri) : "";
	const char *rest = after_job_word(path);
	gboolean has_digit = strpbrk(path, G_CSET_DIGITS) != NULL;

	if (all_are_jobs)
		return strlen(path) > 1;
	if (!rest)
		return FALSE;
	rest += strspn(rest, "/");
	/* "/job-baker-17" says all in one segment */
	return *rest || (has_digit && strchr(path + 1, '-'));
}

/* A file of its own for jobs: "sitemap-jobs.xml", "/jobs/sitemap.xml". */
static gboolean
is_job_file(const char *url)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);

	return uri && after_job_word(g_uri_get_path(uri)) != NULL;
}

/* ---- items ---------------------------------------------------------------------------------- */

/* "/jobs/night-baker_17.html" -> "night baker 17": what the listing knows of a title. */
static char *
title_of(const char *url)
{
	g_auto(GStrv) segments = g_strsplit(url, "/", 0);
	g_autofree char *title = NULL;

	for (guint n = g_strv_length(segments); n > 3 && !title; n--) {
		g_autofree char *last = g_strndup(segments[n - 1], strcspn(segments[n - 1], "?#."));
		g_autofree char *decoded = g_uri_unescape_string(last, NULL);

		if (decoded && *g_strstrip(g_strdelimit(decoded, "-_+", ' ')))
			title = g_steal_pointer(&decoded);
	}
	return title ? g_steal_pointer(&title) : g_strdup(url);
}

static void
add_page(jp_listing *out, const jp_board_ref *b, const xmlNode *node, guint n)
{
	g_autofree char *loc = jp_xml_text(jp_xml_child(node, "loc"));
	g_autofree char *lastmod = jp_xml_text(jp_xml_child(node, "lastmod"));
	g_autofree char *where = g_strdup_printf("url[%u]", n);
	g_autofree char *url = jp_listing_url(loc);
	jp_posting *p;

	if (!url) {
		jp_listing_problem(out, "%s: no address", where);
		return;
	}
	p = jp_posting_new();
	p->external_id = jp_listing_url_id(url);
	p->title = title_of(url);
	p->url = g_steal_pointer(&url);
	jp_listing_company(p, NULL, b);
	if (!lastmod || !jp_time_parse(lastmod, &p->updated_at, NULL))
		p->updated_at = 0;
	/* the ref is part of what tells one listing from the next */
	jp_listing_item(out, p, lastmod, where);
}

static void
read_pages(jp_listing *out, const jp_board_ref *b, const xmlNode *root, const char *file)
{
	gboolean all = is_job_file(file);
	guint n = 0;

	for (const xmlNode *node = root->children; node; node = node->next) {
		g_autofree char *loc = NULL;

		if (!jp_xml_is(node, "url"))
			continue;
		loc = jp_xml_text(jp_xml_child(node, "loc"));
		if (!loc || is_job_page(loc, all))
			add_page(out, b, node, n);
		n++;
	}
}

/* ---- files ---------------------------------------------------------------------------------- */

/* Appends a file to those still to be read; those of another host are somebody else's. */
static void
add_file(GString *files, guint *n, const char *loc, const jp_board_ref *b)
{
	g_autofree char *url = jp_listing_url(loc);
	g_autoptr(GUri) there = url ? g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL) : NULL;
	g_autoptr(GUri) here = g_uri_parse(b->token, G_URI_FLAGS_ENCODED, NULL);

	if (!there || !here || !g_uri_get_host(there) || *n >= MAX_FILES ||
	    g_ascii_strcasecmp(
		g_uri_get_host(there), g_uri_get_host(here) ? g_uri_get_host(here) : "") != 0)
		return;
	(*n)++;
	g_string_append_printf(files, "%s\n", url);
}

/* Of an index's files those that say "job" where any does, else all. */
static void
read_index(GString *files, guint *n, const xmlNode *root, const jp_board_ref *b)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	gboolean any = FALSE;

	for (const xmlNode *node = root->children; node; node = node->next) {
		char *loc =
		    jp_xml_is(node, "sitemap") ? jp_xml_text(jp_xml_child(node, "loc")) : NULL;

		if (!loc)
			continue;
		any = any || is_job_file(loc);
		g_ptr_array_add(all, loc);
	}
	for (guint i = 0; i < all->len; i++)
		if (!any || is_job_file(g_ptr_array_index(all, i)))
			add_file(files, n, g_ptr_array_index(all, i), b);
}

/* "Sitemap: URL" lines, in any case (RFC 9309 leaves them to others). */
static void
read_robots(GString *files, guint *n, const char *text, gsize len, const jp_board_ref *b)
{
	g_autofree char *copy = g_strndup(text, len);
	g_auto(GStrv) lines = g_strsplit_set(copy, "\r\n", 0);

	for (char **line = lines; *line; line++)
		if (g_ascii_strncasecmp(g_strstrip(*line), "sitemap:", 8) == 0)
			add_file(files, n, *line + 8, b);
}

/* Reads one file: its pages into the listing, its files into the cursor. */
static gboolean
read_xml(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, const char *file,
    GString *files, guint *n, GError **error)
{
	g_autofree char *complaint = NULL;
	xmlDoc *doc = jp_xml_read(body, len, "sitemap", &complaint, error);
	const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	gboolean ok = TRUE;

	if (root && jp_xml_is(root, "sitemapindex"))
		read_index(files, n, root, b);
	else if (root && jp_xml_is(root, "urlset"))
		read_pages(out, b, root, file);
	else
		ok = FALSE;
	if (complaint && ok)
		jp_listing_partial(out, "%s", complaint);
	if (doc && !ok)
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA, "XML, but no sitemap");
	if (doc)
		xmlFreeDoc(doc);
	return ok;
}

static gboolean
is_robots(const char *file)
{
	return g_str_has_suffix(file, "/robots.txt");
}

/* What is left of the cursor after its first line. */
static void
keep_rest(GString *files, guint *n, const char *cursor)
{
	const char *rest = cursor ? strchr(cursor, '\n') : NULL;

	if (!rest)
		return;
	g_string_append(files, rest + 1);
	for (const char *p = rest + 1; (p = strchr(p, '\n')); p++)
		(*n)++;
}

/* The newest first, so that a bound on details is spent on them; the others keep their order as
 * GPtrArray's sort is stable. */
static gint
by_time(gconstpointer a, gconstpointer b)
{
	gint64 one = (*(jp_item *const *)a)->posting->updated_at;
	gint64 two = (*(jp_item *const *)b)->posting->updated_at;

	return (one < two) - (one > two);
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(GString) files = g_string_new(NULL);
	g_autofree char *file = NULL, *plain = NULL;
	jp_page_request asked = {0};
	gsize plain_len = len;
	guint n = 0;

	(void)now;
	*more = FALSE;
	request(b, page, &asked);
	file = g_steal_pointer(&asked.url);
	if (page > 0)
		keep_rest(files, &n, b->cursor);
	if (!jp_gzip_inflate(body, len, MAX_INFLATED, &plain, &plain_len, error))
		return FALSE;
	if (jp_html_looks_like(plain ? plain : body, (gssize)plain_len)) {
		g_set_error_literal(
		    error, JP_ERROR, JP_ERROR_DATA, "HTML where a sitemap was expected");
		return FALSE;
	}
	if (is_robots(file))
		read_robots(files, &n, plain ? plain : body, plain_len, b);
	else if (!read_xml(out, b, plain ? plain : body, plain_len, file, files, &n, error))
		return FALSE;
	if (n >= MAX_FILES)
		jp_listing_partial(out, "more than %d files", MAX_FILES);
	*more = n > 0;
	if (!*more)
		g_ptr_array_sort(out->items, by_time);
	g_free(out->cursor);
	out->cursor = g_string_free(g_steal_pointer(&files), FALSE);
	return TRUE;
}

/* ---- pages ---------------------------------------------------------------------------------- */

static void
detail(const jp_board_ref *b, const jp_item *item, jp_page_request *out)
{
	(void)b;
	out->url = g_strdup(item->posting->url);
}

/* The page's own posting, or the first one where it does not say which is. */
static const cJSON *
job_of(const jp_pagedata *d, const char *url)
{
	for (guint i = 0; i < d->jobs->len; i++) {
		const cJSON *job = g_ptr_array_index(d->jobs, i);

		if (g_strcmp0(jp_json_text(job, "url"), url) == 0)
			return job;
	}
	return d->jobs->len > 0 ? g_ptr_array_index(d->jobs, 0) : NULL;
}

static gboolean
parse_detail(
    jp_posting *p, const jp_board_ref *b, const char *body, gsize len, gint64 now, GError **error)
{
	g_autoptr(jp_pagedata) d = jp_pagedata_parse(body, len);
	const cJSON *job;

	if (!p->url)
		p->url = jp_listing_url(p->external_id);
	job = job_of(d, p->url);
	if (!job) {
		g_set_error_literal(error, JP_ERROR,
		    d->n_broken ? JP_ERROR_DATA : JP_ERROR_UNAVAILABLE,
		    d->n_broken ? "the page's JSON-LD cannot be read"
				: "the page holds no JobPosting");
		return FALSE;
	}
	g_clear_pointer(&p->title, g_free);
	if (p->company_is_guess) {
		g_clear_pointer(&p->company, g_free);
		p->company_is_guess = FALSE;
	}
	jp_jobposting_read(p, d, job, p->url);
	if (!p->company)
		jp_listing_company(p, NULL, b);
	if (!p->valid_through || p->valid_through >= now)
		return TRUE;
	g_set_error_literal(error, JP_ERROR, JP_ERROR_UNAVAILABLE, "the job is over");
	return FALSE;
}

const jp_adapter jp_adapter_sitemap = {
    .kind = "sitemap",
    .summary = "a sitemap whose job pages hold schema.org JobPostings (the token is its URL)",
    .accept = "application/xml, text/xml, text/html;q=0.9, */*;q=0.1",
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
    .detail = detail,
    .parse_detail = parse_detail,
};
