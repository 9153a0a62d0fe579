/*
 * Pinpoint: GET https://{slug}.pinpointhq.com/postings.json, {data[]}, one answer with everything.
 *
 * The text is in four parts with headings of the employer's own; pay counts only where it is meant
 * to be seen.  Read from recordings, the service documents nothing of it.
 */
#include "board/internal.h"

#include <string.h>

#define SUFFIX ".pinpointhq.com"

static const char *const suffixes[] = {SUFFIX, NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_tenant_recognise(suffixes, url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_tenant_token("pinpoint", given, TRUE, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	(void)page; /* never more than one */
	out->url = jp_tenant_url(b, SUFFIX, "/postings.json");
}

static char *
read_description(const cJSON *job)
{
	static const char *const parts[] = {
	    "key_responsibilities", "skills_knowledge_expertise", "benefits"};
	GString *html = g_string_new(NULL);

	jp_listing_append_part(html, NULL, jp_json_text(job, "description"));
	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *heading = g_strconcat(parts[i], "_header", NULL);

		jp_listing_append_part(
		    html, jp_json_text(job, heading), jp_json_text(job, parts[i]));
	}
	return g_string_free(html, FALSE);
}

static void
add_place(jp_posting *p, const cJSON *place)
{
	const char *name = jp_json_text(place, "name"), *city = jp_json_text(place, "city");
	const char *region = jp_json_text(place, "province");

	if (city && *city)
		jp_posting_add_location(p, NULL, city, region && *region ? region : NULL, NULL);
	else if (name && *name)
		jp_posting_add_place(p, name);
}

static void
read_salary(jp_posting *p, const cJSON *job)
{
	gboolean is_shown = TRUE;

	if (jp_json_bool(job, "compensation_visible", &is_shown) && !is_shown)
		return;
	jp_items_salary(p, jp_json_get(job, "compensation_minimum"),
	    jp_json_get(job, "compensation_maximum"), jp_json_text(job, "compensation_currency"),
	    jp_json_text(job, "compensation_frequency"));
}

static void
read_url(jp_posting *p, const cJSON *job, const jp_board_ref *b)
{
	const char *path = jp_json_text(job, "path");

	p->url = jp_listing_url(jp_json_text(job, "url"));
	if (!p->url && jp_listing_is_path(path))
		p->url = jp_tenant_page(b, SUFFIX, path);
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(job, "id");
	p->requisition = jp_json_id(job, "job.requisition_id");
	p->title = jp_listing_title(jp_json_text(job, "title"));
	jp_listing_company(p, NULL, b);
	p->remote = jp_remote_read(jp_json_text(job, "workplace_type"));
	add_place(p, jp_json_get(job, "location"));
	p->employment = jp_employment_read(jp_json_text(job, "employment_type"));
	p->department = jp_listing_department(
	    jp_json_text(job, "job.department.name"), jp_json_text(job, "job.division.name"));
	read_salary(p, job);
	p->description_html = read_description(job);
	read_url(p, job, b);
	p->valid_through = jp_listing_time(job, "deadline_at", NULL);
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
	return root && jp_items_each(out, b, jp_json_get(root, "data"), "data", read_job, error);
}

const jp_adapter jp_adapter_pinpoint = {
    .kind = "pinpoint",
    .summary = "Pinpoint careers pages ({slug}.pinpointhq.com, or the employer's own host)",
    .accept = "application/json",
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
