/*
 * Remotive: GET /api/remote-jobs, {"0-legal-notice", "job-count", jobs[]}; one answer.
 *
 * Off until the operator says otherwise, because of its terms: link back and name the source, four
 * fetches a day, never to other job sites, never behind a sign-up.  Dates have no zone and are
 * taken for UTC; a salary is free text (boards.md, section 13).
 */
#include "board/internal.h"

static const char *const keys[] = {"category", "company_name", "search", NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_query_recognise("remotive.com", url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_query_token("remotive", keys, given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	(void)page; /* without a limit everything comes at once */
	out->url =
	    jp_query_url(b->base_url, "https://remotive.com", "/api/remote-jobs", "", b->token);
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	const char *place = jp_json_text(job, "candidate_required_location");
	const char *salary = jp_json_text(job, "salary");
	const char *text = jp_json_text(job, "description");
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(job, "id");
	p->title = jp_listing_title(jp_json_text(job, "title"));
	jp_items_company(p, jp_json_text(job, "company_name"), b, "Remotive");
	p->remote = JP_REMOTE_REMOTE;
	if (place)
		jp_items_places(p, place);
	p->employment = jp_employment_read(jp_json_text(job, "job_type"));
	p->department = jp_listing_department(jp_json_text(job, "category"), NULL);
	if (salary)
		(void)jp_posting_read_salary(p, salary); /* words may state none */
	p->description_html = jp_listing_unescape(text ? text : "");
	p->url = jp_listing_url(jp_json_text(job, "url"));
	p->posted_at = jp_listing_time(job, "publication_date", &p->posted_flags);
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
	if (!root)
		return FALSE;
	out->complete = FALSE; /* a window */
	return jp_items_each(out, b, jp_json_get(root, "jobs"), "jobs", read_job, error);
}

const jp_adapter jp_adapter_remotive = {
    .kind = "remotive",
    .summary = "Remotive, remote jobs (all, or category=, company_name=, search=)",
    .accept = "application/json",
    .credit = "via Remotive",
    .window = TRUE,
    .manners = {.min_interval = 30 * JP_SECOND,
	.per_day = 4,
	.is_off = TRUE,
	.note =
	    "Remotive's terms: link back and name the source, at most four fetches a day, do not "
	    "pass its jobs on to other job sites, never show them to collect sign-ups or "
	    "addresses"},
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
