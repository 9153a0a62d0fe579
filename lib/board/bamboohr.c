/*
 * BambooHR: GET https://{tenant}.bamboohr.com/careers/list, {meta: {totalCount}, result[]}; the
 * descriptions by GET /careers/{id}/detail.
 *
 * A tenant that does not exist is redirected to the vendor's own pages, so JSON is insisted on.
 * Either of location and atsLocation may be filled, in part, or neither.  locationType ("0" on
 * site, "1" remote, "2" hybrid) wins over isRemote, which is 1, true or null (boards.md, section
 * 12).
 */
#include "board/internal.h"

#include <string.h>

#define SUFFIX ".bamboohr.com"

static const char *const suffixes[] = {SUFFIX, NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_tenant_recognise(suffixes, url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_tenant_token("bamboohr", given, FALSE, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	(void)page; /* never more than one */
	out->url = jp_tenant_url(b, SUFFIX, "/careers/list");
}

static char *
path_of(const char *id, const char *after)
{
	g_autofree char *segment = g_uri_escape_string(id, NULL, FALSE);

	return g_strconcat("/careers/", segment, after, NULL);
}

static void
detail(const jp_board_ref *b, const jp_item *item, jp_page_request *out)
{
	g_autofree char *path = path_of(item->posting->external_id, "/detail");

	out->url = jp_tenant_url(b, SUFFIX, path);
}

/* ---- what listing and details share ----------------------------------------------------- */

/* The first of the paths that has a text. */
static const char *
first_text(const cJSON *job, const char *const *paths)
{
	for (; *paths; paths++) {
		const char *text = jp_json_text(job, *paths);

		if (text && *text)
			return text;
	}
	return NULL;
}

static void
add_place(jp_posting *p, const cJSON *job)
{
	static const char *const cities[] = {"atsLocation.city", "location.city", NULL};
	static const char *const regions[] = {
	    "atsLocation.state", "atsLocation.province", "location.state", NULL};
	static const char *const countries[] = {
	    "atsLocation.country", "location.addressCountry", NULL};
	const char *city = first_text(job, cities), *region = first_text(job, regions);
	const char *country = first_text(job, countries);

	if (city || region || country)
		jp_posting_add_location(p, NULL, city, region, country);
}

static jp_remote
read_remote(const cJSON *job)
{
	static const jp_remote types[] = {JP_REMOTE_ONSITE, JP_REMOTE_REMOTE, JP_REMOTE_HYBRID};
	gboolean is_remote = FALSE;
	gint64 n;

	if (jp_json_int(job, "locationType", &n) && n >= 0 && n < (gint64)G_N_ELEMENTS(types))
		return types[n];
	if (jp_json_bool(job, "isRemote", &is_remote) ? is_remote
						      : jp_json_int(job, "isRemote", &n) && n == 1)
		return JP_REMOTE_REMOTE;
	return JP_REMOTE_UNKNOWN;
}

/* Whatever p has not yet. */
static void
read_common(jp_posting *p, const cJSON *job, const jp_board_ref *b)
{
	if (!p->title)
		p->title = jp_listing_title(jp_json_text(job, "jobOpeningName"));
	if (p->locations->len == 0)
		add_place(p, job);
	if (p->remote == JP_REMOTE_UNKNOWN)
		p->remote = read_remote(job);
	if (p->employment == JP_EMPLOYMENT_UNKNOWN)
		p->employment = jp_employment_read(jp_json_text(job, "employmentStatusLabel"));
	if (!p->department)
		p->department = jp_listing_department(jp_json_text(job, "departmentLabel"), NULL);
	if (!p->url && p->external_id) {
		g_autofree char *path = path_of(p->external_id, "");

		p->url = jp_tenant_page(b, SUFFIX, path);
	}
}

/* ---- the listing ------------------------------------------------------------------------ */

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(job, "id");
	jp_listing_company(p, NULL, b);
	read_common(p, job, b);
	return p;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);

	(void)page, (void)now;
	*more = FALSE;
	if (!root || !jp_items_wait(out, b, jp_json_get(root, "result"), "result", read_job, error))
		return FALSE;
	if (jp_json_int(root, "meta.totalCount", &out->total))
		jp_listing_check_total(out);
	return TRUE;
}

/* ---- details ---------------------------------------------------------------------------- */

static gboolean
parse_detail(
    jp_posting *p, const jp_board_ref *b, const char *body, gsize len, gint64 now, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	const cJSON *job = root ? jp_json_get(root, "result.jobOpening") : NULL;
	GString *html;

	(void)now;
	if (!root)
		return FALSE;
	if (!cJSON_IsObject(job)) {
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA, "no jobOpening in the answer");
		return FALSE;
	}
	read_common(p, job, b);
	html = g_string_new(jp_json_text(job, "description"));
	/* its shape is not known; as a text it is read with the rest */
	if (jp_json_text(job, "compensation"))
		jp_listing_append_note(html, jp_json_text(job, "compensation"));
	g_free(p->description_html);
	p->description_html = g_string_free(html, FALSE);
	if (!p->posted_at)
		p->posted_at = jp_listing_time(job, "datePosted", &p->posted_flags);
	return TRUE;
}

const jp_adapter jp_adapter_bamboohr = {
    .kind = "bamboohr",
    .summary = "BambooHR careers pages ({tenant}.bamboohr.com)",
    .accept = "application/json",
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
    .detail = detail,
    .parse_detail = parse_detail,
};
