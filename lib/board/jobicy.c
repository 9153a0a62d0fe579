/*
 * Jobicy: GET /api/v2/remote-jobs?count=50, {jobs[]}, the newest; one answer.
 *
 * All of it is remote; jobGeo says where one may live, "Anywhere" is no place.  Amounts are strings
 * and may be empty; pubDate has no zone and is taken for UTC.  The service asks for a few fetches a
 * day, and that its jobs are not passed on to other job sites.
 */
#include "board/internal.h"

static const char *const keys[] = {"geo", "industry", "tag", NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_query_recognise("jobicy.com", url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_query_token("jobicy", keys, given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	(void)page; /* never more than one */
	out->url = jp_query_url(
	    b->base_url, "https://jobicy.com", "/api/v2/remote-jobs", "count=50", b->token);
}

static void
read_salary(jp_posting *p, const cJSON *job)
{
	const char *currency = jp_json_text(job, "salaryCurrency");

	jp_items_salary(p, jp_json_get(job, "annualSalaryMin"), jp_json_get(job, "annualSalaryMax"),
	    currency, "YEAR");
	if (p->salary_max == 0)
		jp_items_salary(p, jp_json_get(job, "salaryMin"), jp_json_get(job, "salaryMax"),
		    currency, jp_json_text(job, "salaryPeriod"));
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	const char *text = jp_json_text(job, "jobDescription");
	const char *geo = jp_json_text(job, "jobGeo"), *level = jp_json_text(job, "jobLevel");
	jp_posting *p = jp_posting_new();

	text = text ? text : jp_json_text(job, "jobExcerpt");
	p->external_id = jp_json_id(job, "id");
	p->title = jp_listing_title(jp_json_text(job, "jobTitle"));
	jp_items_company(p, jp_json_text(job, "companyName"), b, "Jobicy");
	p->remote = JP_REMOTE_REMOTE;
	if (geo)
		jp_items_places(p, geo);
	p->employment = jp_employment_read(jp_items_first_text(job, "jobType"));
	p->level = level ? jp_level_read(level) : JP_LEVEL_UNKNOWN;
	p->department = jp_listing_title(jp_items_first_text(job, "jobIndustry"));
	read_salary(p, job);
	p->description_html = jp_listing_unescape(text ? text : "");
	p->url = jp_listing_url(jp_json_text(job, "url"));
	p->posted_at = jp_listing_time(job, "pubDate", &p->posted_flags);
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

const jp_adapter jp_adapter_jobicy = {
    .kind = "jobicy",
    .summary = "Jobicy, remote jobs (all, or geo=, industry=, tag=)",
    .accept = "application/json",
    .credit = "via Jobicy",
    .window = TRUE,
    .manners = {.per_day = 6,
	.note = "Jobicy asks for a few fetches a day, to be credited as the source, and that its "
		"jobs are not passed on to other job sites"},
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
